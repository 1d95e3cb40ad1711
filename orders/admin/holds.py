"""Fulfilment holds of orders in the back office: a badge, a filter, a form to place one and one to release it."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.decorators import action, display

from orders.admin.order_acts import Act, Facts, Rank, contribute, page_of
from orders.fulfilment import holds as order_holds
from orders.fulfilment import progress
from orders.models import InstallmentPlan, Order, OrderHold
from shop.core.backoffice.base import BackOfficeAdmin, actor, row
from shop.core.backoffice.verb_forms import VerbForm, done, form_page, run_verb


class HeldFilter(admin.SimpleListFilter):
    """Orders that may be sent, those with a hold, and those whose money is still to come or has gone."""

    title = _("delivery")
    parameter_name = "sending"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, StrOrPromise]]:
        return [
            ("free", _("may be sent")),
            ("late", _("later than promised")),
            ("held", _("held")),
            ("dispute", _("held by a dispute")),
            ("due", _("being paid in instalments")),
            ("refunded", _("refunded or charged back")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Order]) -> QuerySet[Order] | None:
        if self.value() == "late":
            return queryset.filter(status=Order.Status.CONFIRMED, late_since__isnull=False)
        if self.value() == "held":
            return queryset.filter(order_holds.IS_HELD)
        if self.value() == "dispute":
            active = OrderHold.objects.filter(status=OrderHold.Status.ACTIVE, kind=OrderHold.Kind.DISPUTE)
            return queryset.filter(pk__in=active.values("order"))
        if self.value() == "free":
            return queryset.filter(pk__in=order_holds.ready().order_by().values("pk"))
        if self.value() == "due":
            return queryset.filter(plan__status__in=InstallmentPlan.LIVE)
        if self.value() == "refunded":
            return queryset.filter(pk__in=Order.objects.money_gone().values("pk"))
        return None


def _is_lasting(facts: Facts) -> bool:
    """Say whether a hold would keep something back."""
    return facts.is_confirmed and not facts.order.is_off and bool(facts.unsent)


contribute(
    Act(
        code="hold",
        label=_("Hold"),
        rank=Rank.HOLD,
        permissions=("orders.change_order",),
        makes_sense=_is_lasting,
        address=page_of("hold"),
    )
)
contribute(
    Act(
        code="release",
        label=_("Let go"),
        rank=Rank.RELEASE,
        permissions=("orders.change_order",),
        makes_sense=lambda facts: bool(facts.holds) and facts.is_confirmed,
        address=page_of("release"),
    )
)


class HoldForm(VerbForm):
    """The reason of a hold."""

    reason = forms.CharField(label=_("reason"), max_length=200, help_text=_("Only the staff reads it."))


class ReleaseForm(VerbForm):
    """Which hold is released, and why."""

    hold = forms.ChoiceField(label=_("hold"))
    reason = forms.CharField(label=_("why it may go"), max_length=200)

    def __init__(self, *args: Any, holds: list[OrderHold], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(str(hold.pk), str(hold)) for hold in holds]
        self.fields["hold"].choices = self.fields["hold"].widget.choices = choices  # type: ignore[attr-defined]


class HoldsMixin(BackOfficeAdmin[Order]):
    """The pages that place and release holds, on an order's page."""

    @display(description=_("delivery"), label={"held": "danger", "free": "success", "ended": "default"})
    def sending(self, order: Any) -> tuple[str, str]:
        if order.is_held:
            return "held", gettext("held")
        if order.is_off:
            return "ended", gettext("not to be sent")
        if order.status != Order.Status.CONFIRMED:
            return "ended", order.get_status_display()
        if order.has_units_left:
            return "free", gettext("may be sent")
        return "ended", progress.label(order.shipment_progress) or gettext("nothing left to send")

    def makes_sense(self, act: str, order: Order) -> bool:
        return act != "release" or bool(order_holds.holds_of(order))

    def has_hold_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("orders.change_order"))

    @action(description=_("Hold"), url_path="hold", icon="front_hand", permissions=["hold"])
    def hold(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Place a hold on an order."""
        order = row(Order.objects.all(), object_id)
        back = reverse("admin:orders_order_change", args=[order.pk])
        form = HoldForm(request.POST or None)
        if (
            request.method == "POST"
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="order-hold",
                refusals={},
                verb=lambda data: order_holds.place_hold(
                    order,
                    kind=OrderHold.Kind.STAFF,
                    source=f"staff:{form.cleaned_data['token']}",
                    reason=data["reason"],
                    actor=actor(request),
                ),
            )
        ):
            return done(request, gettext("The order is held."), back)
        return form_page(
            request,
            self,
            form,
            title=gettext("Hold this order?"),
            subtitle=str(order),
            button=gettext("Hold"),
            back=back,
            lead=gettext("Nothing of it is sent until it is let go."),
        )

    @action(description=_("Let go"), url_path="release", icon="lock_open", permissions=["hold"])
    def release(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Release one of an order's holds."""
        order = row(Order.objects.all(), object_id)
        back = reverse("admin:orders_order_change", args=[order.pk])
        holds = order_holds.holds_of(order)
        form = ReleaseForm(request.POST or None, holds=holds)
        if (
            request.method == "POST"
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="order-release",
                refusals={},
                verb=lambda data: order_holds.release_hold(
                    OrderHold.objects.get(pk=data["hold"]), actor=actor(request), reason=data["reason"]
                ),
            )
        ):
            return done(request, gettext("The hold is released."), back)
        lead = gettext("A payment that is disputed may yet be lost: who sends the goods now may lose both.")
        by_dispute = any(hold.kind == OrderHold.Kind.DISPUTE for hold in holds)
        return form_page(
            request,
            self,
            form,
            title=gettext("Let this order go?"),
            subtitle=str(order),
            button=gettext("Let go"),
            back=back,
            is_danger=by_dispute,
            lead=lead if by_dispute else "" if holds else gettext("Nothing holds this order."),
        )
