"""Forms of the cart and the checkout, by the rules of the shop's country."""

import copy
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _

from orders.checkout.contact import AddressData, Contact
from orders.checkout.documents import InvalidDocument, clean_document
from orders.models import CheckoutSession
from orders.shipping.branches import Choice
from orders.shipping.rates import Quote
from shop.accounts.models import NAME_LENGTH, RECIPIENT_LENGTH, Address, Profile
from shop.core import countries
from shop.core.countries import Country
from shop.core.user_input.kept_fields import KeptFields, KeptForm, kept_fields
from shop.core.user_input.lines import LineField, MailField
from shop.core.user_input.phones import PhoneField

DELIVERY, PICKUP = "delivery", "pickup"

_ADDRESS_TOKENS = {
    "recipient": "name",
    "street": "address-line1",
    "apartment": "address-line2",
    "city": "address-level2",
    "state": "address-level1",
    "postal_code": "postal-code",
}


def name_what_is_missing(fields: dict[str, forms.Field]) -> dict[str, forms.Field]:
    """Let each required field name itself in its error, instead of "this field is required" on all of them."""
    for field in fields.values():
        if field.required:
            field.error_messages["required"] = _("Fill in “%(label)s”.") % {"label": field.label}
    return fields


def list_errors(*parts: forms.BaseForm) -> list[tuple[str, str, str]]:
    """Return (id, label, words) of every wrong field in the order of the page; the first one gets the focus.

    The label is empty where the words name the field already.
    """
    found: list[tuple[str, str, str]] = []
    for form in parts:
        for name in form.fields:
            if name not in form.errors:
                continue
            bound, words = form[name], form.errors[name]
            if not found:
                # A copy: other forms may share the field.
                bound.field = form.fields[name] = copy.deepcopy(bound.field)
                bound.field.widget.attrs["autofocus"] = True
            text = " ".join(str(word) for word in words)
            found.append((bound.auto_id or name, "" if str(bound.label) in text else str(bound.label), text))
    return found


class AddressForm(KeptForm):
    """An address within the shop's country; used with a prefix, once for delivery and once for the bill."""

    recipient = LineField(label=_("Recipient"), max_length=RECIPIENT_LENGTH, required=False)
    street = LineField(label=_("Street and number"), max_length=200)
    apartment = LineField(label=_("Floor, flat"), max_length=60, required=False)
    city = LineField(label=_("City"), max_length=100)
    state = forms.ChoiceField()
    postal_code = forms.CharField(label=_("Postal code"), max_length=20)

    def __init__(self, *args: Any, section: str, **kwargs: Any) -> None:
        self.country = countries.current()
        self.base_fields = kept_fields(  # type: ignore[misc]
            type(self), self.country, section, make=partial(self._fields, self.country, section)
        )
        super().__init__(*args, **{**kwargs, "label_suffix": ""})
        # The form may be left out as a whole: the server decides which fields are required, not the browser.
        self.use_required_attribute = False

    @classmethod
    def _fields(cls, country: Country, section: str) -> dict[str, forms.Field]:
        fields = copy.deepcopy(cls.base_fields)
        choices = [("", _("Choose")), *((state, state) for state in country.states)]
        fields["state"] = forms.ChoiceField(label=country.region_label, choices=choices)
        fields["postal_code"].help_text = _("Such as %(example)s.") % {
            "example": country.postal_examples or country.postal_example
        }
        fields["postal_code"].required = country.is_postal_code_required
        for name, token in _ADDRESS_TOKENS.items():
            fields[name].widget.attrs["autocomplete"] = f"{section} {token}"
        return name_what_is_missing(fields)

    def clean_postal_code(self) -> str:
        """Return the postal code in the country's way of writing."""
        try:
            return self.country.clean_postal_code(self.cleaned_data["postal_code"])
        except ValueError:
            raise ValidationError(
                _("This is not a postal code of %(country)s. It looks like %(example)s."),
                params={
                    "country": self.country.name,
                    "example": self.country.postal_examples or self.country.postal_example,
                },
            ) from None

    def address(self, *, recipient: str, phone: str) -> AddressData:
        """Return what was typed; the buyer receives it unless somebody else is named."""
        data = dict(self.cleaned_data)
        data["recipient"] = data["recipient"] or recipient
        return AddressData(country=self.country.code, phone=phone, **data)


