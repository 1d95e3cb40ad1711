"""The form by which a shopper withdraws from a purchase."""

from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from orders.checkout.forms import list_errors, name_what_is_missing
from orders.returns.withdrawals import MESSAGE_LENGTH, clean_order_number
from shop.core.user_input.lines import LinesField, MailField


class WithdrawalForm(forms.Form):
    """Which purchase somebody withdraws from: number, e-mail address, and a word if they like."""

    order_number = forms.CharField(
        label=_("Order number"), max_length=20, help_text=_("It is in the subject of the confirmation mail.")
    )
    email = MailField(label=_("E-mail of the purchase"), max_length=254)
    message = LinesField(
        label=_("Message"),
        max_length=MESSAGE_LENGTH,
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("You need not explain why."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].widget.attrs["autocomplete"] = "email"
        self.fields["order_number"].widget.attrs["autocomplete"] = "off"
        self.use_required_attribute = False
        name_what_is_missing(self.fields)

    def clean_order_number(self) -> str:
        """Return the digits of the number."""
        try:
            return clean_order_number(self.cleaned_data["order_number"])
        except ValueError:
            raise ValidationError(_("An order number has digits only, such as 10007.")) from None

    def error_list(self) -> list[tuple[str, str, str]]:
        """Return what is wrong, field by field."""
        return list_errors(self)
