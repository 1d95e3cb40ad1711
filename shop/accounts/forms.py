"""Forms of the account: one's details and one's addresses, by the rules of the shop's country."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from shop.accounts.models import Address, Profile
from shop.core import countries
from shop.core.countries.numbers import clean_number
from shop.core.user_input.lines import LineField
from shop.core.user_input.phones import PhoneField


def clean_document(document: countries.Document, text: str) -> str:
    """Return a document's number in compact form, checked by the rules of its kind.

    Raises:
        ValidationError: the number cannot be one of this kind.
    """
    try:
        return clean_number(document, text)
    except ValueError:
        raise ValidationError(
            _("This is not a valid %(kind)s. It looks like %(example)s."),
            params={"kind": document.label, "example": document.example},
        ) from None


class ProfileForm(forms.ModelForm[Profile]):
    """Names, phone, document and language. All may stay empty: the checkout asks for what it needs."""

    class Meta:
        model = Profile
        fields = ["first_name", "last_name", "phone", "document_type", "document_number", "language"]
        field_classes = dict.fromkeys(["first_name", "last_name"], LineField)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        country = countries.current()
        self.fields["document_type"] = forms.ChoiceField(
            label=_("Document type"),
            required=False,
            choices=[
                ("", "—"),
                *((document.code, document.label) for document in country.accepted_documents),
            ],
        )
        self.fields["language"] = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
        self.fields["phone"] = PhoneField(required=False)
        for name, token in {"first_name": "given-name", "last_name": "family-name"}.items():
            self.fields[name].widget.attrs["autocomplete"] = token

    def clean(self) -> dict[str, object]:
        """Check the document's number by its kind; both or neither."""
        data = super().clean() or self.cleaned_data
        kind, number = data.get("document_type", ""), data.get("document_number", "")
        if number and not kind:
            self.add_error("document_type", _("Choose the kind of document."))
        elif kind and not number:
            self.add_error("document_number", _("Write the document's number."))
        elif kind and (document := countries.current().document(kind)):
            try:
                data["document_number"] = clean_document(document, number)
            except ValidationError as error:
                self.add_error("document_number", error)
        return data


class AddressForm(forms.ModelForm[Address]):
    """One address within the shop's country. A saved default is not unset here, only replaced by another."""

    class Meta:
        model = Address
        fields = [
            "recipient",
            "label",
            "street",
            "apartment",
            "city",
            "state",
            "postal_code",
            "country",
            "phone",
            "is_default",
        ]
        field_classes = dict.fromkeys(["recipient", "label", "street", "apartment", "city"], LineField)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        country = countries.current()
        self.fields["country"] = forms.CharField(
            widget=forms.HiddenInput, initial=country.code, required=False
        )
        known = list(country.states)
        if self.instance.state and self.instance.state not in known:
            known.append(self.instance.state)
        self.fields["state"] = forms.ChoiceField(
            label=country.region_label, choices=[("", "—"), *((state, state) for state in known)]
        )
        self.fields["label"].help_text = _("Such as Home or Work.")
        self.fields["postal_code"].help_text = country.postal_examples or country.postal_example
        self.fields["postal_code"].required = country.is_postal_code_required
        self.fields["phone"] = PhoneField(required=False)
        self.fields["is_default"].label = _("Use this address unless I choose another")
        if self.instance.is_default:
            del self.fields["is_default"]
        tokens = {
            "recipient": "name",
            "street": "address-line1",
            "apartment": "address-line2",
            "city": "address-level2",
            "state": "address-level1",
            "postal_code": "postal-code",
        }
        for name, token in tokens.items():
            self.fields[name].widget.attrs["autocomplete"] = token

    def clean_country(self) -> str:
        """Return the shop's own country, the only one it delivers to."""
        return countries.current().code

    def clean_postal_code(self) -> str:
        """Return the postal code in the country's way of writing."""
        text = self.cleaned_data["postal_code"]
        country = countries.current()
        try:
            return country.clean_postal_code(text)
        except ValueError:
            raise ValidationError(
                _("This is not a postal code of %(country)s. It looks like %(example)s."),
                params={
                    "country": country.name,
                    "example": country.postal_examples or country.postal_example,
                },
            ) from None
