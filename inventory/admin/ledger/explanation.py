"""Why a figure is what it is: from a stock level to its movements and reservations, and to what caused them."""

from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.widgets import INPUT_CLASSES

from catalog.models import Variant
from inventory.ledger import history, transfers, valuation
from inventory.models import Reservation, StockLevel
from shop.core.audit import actors
from shop.core.backoffice.base import require, row
from shop.core.backoffice.verb_forms import AnyAdmin
from shop.core.user_input.fields import WholeField

MOMENT = "%Y-%m-%dT%H:%M"


class InstantForm(forms.Form):
    """At which moment; before which movement (the next page)."""

    at = forms.DateTimeField(
        label=_("at the moment"),
        required=False,
        input_formats=[MOMENT, "%Y-%m-%dT%H:%M:%S"],
        widget=forms.DateTimeInput(
            attrs={"type": "datetime-local", "class": " ".join(INPUT_CLASSES)}, format=MOMENT
        ),
    )
    before = WholeField(required=False, min_value=1, widget=forms.HiddenInput)

    def moment(self) -> datetime | None:
        """Return the instant asked for; None: now, also when it cannot be read."""
        return self.cleaned_data.get("at") if self.is_valid() else None

    def newer(self) -> int | None:
        """Return the key of the last movement of the newer page."""
        return self.cleaned_data.get("before") if self.is_valid() else None


def why_page(model_admin: AnyAdmin, request: HttpRequest, key: object) -> HttpResponse:
    """Show what makes the figures of one level, now or at an instant, and the variant's other locations.

    Nine queries or so, however long the history is: movements come by key, fifty to a page.
    """
    require(request, "inventory.view_stocklevel", "inventory.view_stockmovement")
    level = row(StockLevel.objects.select_related("variant__product", "location"), key)
    form = InstantForm(request.GET or None)
    at, before = form.moment(), form.newer()
    page = history.movements(level.pk, before=before, at=at)
    known = history.causes(page.movements)
    locations = _locations(level, at)
    reserved = [] if at else history.reservations_of(level.pk)
    names = actors.legible(reservation.actor for reservation in reserved)
    context = {
        **model_admin.admin_site.each_context(request),
        "opts": StockLevel._meta,
        "title": gettext("Why is this %s?")
        % (level.on_hand if at is None else history.levels_at([level.pk], at)[level.pk]),
        "level": level,
        "page": page,
        "form": form if form.is_bound else InstantForm(initial={"at": timezone.now()}),
        "at": at,
        "before": before,
        "locations": locations,
        "in_transit": _in_transit(level, at),
        "total": sum(place["on_hand"] for place in locations),
        "free": sum(place["level"].available for place in locations if place["sells"]),
        "lines": [(movement, history.of(movement, known)) for movement in page.movements],
        "reservations": [
            (reservation, owner, names[reservation.actor]) for reservation, owner in history.owners(reserved)
        ],
        "cost": valuation.average_costs([level.variant_id], at=at).get(level.variant_id),
        "older": _address(level, at, page.before),
        "newest": _address(level, at, None),
        "disagrees": at is None and before is None and _disagrees(level, page, reserved),
        "can_repair": request.user.has_perm("inventory.add_stockrepair"),
    }
    return TemplateResponse(request, "admin/inventory/why.html", context)


def why_variant(model_admin: AnyAdmin, request: HttpRequest, key: object) -> HttpResponse:
    """Show the page of the variant's fullest level, which names all the others."""
    require(request, "inventory.view_stocklevel", "inventory.view_stockmovement")
    variant = row(Variant.objects.all(), key)
    level = StockLevel.objects.filter(variant=variant).order_by("-on_hand", "location__priority").first()
    if level is None:
        return TemplateResponse(
            request,
            "admin/inventory/why.html",
            {
                **model_admin.admin_site.each_context(request),
                "title": gettext("Why is this %s?") % 0,
                "variant": variant,
            },
        )
    return why_page(model_admin, request, level.pk)


def _locations(level: StockLevel, at: datetime | None) -> list[dict[str, Any]]:
    """Return every level of the variant with its stock, now or then."""
    levels = list(
        StockLevel.objects.filter(variant_id=level.variant_id)
        .select_related("location")
        .order_by("location__priority", "location__name")
    )
    units = history.levels_at([each.pk for each in levels], at) if at else {}
    return [
        {
            "level": each,
            "on_hand": units.get(each.pk, each.on_hand),
            "is_this": each.pk == level.pk,
            "sells": each.location.is_sold_from,
            "url": _address(each, at, None),
        }
        for each in levels
    ]


def _disagrees(level: StockLevel, page: history.Page, reserved: list[Reservation]) -> bool:
    """Return whether the rows shown contradict the figures (with very many reservations only the check can)."""
    units = sum(reservation.quantity for reservation in reserved)
    return page.closing != level.on_hand or (
        len(reserved) < history.MOST_RESERVATIONS and units != level.reserved
    )


def _in_transit(level: StockLevel, at: datetime | None) -> int:
    return transfers.in_transit([level.variant_id]).get(level.variant_id, 0) if at is None else 0


def _address(level: StockLevel, at: datetime | None, before: int | None) -> str:
    asked = {"at": timezone.localtime(at).strftime(f"{MOMENT}:%S") if at else None, "before": before}
    query = urlencode({name: value for name, value in asked.items() if value})
    page = reverse("admin:inventory_stocklevel_why", args=[level.pk])
    return f"{page}?{query}" if query else page
