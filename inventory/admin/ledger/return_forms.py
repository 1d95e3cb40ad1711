"""Returns and losses as forms: each calls one verb of the ledger, once per form."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from inventory import ledger
from inventory.admin.ledger.movement_forms import MOST_UNITS, MovementForm, back_to, starting_values
from inventory.models import StockLevel
from shop.core.backoffice.base import actor
from shop.core.backoffice.verb_forms import AnyAdmin, Refusals, done, form_page, run_verb
from shop.core.user_input.fields import MoneyField, WholeField


class TakeForm(MovementForm):
    """Units that come or go, with the reason."""

    quantity = WholeField(label=_("units"), min_value=1, max_value=MOST_UNITS)
    reference = forms.CharField(label=_("reference"), max_length=120, required=False)
    note = forms.CharField(label=_("why"), max_length=300)


class SupplierReturnForm(TakeForm):
    """Units that go back to their supplier, and what is credited for them."""

    unit_cost = MoneyField(label=_("credited for one unit"), min_value=Decimal(0), required=False)


@dataclass(frozen=True)
class _Act:
    title: Any
    button: Any
    done_message: Any
    scope: str
    form: type[TakeForm]
    verb: Callable[..., Any]
    refusals: Refusals


def _too_few(error: ledger.InsufficientOnHand) -> tuple[str, str]:
    words = gettext(
        "Only %(free)s may be taken: %(on_hand)s are there, %(reserved)s of them held for buyers."
    )
    free = max(0, error.on_hand - error.reserved)
    return "quantity", words % {"free": free, "on_hand": error.on_hand, "reserved": error.reserved}


ACTS = {
    "customer-return": _Act(
        _("Take back from a customer"),
        _("Take back"),
        _("%(quantity)s × %(sku)s are back at %(location)s."),
        "stock-customer-return",
        TakeForm,
        ledger.return_from_customer,
        {},
    ),
    "supplier-return": _Act(
        _("Return to the supplier"),
        _("Return"),
        _("%(quantity)s × %(sku)s left %(location)s for the supplier."),
        "stock-supplier-return",
        SupplierReturnForm,
        ledger.return_to_supplier,
        {ledger.InsufficientOnHand: _too_few},
    ),
    "write-off": _Act(
        _("Write off"),
        _("Write off"),
        _("%(quantity)s × %(sku)s at %(location)s are written off."),
        "stock-write-off",
        TakeForm,
        ledger.write_off,
        {ledger.InsufficientOnHand: _too_few},
    ),
}


def moving_view(
    model_admin: AnyAdmin, request: HttpRequest, act: str, level: StockLevel | None = None
) -> HttpResponse:
    """Show and run one of `ACTS`; errors beside the field."""
    chosen = ACTS[act]
    form = chosen.form(request.POST or None, initial=starting_values(level))
    if (
        request.method == "POST"
        and form.is_valid()
        and run_verb(
            request,
            form=form,
            scope=chosen.scope,
            refusals=chosen.refusals,
            verb=lambda data: chosen.verb(
                variant_id=data["sku"].pk,
                location_id=data["location"].pk,
                actor=actor(request),
                **{name: value for name, value in data.items() if name not in {"sku", "location"}},
            ),
        )
    ):
        data = form.cleaned_data
        return done(request, chosen.done_message % {**data, "sku": data["sku"].sku}, back_to(level))
    return form_page(
        request,
        model_admin,
        form,
        title=chosen.title,
        button=chosen.button,
        back=back_to(level),
        subtitle=str(level) if level else "",
        is_danger=act == "write-off",
    )