class ContactForm(KeptForm):
    """The first step: who buys, how it is received, and for whom the bill is. Holds both address forms."""

    email = MailField(label=_("E-mail"), max_length=254, help_text=_("The confirmation goes there."))
    first_name = LineField(label=_("First name"), max_length=80)
    last_name = LineField(label=_("Last name"), max_length=80)
    phone = PhoneField(help_text=_("For the carrier, nothing else."))
    document_type = forms.ChoiceField(label=_("Document"))
    document_number = forms.CharField(
        label=_("Document number"), max_length=30, help_text=_("For the invoice.")
    )
    receive = forms.ChoiceField(
        label=_("How do you want it?"),
        widget=forms.RadioSelect,
        choices=[(DELIVERY, _("Send it to me")), (PICKUP, _("I fetch it at the store"))],
    )
    other_billing = forms.BooleanField(label=_("The bill goes to another address"), required=False)
    save_address = forms.BooleanField(label=_("Keep this address in my account"), required=False)

    def __init__(self, *args: Any, has_pickup: bool, is_member: bool, **kwargs: Any) -> None:
        self.country = countries.current()
        self.base_fields = kept_fields(  # type: ignore[misc]
            type(self),
            self.country,
            has_pickup,
            is_member,
            make=partial(self._fields, self.country, has_pickup, is_member),
        )
        super().__init__(*args, **{**kwargs, "label_suffix": ""})

    @cached_property
    def delivery(self) -> AddressForm:
        """Where it goes."""
        return self._address("delivery", "shipping")

    @cached_property
    def billing(self) -> AddressForm:
        """The address of the bill; nobody makes its form where a bill goes to the same one."""
        return self._address("billing", "billing")

    def _address(self, name: str, section: str) -> AddressForm:
        data, initial = self.data if self.is_bound else None, self.initial.get(name)
        return AddressForm(data, prefix=name, section=section, initial=initial, auto_id=self.auto_id)

    @classmethod
    def _fields(cls, country: Country, has_pickup: bool, is_member: bool) -> dict[str, forms.Field]:
        fields = copy.deepcopy(cls.base_fields)
        documents = [(document.code, document.label) for document in country.accepted_documents]
        fields["document_type"] = forms.ChoiceField(label=_("Document"), choices=documents)
        conditions = [(one.code, one.label) for one in country.tax_conditions]
        if conditions:
            # Left out by a client that knows nothing of it: a final consumer.
            fields["tax_condition"] = forms.ChoiceField(
                label=_("Tax condition"), choices=conditions, required=False
            )
        if not has_pickup:
            fields["receive"] = forms.CharField(widget=forms.HiddenInput, required=False)
        if not is_member:
            del fields["save_address"]
        tokens = {
            "email": "email",
            "first_name": "given-name",
            "last_name": "family-name",
            "document_number": "off",
        }
        for name, token in tokens.items():
            fields[name].widget.attrs["autocomplete"] = token
        fields["document_number"].widget.attrs["inputmode"] = "text"
        return name_what_is_missing(fields)

    @property
    def wants_delivery(self) -> bool:
        """Say whether what was sent (or is shown first) asks for an address."""
        value = self.data.get("receive") if self.is_bound else self.initial.get("receive")
        return (
            value != PICKUP
            or "receive" not in self.fields
            or isinstance(self.fields["receive"], forms.CharField)
        )

    def clean(self) -> dict[str, Any]:
        """Check the document by its kind, and the addresses that are asked for."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        if data.get("document_type") and data.get("document_number"):
            try:
                data["document_number"] = clean_document(
                    self.country, data["document_type"], data["document_number"]
                )
            except InvalidDocument as error:
                self.add_error("document_number", str(error.message))
        condition = self.country.tax_condition(data.get("tax_condition") or "")
        if condition and condition.document and data.get("document_type") not in {None, condition.document}:
            document = self.country.document(condition.document)
            words = _("Choose %(document)s as your document: it is written on the invoice.")
            self.add_error("document_type", words % {"document": document.label if document else ""})
        return data

    def is_valid(self) -> bool:
        """Say whether this form and the addresses it asks for are all in order; every error is found at once."""
        results = [super().is_valid()]
        if self.wants_delivery:
            results.append(self.delivery.is_valid())
        if self.data.get("other_billing"):
            results.append(self.billing.is_valid())
        return all(results)

    def error_list(self) -> list[tuple[str, str, str]]:
        """Return what is wrong, field by field, of this form and of the addresses that it asks for."""
        parts: list[forms.BaseForm] = [self]
        if self.wants_delivery:
            parts.append(self.delivery)
        if self.data.get("other_billing"):
            parts.append(self.billing)
        return list_errors(*parts)

    def contact(self) -> Contact:
        """Return the checked data."""
        data = self.cleaned_data
        whole_name = f"{data['first_name']} {data['last_name']}"
        who = {"recipient": whole_name, "phone": data["phone"]}
        return Contact(
            email=data["email"].lower(),
            first_name=data["first_name"],
            last_name=data["last_name"],
            phone=data["phone"],
            document_type=data["document_type"],
            document_number=data["document_number"],
            shipping=self.delivery.address(**who) if self.wants_delivery else None,
            billing=self.billing.address(**who) if data["other_billing"] else None,
            save_address=bool(data.get("save_address")),
            tax_condition=self._tax_condition(data.get("tax_condition") or ""),
        )

    def _tax_condition(self, code: str) -> str:
        """Return the condition as it is stored: a final consumer, as most are, is nothing to store."""
        is_first = bool(self.country.tax_conditions) and code == self.country.tax_conditions[0].code
        return "" if is_first else code


class BillingForm(AddressForm):
    """Who buys, with one name and one address, as a client of the sales contract sends it (docs/api.md)."""

    customer_name = LineField(label=_("Name"), max_length=RECIPIENT_LENGTH)
    email = MailField(label=_("E-mail"), max_length=254)
    phone = PhoneField()

    def __init__(self, data: Mapping[str, object]) -> None:
        super().__init__(data, section="billing")

    def contact(self, *, is_sent: bool) -> Contact:
        """Return the checked data; the address is where it goes, or the bill's alone where it is fetched."""
        data = self.cleaned_data
        first, _space, last = data["customer_name"].partition(" ")
        address = AddressData(
            recipient=data["customer_name"],
            street=data["street"],
            city=data["city"],
            state=data["state"],
            postal_code=data["postal_code"],
            country=self.country.code,
            phone=data["phone"],
        )
        return Contact(
            email=data["email"].lower(),
            first_name=first[:NAME_LENGTH],
            last_name=last[:NAME_LENGTH],
            phone=data["phone"],
            document_type="",
            document_number="",
            shipping=address if is_sent else None,
            billing=None if is_sent else address,
        )


