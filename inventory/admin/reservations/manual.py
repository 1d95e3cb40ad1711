"""Manual reservations (apartados) as forms: reserve, extend, release; each calls one verb, once per form."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import INPUT_CLASSES

from inventory.admin.ledger.movement_forms import MOST_UNITS, MovementForm
from inventory.models import Location, Reservation
from inventory.reservations import manual, releasing
from inventory.reservations.allocation import InsufficientStock
from shop.core.backoffice.act_fingerprint import ShownRows, columns
from shop.core.backoffice.base import BackOfficeAdmin, actor, row
from shop.core.backoffice.verb_forms import AnyAdmin, VerbForm, done, form_page, run_verb
from shop.core.user_input.fields import WholeField

# A forgotten reservation would block units for ever: it has an end, at most a year ahead.
LONGEST = timedelta(days=365)
MOMENT = "%Y-%m-%dT%H:%M"


class UntilField(forms.DateTimeField):
    """Until when, in the shop's time, as the browser's own field writes it."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            label=_("until"),
            input_formats=[MOMENT, f"{MOMENT}:%S"],
            widget=forms.DateTimeInput(
                attrs={"type": "datetime-local", "class": " ".join(INPUT_CLASSES)}, format=MOMENT
            ),
            **kwargs,
        )

    def clean(self, value: Any) -> Any:
        """Refuse an end in the past or too far away."""
        until = super().clean(value)
        if until <= timezone.now():
            raise forms.ValidationError(gettext("Choose a moment in the future."))
        if until > timezone.now() + LONGEST:
            raise forms.ValidationError(gettext("Choose a moment within a year."))
        return until


class KeepForm(MovementForm):
    """What is reserved, for whom, why and until when."""

    location = forms.ModelChoiceField(
        label=_("location"),
        queryset=Location.objects.all(),
        required=False,
        empty_label=_("wherever it is for sale"),
    )
    quantity = WholeField(label=_("units"), min_value=1, max_value=MOST_UNITS)
    owner = forms.CharField(label=_("for whom"), max_length=150)
    reason = forms.CharField(label=_("why"), max_length=300)
    until = UntilField()


class ProlongForm(VerbForm):
    """A new end, and why."""

    until = UntilField()
    reason = forms.CharField(label=_("why"), max_length=300)


class ReleaseForm(VerbForm):
    """Why the units are free again."""

    reason = forms.CharField(label=_("why"), max_length=40)


LIST = "admin:inventory_reservation_changelist"


