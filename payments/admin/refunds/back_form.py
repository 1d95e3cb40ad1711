"""What the two pages share by which money goes back: the form to choose it, and words for what cannot go back."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any, Final, cast
from uuid import UUID

from django import forms
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from inventory.ledger import MoreThanSold
from inventory.models import Location
from orders.admin.returns import more_than_sold, place_field
from orders.reimbursements.left import OrderLeft, SentUnclear, TooMany
from orders.returns.restocking import UnitsBack
from payments.refunds import refund_requests
from payments.refunds.blocking import PaymentDisputed
from payments.refunds.plan_returns import Changed
from payments.refunds.quotes import NothingChosen
from shop.core.backoffice.verb_forms import VerbForm
from shop.core.money import display as money
from shop.core.user_input.fields import MoneyField, WholeField

# What the verbs of both pages raise; `refusal` has words for each.
REFUSED: Final[tuple[type[Exception], ...]] = (
    Changed,
    refund_requests.OverRefund,
    refund_requests.Meanwhile,
    refund_requests.LinesTaken,
    refund_requests.NoMoney,
    PaymentDisputed,
    NothingChosen,
    TooMany,
    SentUnclear,
    MoreThanSold,
)


class BackForm(VerbForm):
    """What goes back, and why: a sum, or units of the order's lines and its shipping.

    A subclass has `seen`: of what the preview showed, what is compared when it is confirmed.
    """

    reason = forms.CharField(
        label=_("reason"), max_length=200, help_text=_("Your colleagues read it in the order's story.")
    )
    amount = MoneyField(label=_("or a sum"), min_value=Decimal("0.01"), required=False)
    shipping = forms.BooleanField(label=_("shipping"), required=False)

    def __init__(
        self, *args: Any, left: OrderLeft | None, currency: str, origins: Mapping[UUID, UUID], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        cast(MoneyField, self.fields["amount"]).use_currency(currency)
        self.left = left
        if left is None:  # No lines to choose from: the sum is no alternative to them.
            self.fields["amount"].label = _("amount")
        places = list(Location.objects.all()) if left else []
        for one in left.lines if left else []:
            if one.out:
                # Units that were not picked are in their bin: they come back there unless another place is chosen.
                origin = origins.get(one.line.variant_id or one.line.pk) if one.is_in_stock else None
                self.fields[f"place_{one.line.pk.hex}"] = place_field(
                    places, origin, none=gettext("no: they stay with the buyer"), required=False
                )
            self.fields[f"units_{one.line.pk.hex}"] = WholeField(
                min_value=0, max_value=one.line.quantity, required=False, label=one.line.sku
            )
            if one.is_partly_sent:
                self.fields[f"sent_{one.line.pk.hex}"] = WholeField(
                    min_value=0, max_value=one.line.quantity, required=False, label=one.line.sku
                )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the order's lines, each with its field's name, value and errors."""
        fields = [(one, self[f"units_{one.line.pk.hex}"]) for one in (self.left.lines if self.left else [])]
        return [
            {
                "line": one.line,
                "unit_price": one.unit_price,
                "back": one.back,
                "left": one.left,
                "name": field.html_name,
                "value": field.value() or "",
                "errors": field.errors,
                "place": self[f"place_{one.line.pk.hex}"] if one.out else None,
                "sent": self[f"sent_{one.line.pk.hex}"] if one.is_partly_sent else None,
                "sent_left": one.sent_left,
            }
            for one, field in fields
        ]

    @property
    def places(self) -> dict[UUID, UUID]:
        """Return where the units of a line come back to, of those that do."""
        lines = [one.line.pk for one in (self.left.lines if self.left else [])]
        chosen = {key: self.cleaned_data.get(f"place_{key.hex}") for key in lines}
        return {key: UUID(place) for key, place in chosen.items() if place}

    @property
    def units(self) -> dict[UUID, int]:
        """Return how many units of each line go back."""
        lines = self.left.lines if self.left else []
        return {one.line.pk: self.cleaned_data.get(f"units_{one.line.pk.hex}") or 0 for one in lines}

    @property
    def sent(self) -> dict[UUID, int | None]:
        """Return how many of them had been sent, by line, where somebody said it."""
        return {key: self.cleaned_data.get(f"sent_{key.hex}") for key in self.units}

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Return what the preview sends along: everything that was chosen."""
        names = [name for name in self.fields if name not in {"seen", "token"}]
        return [(name, str(self[name].value() or "")) for name in names if self[name].value()]


def coming(returns: Sequence[UnitsBack]) -> list[dict[str, Any]]:
    """Return the units that would come back to stock, each with the name of its location."""
    names = Location.objects.in_bulk([one.location_id for one in returns]) if returns else {}
    return [{"units": one.quantity, "line": one.line, "place": names[one.location_id]} for one in returns]


def refusal(currency: str, error: Exception) -> tuple[str | None, str]:
    """Return field and words for what cannot go back."""
    match error:
        case refund_requests.Meanwhile():
            return None, gettext(
                "Meanwhile another refund of this payment was asked for, or a dispute was decided. %s may go back now: "
                "look again before you confirm."
            ) % money(error.remaining, currency)
        case Changed():
            return None, gettext(
                "Meanwhile the plan or one of its payments changed. Look again before you confirm."
            )
        case refund_requests.OverRefund():
            return "amount", gettext("At most %s may still go back.") % money(error.remaining, currency)
        case refund_requests.LinesTaken():
            return None, gettext("Some of these units have gone back by another refund meanwhile.")
        case MoreThanSold():
            return None, more_than_sold(error)
        case refund_requests.NoMoney():
            return None, gettext("This payment brought no money, so none can go back.")
        case PaymentDisputed():
            return None, gettext(
                "The buyer or their bank disputes this payment: nothing can go back until that has ended."
            )
        case SentUnclear():
            return None, gettext(
                "%(sku)s: say how many of these units were sent, between %(least)d and %(most)d."
            ) % {"sku": error.line.sku, "least": error.least, "most": error.most}
        case TooMany():
            return f"units_{error.line.pk.hex}", ngettext(
                "At most %d unit may still go back.", "At most %d units may still go back.", error.left
            ) % error.left
    return None, gettext("Choose units or shipping, or type a sum: one of the two.")