class ShippingForm(KeptForm):
    """The second step: which way it travels, and the terms."""

    rate = forms.CharField(
        label=_("Shipping"), error_messages={"required": _("Choose how you want to receive it.")}
    )
    terms = forms.BooleanField(
        label=_("Terms and conditions"),
        required=True,
        error_messages={"required": _("Accept the terms and conditions to go on.")},
    )

    def __init__(
        self,
        *args: Any,
        offers: list[Quote],
        branches: Mapping[str, Sequence[Choice]] | None = None,
        **kwargs: Any,
    ) -> None:
        """`branches` by the key of each way that ends at one; the field of each is `branch-<key>`."""
        super().__init__(*args, **kwargs)
        self._branches = branches or {}
        self._keys = {str(offer.key) for offer in offers}

    def clean_rate(self) -> str:
        """Return the key of a way that is on offer."""
        key: str = self.cleaned_data["rate"]
        if key not in self._keys:
            raise ValidationError(_("That shipping is no longer offered. Choose another."), "invalid_choice")
        return key

    def clean(self) -> dict[str, Any]:
        """Demand a branch of those that are known, where the chosen way ends at one."""
        data = super().clean() or {}
        known = self._branches.get(str(data.get("rate")), ())
        code = str(self.data.get(f"branch-{data.get('rate')}") or "")
        data["branch"] = code if any(one.code == code for one in known) else ""
        if known and not data["branch"]:
            self.add_error("rate", _("Choose the branch where you fetch it."))
        return data

    def error_list(self) -> list[tuple[str, str, str]]:
        """Return what is wrong, field by field."""
        return list_errors(self)


ShippingForm.base_fields = KeptFields(ShippingForm.base_fields)


def initial_contact(
    session: CheckoutSession, profile: Profile | None, address: Address | None, email: str
) -> dict[str, object]:
    """Return the initial values of the first step: what was typed before, else the account's data."""
    names = ("first_name", "last_name", "phone", "document_type", "document_number")
    # A guest's session that an account has just taken over has an e-mail address and nothing else.
    is_filled = bool(session.email and session.document_number)
    source: CheckoutSession | Profile | None = session if is_filled else profile
    values: dict[str, object] = {name: getattr(source, name) for name in names} if source else {}
    delivery = session.shipping_address or (None if is_filled else address)
    values["tax_condition"] = session.tax_condition
    values["email"] = session.email or email
    values["receive"] = PICKUP if is_filled and session.shipping_address_id is None else DELIVERY
    has_other = (
        session.billing_address_id is not None and session.billing_address_id != session.shipping_address_id
    )
    values["other_billing"] = has_other
    values["delivery"] = _address_values(delivery)
    values["billing"] = _address_values(session.billing_address) if has_other else {}
    return values


def _address_values(address: object) -> dict[str, object]:
    return {name: getattr(address, name) for name in _ADDRESS_TOKENS} if address is not None else {}


def typed_contact(data: Mapping[str, object], address: Address) -> dict[str, object]:
    """Return what the first step shows after a saved address was chosen: all that was typed, with that address."""
    values: dict[str, object] = {name: data.get(name, "") for name in ContactForm.base_fields}
    values["tax_condition"] = data.get("tax_condition", "")
    for name in ("other_billing", "save_address"):
        values[name] = name in data
    values["receive"] = DELIVERY
    values["delivery"] = _address_values(address)
    values["billing"] = {name: data.get(f"billing-{name}", "") for name in _ADDRESS_TOKENS}
    return values