class ReservationActions(BackOfficeAdmin[Reservation]):
    """The buttons of manual reservations in the list of reservations and on the page of one."""

    def has_reserve_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("inventory.change_reservation")

    @action(description=_("Keep units aside"), url_path="keep", icon="bookmark_add", permissions=["reserve"])
    def keep(self, request: HttpRequest) -> HttpResponse:
        return keep_view(self, request)

    @action(description=_("Prolong"), url_path="prolong", icon="more_time", permissions=["reserve"])
    def extend(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Give a manual reservation another end."""
        return extend_view(self, request, object_id)

    @action(description=_("Release"), url_path="let-go", icon="lock_open", permissions=["reserve"])
    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Release this reservation, with the reason."""
        return release_view(self, request, object_id)


def keep_view(
    model_admin: AnyAdmin, request: HttpRequest, initial: dict[str, Any] | None = None
) -> HttpResponse:
    """Reserve units by `manual.reserve`."""
    tomorrow = timezone.localtime() + timedelta(days=1)
    form = KeepForm(request.POST or None, initial={"quantity": 1, "until": tomorrow, **(initial or {})})
    back = f"{reverse(LIST)}?purpose__exact=manual&now=live"
    if (
        request.method == "POST"
        and form.is_valid()
        and run_verb(
            request,
            form=form,
            scope="stock-hold",
            verb=lambda data: manual.reserve(
                variant_id=data["sku"].pk,
                location_id=data["location"].pk if data["location"] else None,
                quantity=data["quantity"],
                owner=data["owner"],
                reason=data["reason"],
                until=data["until"],
                actor=actor(request),
            ),
            refusals={InsufficientStock: _too_few, manual.NotInTheFuture: _past},
        )
    ):
        data = form.cleaned_data
        words = gettext("%(quantity)s × %(sku)s are kept aside for %(owner)s.")
        return done(request, words % {**data, "sku": data["sku"].sku}, back)
    return form_page(
        request,
        model_admin,
        form,
        title=gettext("Keep units aside"),
        button=gettext("Keep aside"),
        back=back,
        lead=gettext("Nobody can buy them until then. Afterwards they are for sale again by themselves."),
    )


def extend_view(model_admin: AnyAdmin, request: HttpRequest, key: str) -> HttpResponse:
    """Give a manual reservation another end by `manual.extend`."""
    reservation = _reservation(key)
    form = ProlongForm(request.POST or None, initial={"until": timezone.localtime(reservation.expires_at)})
    own = Reservation.objects.filter(pk=reservation.pk)
    form.compare(f"stock-prolong:{reservation.pk}", columns(own, "status", "expires_at"))
    back = reverse("admin:inventory_reservation_change", args=[reservation.pk])
    if (
        request.method == "POST"
        and form.is_valid()
        and run_verb(
            request,
            form=form,
            scope="stock-prolong",
            verb=lambda data: manual.extend(
                reservation_id=reservation.pk,
                until=data["until"],
                reason=data["reason"],
                actor=actor(request),
            ),
            refusals={manual.ReservationEnded: _ended, manual.NotInTheFuture: _past},
        )
    ):
        return done(request, gettext("The hold has a new end."), back)
    return form_page(
        request,
        model_admin,
        form,
        title=gettext("Prolong a hold"),
        button=gettext("Prolong"),
        back=back,
        subtitle=describe(reservation),
        lead=gettext("It is kept until %s.") % _end(reservation),
    )


def release_view(model_admin: AnyAdmin, request: HttpRequest, key: str) -> HttpResponse:
    """Release a reservation by `manual.release`."""
    reservation = _reservation(key)
    form = ReleaseForm(request.POST or None)
    form.compare(f"stock-release:{reservation.pk}", shown_rows(Reservation.objects.filter(pk=reservation.pk)))
    back = reverse("admin:inventory_reservation_change", args=[reservation.pk])
    freed: list[int] = []
    if (
        request.method == "POST"
        and form.is_valid()
        and run_verb(
            request,
            form=form,
            scope="stock-release",
            refusals={},
            verb=lambda data: freed.append(
                manual.release(reservation_id=reservation.pk, reason=data["reason"], actor=actor(request))
            ),
        )
    ):
        units = sum(freed)
        return done(
            request, ngettext("%d unit is free again.", "%d units are free again.", units) % units, back
        )
    return form_page(
        request,
        model_admin,
        form,
        title=gettext("Release this hold?"),
        button=gettext("Release"),
        back=back,
        subtitle=describe(reservation),
        is_danger=True,
    )


def _reservation(key: str) -> Reservation:
    return row(Reservation.objects.select_related("variant", "location"), key)


def shown_rows(chosen: QuerySet[Reservation]) -> ShownRows:
    """Return the `ShownRows` of reservations to be released: units and owner. It locks levels, then reservations.

    The end is compared for manual reservations only: opening a cart extends the cart's own.
    """
    every = columns(
        chosen, "status", "quantity", "checkout_id", "owner", "note", "purpose", "expires_at", lock=_lock
    )

    def without_ends(is_acting: bool) -> Mapping[str, object]:
        found: Mapping[str, Any] = every(is_acting)
        manual = Reservation.Purpose.MANUAL
        return {key: values if values[-2] == manual else values[:-1] for key, values in found.items()}

    return without_ends


def _lock(keys: Collection[UUID]) -> None:
    releasing.lock_reservations(pk__in=keys)


def describe(reservation: Reservation) -> str:
    """Return what is reserved of which variant, where and for whom."""
    words = f"{reservation.quantity} × {reservation.variant.sku} · {reservation.location}"
    return f"{words} · {reservation.owner or reservation.get_purpose_display()}"


def _end(reservation: Reservation) -> str:
    return date_format(timezone.localtime(reservation.expires_at), "SHORT_DATETIME_FORMAT")


def _too_few(error: InsufficientStock) -> tuple[str, str]:
    left = error.lines[0].available
    return "quantity", ngettext("Only %s is available.", "Only %s are available.", left) % left


def _ended(error: manual.ReservationEnded) -> tuple[None, str]:
    return None, gettext("This hold has ended or is no manual one: keep the units aside anew.")


def _past(error: manual.NotInTheFuture) -> tuple[str, str]:
    return "until", gettext("Choose a moment in the future.")
