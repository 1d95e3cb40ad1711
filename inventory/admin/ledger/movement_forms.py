"""Receive and adjust as forms: each calls one verb of the ledger, once per form."""

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from catalog.variants.availability import sold_from
from inventory import codes, ledger
from inventory.counts.messages import explain
from inventory.models import Location, StockLevel
from shop.core.backoffice.base import actor
from shop.core.backoffice.verb_forms import AnyAdmin, VerbForm, done, form_page, run_verb
from shop.core.user_input.fields import MoneyField, WholeField

MOST_UNITS = 1_000_000


class MovementForm(VerbForm):
    """Which variant, where, and why. The variant is typed or scanned: SKU or barcode."""

    sku = forms.CharField(
        label=_("SKU or barcode"), max_length=60, widget=forms.TextInput(attrs={"autofocus": True})
    )
    location = forms.ModelChoiceField(label=_("location"), queryset=Location.objects.all())

    def clean_sku(self) -> Variant:
        """Return the variant of this SKU or barcode."""
        text = self.cleaned_data["sku"].strip()
        try:
            return codes.one(text)
        except codes.CodeRefused as error:
            raise ValidationError(explain(error)) from error


class ReceiveForm(MovementForm):
    """Units received."""

    quantity = WholeField(label=_("units received"), min_value=1, max_value=MOST_UNITS)
    unit_cost = MoneyField(label=_("cost of one unit"), min_value=Decimal(0), required=False)
    reference = forms.CharField(
        label=_("reference"),
        max_length=120,
        required=False,
        help_text=_("The supplier's delivery note or invoice."),
    )
    note = forms.CharField(label=_("note"), max_length=300, required=False)


class AdjustForm(MovementForm):
    """A correction, with its reason."""

    difference = WholeField(
        label=_("difference"),
        min_value=-MOST_UNITS,
        max_value=MOST_UNITS,
        help_text=_("How many more (3) or fewer (-3) there are than the books say."),
    )
    reference = forms.CharField(label=_("reference"), max_length=120, required=False)
    note = forms.CharField(label=_("why"), max_length=300)

    def clean_difference(self) -> int:
        """Refuse a correction of zero."""
        difference = int(self.cleaned_data["difference"])
        if not difference:
            raise ValidationError(gettext("An adjustment of nothing explains nothing."))
        return difference


def receive_view(
    model_admin: AnyAdmin, request: HttpRequest, level: StockLevel | None = None
) -> HttpResponse:
    """Book a delivery by `ledger.receive`; errors beside the field."""
    form = ReceiveForm(request.POST or None, initial=starting_values(level))
    if (
        request.method == "POST"
        and form.is_valid()
        and run_verb(
            request,
            form=form,
            scope="stock-receive",
            refusals={},
            verb=lambda data: ledger.receive(
                variant_id=data["sku"].pk,
                location_id=data["location"].pk,
                quantity=data["quantity"],
                unit_cost=data["unit_cost"],
                reference=data["reference"],
                note=data["note"],
                actor=actor(request),
            ),
        )
    ):
        data = form.cleaned_data
        words = gettext("%(quantity)s × %(sku)s received at %(location)s.")
        return done(request, words % {**data, "sku": data["sku"].sku}, back_to(level))
    return form_page(
        request,
        model_admin,
        form,
        title=gettext("Receive stock"),
        button=gettext("Receive"),
        back=back_to(level),
        subtitle=str(level) if level else "",
        extra={"level": level},
    )


def adjust_view(model_admin: AnyAdmin, request: HttpRequest, level: StockLevel | None = None) -> HttpResponse:
    """Correct a level by `ledger.adjust`; errors beside the field."""
    form = AdjustForm(request.POST or None, initial=starting_values(level))
    if (
        request.method == "POST"
        and form.is_valid()
        and run_verb(
            request,
            form=form,
            scope="stock-adjust",
            refusals={ledger.InsufficientOnHand: _too_few},
            verb=lambda data: ledger.adjust(
                variant_id=data["sku"].pk,
                location_id=data["location"].pk,
                difference=data["difference"],
                note=data["note"],
                reference=data["reference"],
                actor=actor(request),
            ),
        )
    ):
        data = form.cleaned_data
        words = gettext("%(sku)s at %(location)s corrected by %(difference)s.")
        return done(
            request,
            words % {**data, "sku": data["sku"].sku, "difference": f"{data['difference']:+d}"},
            back_to(level),
        )
    return form_page(
        request,
        model_admin,
        form,
        title=gettext("Adjust stock"),
        button=gettext("Adjust"),
        back=back_to(level),
        subtitle=str(level) if level else "",
        extra={"level": level},
    )


def _too_few(error: ledger.InsufficientOnHand) -> tuple[str, str]:
    words = gettext(
        "Only %(free)s may be taken: %(on_hand)s are there, %(reserved)s of them held for buyers."
    )
    free = max(0, error.on_hand - error.reserved)
    return "difference", words % {"free": free, "on_hand": error.on_hand, "reserved": error.reserved}


def starting_values(level: StockLevel | None) -> dict[str, Any]:
    """Return the initial values of a movement's form: the level's variant and place, or the first sellable place."""
    if level is None:
        first = Location.objects.filter(sold_from()).first()
        return {"location": first.pk if first else None}
    return {"sku": level.variant.sku, "location": level.location_id}


def back_to(level: StockLevel | None) -> str:
    """Return where a movement's form redirects to: the level's page, or the list of levels."""
    if level is None:
        return reverse("admin:inventory_stocklevel_changelist")
    return reverse("admin:inventory_stocklevel_change", args=[level.pk])
