"""Shortcuts for stock work: scan to a variant, change many levels at once, printed lists by bin."""

from typing import Any, Protocol, cast
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.admin import AdminSite
from django.contrib.admin.models import CHANGE, LogEntry
from django.contrib.admin.views.main import ChangeList
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.http import urlencode
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from inventory import codes
from inventory.ledger import history, stock_trend
from inventory.models import Location, Reservation, StockLevel
from inventory.purchasing import reorder_points
from shop.core.backoffice import form_fingerprint
from shop.core.backoffice.base import require, row
from shop.core.backoffice.verb_forms import AnyAdmin, VerbForm, ask, run_verb
from shop.core.user_input.fields import WholeField

MOST_PRINTED = 2000
MOST_VALUES = 5  # Of a rule that somebody else has changed.
_RULES = "stock-rules"  # What the fingerprints of the bulk form are signed for.


class RulesForm(VerbForm):
    """What many levels shall share. An empty field leaves theirs as it is."""

    minimum = WholeField(label=_("minimum"), min_value=0, max_value=1_000_000, required=False)
    optimal = WholeField(label=_("optimal"), min_value=0, max_value=1_000_000, required=False)
    bin = forms.CharField(label=_("shelf"), max_length=40, required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse a form that would change nothing."""
        data = super().clean() or self.cleaned_data
        if not self.errors and all(data.get(name) in (None, "") for name in ("minimum", "optimal", "bin")):
            raise forms.ValidationError(gettext("Fill in at least one field."))
        return data


def with_trends(base: type[ChangeList]) -> type[ChangeList]:
    """Return a list of levels which loads the trends of the page it shows: one query more."""

    class LevelList(base):  # type: ignore[misc, valid-type]
        result_list: Any

        def get_results(self, request: HttpRequest) -> None:
            super().get_results(request)
            page: list[Any] = list(self.result_list)
            found = stock_trend.of_levels([level.pk for level in page])
            for level in page:
                level.trend = found.get(level.pk, [])
            self.result_list = page

    return LevelList


def scan_view(request: HttpRequest) -> HttpResponse:
    """Redirect to the stock of the scanned barcode or typed SKU, or to a search when it is not a code."""
    require(request, "inventory.view_stocklevel")
    code = request.GET.get("code", "").strip()[:100]
    back = reverse("admin:inventory_stocklevel_changelist")
    if not code:
        return redirect(back)
    if found := codes.find([code]):
        return redirect("admin:inventory_stocklevel_variant", found[code])
    messages.info(
        request, gettext("No variant has the SKU or barcode %s. This is what the search finds.") % code
    )
    return redirect(f"{back}?{urlencode({'q': code})}")


class Moves(Protocol):
    """The admin of stock levels, as the page of a variant needs it."""

    admin_site: AdminSite

    def has_move_permission(self, request: HttpRequest) -> bool:
        """Return whether whoever is signed in may move stock."""


def variant_view(model_admin: "Moves", request: HttpRequest, key: UUID) -> HttpResponse:
    """Show one variant's stock: in every place and in total, its trend, its reservations, its latest movements."""
    require(request, "inventory.view_stocklevel")
    variant = row(Variant.objects.select_related("product"), key)
    levels = list(
        variant.stock_levels.select_related("location").order_by("location__priority", "location__name")
    )
    found = stock_trend.of_levels([level.pk for level in levels])
    for level in levels:
        level.spark = stock_trend.drawn(found[level.pk], level.minimum)  # type: ignore[attr-defined]
    movements = list(variant.movements.select_related("location")[:20])
    reasons = history.causes(movements)
    for movement in movements:
        movement.reason = reasons.get(  # type: ignore[attr-defined]
            (movement.cause_type, cast(UUID, movement.cause_id))
        )
    active = Reservation.objects.filter(
        variant=variant, status=Reservation.Status.ACTIVE, expires_at__gt=Now()
    )
    total = {
        name: sum(getattr(level, name) for level in levels) for name in ("on_hand", "reserved", "available")
    }
    context = {
        **model_admin.admin_site.each_context(request),
        "title": variant.product.name,
        "opts": StockLevel._meta,
        "variant": variant,
        "levels": levels,
        "movements": movements,
        "total": total,
        "spark": stock_trend.drawn(stock_trend.total(found.values())) if found else "",
        "reservations": active.select_related("location").order_by("expires_at")[:20],
        "may_move": model_admin.has_move_permission(request),
    }
    return TemplateResponse(request, "admin/inventory/stocklevel/variant.html", context)


def set_rules(
    model_admin: AnyAdmin, request: HttpRequest, levels: QuerySet[StockLevel]
) -> HttpResponse | None:
    """Ask for minimum, optimal and bin of the chosen levels, then set them at once."""
    form = RulesForm(request.POST if "apply" in request.POST else None)
    sent = request.POST.get(form_fingerprint.FIELD)
    conflicts: list[str] = []

    def verb(data: dict[str, Any]) -> None:
        wanted = {name: value for name, value in data.items() if value not in (None, "")}
        keys = list(levels.order_by("pk").values_list("pk", flat=True))
        count = reorder_points.set_rules(keys, rules=wanted, shown=form_fingerprint.read(sent, _RULES))
        chosen = StockLevel.objects.filter(pk__in=keys)
        LogEntry.objects.log_actions(
            cast(Any, request.user).pk, chosen, CHANGE, [{"changed": {"fields": sorted(wanted)}}]
        )
        words = ngettext("%d level is changed.", "%d levels are changed.", count)
        messages.success(request, words % count)

    def refused(error: reorder_points.RulesChanged) -> tuple[None, str]:
        conflicts.append(_changed_in_words(form, error))
        return None, conflicts[-1]

    if (
        form.is_bound
        and form.is_valid()
        and run_verb(
            request,
            form=form,
            scope="stock-rules",
            verb=verb,
            refusals={reorder_points.RulesChanged: refused},
        )
    ):
        return None
    # A form that is asked again for another reason is still compared with what was shown first.
    if sent is None or conflicts or not form.is_bound:
        sent = form_fingerprint.sign(reorder_points.seen(list(levels.values_list("pk", flat=True))), _RULES)
    return ask(
        model_admin,
        request,
        levels.select_related("variant", "location"),
        form,
        action="set_rules",
        title=gettext("Set minimum, optimal or shelf"),
        lead=gettext("An empty field leaves what each level has."),
        button=gettext("Set them"),
        describe=_rules_in_words,
        shown_before=sent,
    )


def _changed_in_words(form: RulesForm, error: reorder_points.RulesChanged) -> str:
    """Return the present rules of levels that somebody else has changed, the commonest values first."""
    parts = []
    for name, values in error.now.items():
        facts = [
            f"{value if value != '' else '—'} (×{count})" for value, count in values.most_common(MOST_VALUES)
        ]
        more = [] if len(values) <= MOST_VALUES else ["…"]
        parts.append(f"{form.fields[name].label}: {', '.join(facts + more) or '—'}")
    words = gettext(
        "Nothing is set yet, as somebody else has changed this meanwhile. It says now: %s. Send again to set yours."
    )
    return words % "; ".join(parts)


def _rules_in_words(level: StockLevel) -> str:
    words = gettext("minimum %(minimum)d, optimal %(optimal)d, shelf %(shelf)s")
    return words % {"minimum": level.minimum, "optimal": level.optimal, "shelf": level.bin or "—"}


def bin_sheet(request: HttpRequest, levels: QuerySet[StockLevel]) -> HttpResponse:
    """Print levels by location and bin, with an empty box for what is counted there (the figures are left out)."""
    ordered = levels.select_related("variant__product", "location").order_by(
        "location__priority", "location__name", "bin", "variant__product__name", "variant__sort_order"
    )
    context = {
        "levels": ordered[:MOST_PRINTED],
        "count": ordered.count(),
        "most": MOST_PRINTED,
        "back": reverse("admin:inventory_stocklevel_changelist"),
    }
    return TemplateResponse(request, "admin/inventory/stocklevel/bin_sheet.html", context)


def print_view(request: HttpRequest) -> HttpResponse:
    """Print the levels of a location by bin. What is to be picked comes from the orders: `orders.admin.picking`."""
    require(request, "inventory.view_stocklevel")
    places = list(Location.objects.all())
    place = next((place for place in places if str(place.pk) == request.GET.get("location")), None)
    levels = StockLevel.objects.filter(location=place) if place else StockLevel.objects.all()
    return bin_sheet(request, levels)
