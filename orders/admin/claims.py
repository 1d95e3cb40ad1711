"""Claims in the back office: what is open first, and the acts that make sense, each a form of its own."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from orders.admin.exchanges import ReasonForm, UnitInline, act_form
from orders.claims import approving, opening, resolving
from orders.models import Claim, ClaimLine
from shop.core.backoffice.base import HistoryAdmin, HistoryInline, actor, foreign, row
from shop.core.backoffice.verb_forms import VerbForm
from shop.core.money import ZERO
from shop.core.user_input.fields import MoneyField, WholeField


class AnswerForm(VerbForm):
    """What the buyer reads."""

    answer = forms.CharField(label=_("answer to the buyer"), max_length=300)


class ApproveForm(VerbForm):
    """What the buyer of a claim gets."""

    partial = MoneyField(
        label=_("part of the price"), required=False, help_text=_("Instead of units: the buyer keeps them.")
    )
    goods_back = forms.BooleanField(
        label=_("The goods are to come back"), required=False, help_text=_("At the shop's cost.")
    )
    answer = forms.CharField(label=_("answer to the buyer"), max_length=300, required=False)

    def __init__(self, *args: Any, claim: Claim, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = list(claim.lines.select_related("order_line"))
        for line in self.lines:
            replaces = line.quantity if claim.wish == Claim.Outcome.REPLACE else 0
            for name, label, first in (
                ("replace", gettext("new units"), replaces),
                ("refund", gettext("units paid back"), line.quantity - replaces),
            ):
                self.fields[f"{name}_{line.pk.hex}"] = WholeField(
                    label=f"{line.order_line.sku} ({line.quantity}): {label}",
                    min_value=0,
                    max_value=line.quantity,
                    initial=first,
                    required=False,
                )

    def decision(self, data: dict[str, Any]) -> approving.Answer:
        """Return what was decided; a part of the price goes without units."""
        partial = data.get("partial")
        units = {
            name: {line.pk: int(data.get(f"{name}_{line.pk.hex}") or 0) for line in self.lines}
            for name in ("replace", "refund")
        }
        return approving.Answer(
            replace={} if partial else units["replace"],
            refund={} if partial else units["refund"],
            partial=partial or ZERO,
            goods_back=bool(data.get("goods_back")),
            words=data.get("answer", ""),
        )


class ClaimUnitInline(UnitInline):
    fk_name = "claim"


class ClaimLineInline(HistoryInline[ClaimLine]):
    """The claimed units and what was decided about them."""

    model = ClaimLine
    fields = ("order_line", "quantity", "replaced", "refunded", "amount", "written_off")
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> "QuerySet[ClaimLine]":
        found: QuerySet[ClaimLine] = super().get_queryset(request)
        return found.select_related("order_line", "claim__order")


@admin.register(Claim)
class ClaimAdmin(HistoryAdmin[Claim]):
    """Claims with what is claimed, what was decided, and its photos."""

    list_display = ["number_label", "status_label", "reason", "order_link", "outcome", "created_at"]
    list_filter = [("status", ChoicesDropdownFilter), ("reason", ChoicesDropdownFilter)]
    search_fields = ["order__number", "order__email", "lines__order_line__sku"]
    date_hierarchy = "created_at"
    fields = [
        ("status", "reason", "wish"),
        ("order_link", "shipment"),
        "note",
        "photos",
        ("outcome", "partial_amount", "answer"),
        ("approved_at", "ended_at"),
        ("reimbursement", "rma"),
    ]
    readonly_fields = ["order_link", "photos"]
    inlines = [ClaimLineInline, ClaimUnitInline]
    actions_detail = ["approve_claim", "resolve_claim", "take_approval_back", "deny_claim"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Claim]:
        found = super().get_queryset(request)
        return found.select_related("order", "shipment__order", "reimbursement", "rma__order")

    @display(description=_("number"), ordering="created_at")
    def number_label(self, one: Claim) -> str:
        return one.number

    @display(
        description=_("status"),
        ordering="status",
        label={"open": "warning", "approved": "info", "resolved": "success", "denied": "danger"},
    )
    def status_label(self, one: Claim) -> tuple[str, str]:
        return one.status, one.get_status_display()

    @display(description=_("order"))
    def order_link(self, one: Claim) -> str:
        return foreign("orders_order", one.order)

    @display(description=_("photos"))
    def photos(self, one: Claim) -> int:
        return one.files.filter(purged_at=None).count()

    def makes_sense(self, act: str, one: Claim) -> bool:
        states = {"approve_claim": Claim.Status.OPEN, "deny_claim": Claim.Status.OPEN}
        return one.status == states.get(act, Claim.Status.APPROVED)

    def has_act_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("orders.change_claim"))

    @action(description=_("Approve the claim"), url_path="approve", icon="check", permissions=["act"])
    def approve_claim(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Decide what the buyer gets; nothing is sent or paid yet."""
        one = self._one(object_id)
        form = ApproveForm(request.POST or None, claim=one)
        return act_form(
            request,
            self,
            form,
            one,
            title=gettext("Approve the claim"),
            verb=lambda data: approving.approve(one, form.decision(data), actor=actor(request)),
            page="orders_claim",
        )

    @action(description=_("Carry it out"), url_path="resolve", icon="done_all", permissions=["act"])
    def resolve_claim(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Have the new units packed and the money paid."""
        one = self._one(object_id)
        return act_form(
            request,
            self,
            VerbForm(request.POST or None),
            one,
            title=gettext("Carry it out"),
            verb=lambda data: resolving.resolve(one, actor=actor(request)),
            page="orders_claim",
        )

    @action(description=_("Take the approval back"), url_path="reopen", icon="undo", permissions=["act"])
    def take_approval_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Open it again: another decision."""
        one = self._one(object_id)
        return act_form(
            request,
            self,
            ReasonForm(request.POST or None),
            one,
            title=gettext("Take the approval back"),
            verb=lambda data: approving.take_back(one, actor=actor(request), reason=data["reason"]),
            page="orders_claim",
        )

    @action(description=_("Deny the claim"), url_path="deny", icon="block", permissions=["act"])
    def deny_claim(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Deny it, with the answer that the buyer reads."""
        one = self._one(object_id)
        return act_form(
            request,
            self,
            AnswerForm(request.POST or None),
            one,
            title=gettext("Deny the claim"),
            verb=lambda data: opening.deny(one, answer=data["answer"], actor=actor(request)),
            page="orders_claim",
        )

    def _one(self, object_id: str) -> Claim:
        return row(Claim.objects.select_related("order"), object_id)
