"""Reservations in the back office: who has reserved what until when, and their lines in an order's timeline."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.contrib.filters.admin import ChoicesDropdownFilter, RelatedDropdownFilter
from unfold.decorators import display

from inventory import reservations
from inventory.admin.reservations import manual
from inventory.admin.reservations.manual import ReservationActions
from inventory.models import Reservation
from shop.core.audit import actors, labels, timeline
from shop.core.backoffice.base import ActorMixin, HistoryAdmin, actor
from shop.core.backoffice.verb_forms import ConfirmForm, ask, run_verb


class LiveFilter(admin.SimpleListFilter):
    """Reservations that block stock now, by the database's clock."""

    title = _("now")
    parameter_name = "now"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, StrOrPromise]]:
        return [("live", _("holding")), ("lapsed", _("lapsed, not released yet"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Reservation]) -> QuerySet[Reservation]:
        active = queryset.filter(status=Reservation.Status.ACTIVE)
        if self.value() == "live":
            return active.filter(expires_at__gt=Now())
        return active.filter(expires_at__lte=Now()) if self.value() == "lapsed" else queryset


@admin.register(Reservation)
class ReservationAdmin(ReservationActions, ActorMixin[Reservation], HistoryAdmin[Reservation]):
    """Who reserved what until when."""

    list_display = [
        "created_at",
        "status_label",
        "quantity",
        "variant",
        "location",
        "purpose",
        "owner",
        "note",
        "expires_at",
        "ended_at",
        "why_ended",
    ]
    list_filter = [
        LiveFilter,
        ("status", ChoicesDropdownFilter),
        ("purpose", ChoicesDropdownFilter),
        ("location", RelatedDropdownFilter),
    ]
    list_select_related = ["variant", "location"]
    search_fields = [
        "variant__sku",
        "variant__barcode",
        "variant__name",
        "variant__product__name",
        "owner",
        "note",
    ]
    date_hierarchy = "created_at"
    actions = ["release_selected"]
    actions_list = ["keep"]
    actions_detail = ["extend", "release"]

    @display(
        description=_("status"),
        ordering="status",
        label={"active": "info", "converted": "success", "released": "warning"},
    )
    def status_label(self, reservation: Reservation) -> tuple[str, str]:
        return reservation.status, reservation.get_status_display()

    def empty_words(self, cl: Any) -> str:
        """Return the text of an empty list: what it shows, and where manual reservations are made."""
        if cl.params.get("purpose__exact") == Reservation.Purpose.MANUAL:
            return gettext(
                "Nothing is kept aside now. Staff keep units aside for a person (a call, a press loan, a fault to "
                "look at) until a date; until then nobody else can buy them. “Keep units aside” above makes one."
            )
        return gettext(
            "Nobody holds anything here. A hold is made when a shopper puts a unit into the cart, and ends by itself."
        )

    @display(description=_("reason"), ordering="end_reason")
    def why_ended(self, reservation: Reservation) -> str:
        return labels.reason(reservation.end_reason) or "—"

    @display(description=_("ended by"), ordering="ended_by")
    def who_ended(self, reservation: Reservation) -> str:
        return actors.shown(reservation.ended_by) or "—"

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Show every field, those with customers in words."""
        describe = {"actor": "acted_by", "ended_by": "who_ended", "end_reason": "why_ended"}
        return [describe.get(str(name), name) for name in super().get_fields(request, obj)]

    def has_release_permission(self, request: HttpRequest) -> bool:
        return request.user.has_perm("inventory.change_reservation")

    @admin.action(description=_("Release the chosen holds"), permissions=["release"])
    def release_selected(self, request: HttpRequest, queryset: QuerySet[Reservation]) -> HttpResponse | None:
        """Release each chosen reservation that is still active, after asking; the units are for sale again at once."""
        form = ConfirmForm(request.POST if "apply" in request.POST else None)
        active = queryset.filter(status=Reservation.Status.ACTIVE)
        form.compare("holds-release", manual.shown_rows(active), may_shrink=True)

        def verb(data: dict[str, Any]) -> None:
            units = sum(
                reservations.release(
                    reservation_id=UUID(key), reason="released by staff", actor=actor(request)
                )
                for key in form.as_shown
            )
            words = ngettext("%d unit is free again.", "%d units are free again.", units)
            self.message_user(request, words % units)

        if (
            form.is_bound
            and form.is_valid()
            and run_verb(request, form=form, scope="holds-release", verb=verb, refusals={})
        ):
            return None
        return ask(
            self,
            request,
            active.select_related("variant", "location"),
            form,
            action="release_selected",
            title=gettext("Release the chosen holds?"),
            button=gettext("Release them"),
            is_danger=True,
            lead=gettext("Buyers lose what they hold; the units are for sale again at once."),
            describe=manual.describe,
        )


def _reservations(subject: timeline.Subject) -> Any:
    """Return what was reserved for the purchase, and how each reservation ended."""
    for reservation in Reservation.objects.filter(checkout_id=subject.trail).select_related("variant"):
        words = f"{reservation.quantity} × {reservation.variant.sku}"
        url = timeline.link("inventory_reservation", reservation.pk)
        yield timeline.TimelineEntry(
            at=reservation.first_reserved_at,
            kind=gettext("hold"),
            title=words,
            actor=reservation.actor,
            url=url,
        )
        if reservation.ended_at:
            yield timeline.TimelineEntry(
                at=reservation.ended_at,
                kind=gettext("hold"),
                title=f"{words}: {reservation.get_status_display()}",
                detail=labels.reason(reservation.end_reason),
                url=url,
                tone="ok" if reservation.status == "converted" else "warn",
            )


timeline.contribute("holds", _reservations)
