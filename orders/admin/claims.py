"""Claims in the back office: what is open first, its photos and the buyer's words, and the acts that make sense."""

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from orders.admin import claim_acts, claim_opening
from orders.admin.claim_forms import AnswerForm, ReasonForm
from orders.claims import approving, opening, resolving
from orders.models import Claim
from orders.views.claims import serve
from shop.core.audit import timeline
from shop.core.backoffice.base import HistoryAdmin, actor, foreign, require, row
from shop.core.backoffice.verb_forms import VerbForm


@admin.register(Claim)
class ClaimAdmin(HistoryAdmin[Claim]):
    """Claims are made and moved by their verbs only."""

    list_display = ["number_label", "status_label", "reason", "order_link", "outcome", "created_at"]
    list_filter = [("status", ChoicesDropdownFilter), ("reason", ChoicesDropdownFilter)]
    search_fields = ["order__number", "order__email", "lines__order_line__sku"]
    date_hierarchy = "created_at"
    fields = [
        ("order_link", "shipment", "origin"),
        ("created_at", "approved_at", "ended_at"),
        ("reimbursement", "rma"),
    ]
    readonly_fields = ["order_link", "created_at"]
    actions_detail = ["approve_claim", "resolve_claim", "take_approval_back", "deny_claim"]
    change_form_outer_before_template = "admin/orders/claim/story.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Claim]:
        found = super().get_queryset(request)
        return found.select_related("order", "shipment__order", "reimbursement", "rma__order")

    @display(description=_("number"), ordering="created_at")
    def number_label(self, one: Claim) -> str:
        return one.number

    @display(
        description=_("status"),
        ordering="status",
        label={
            "open": "warning",
            "approved": "info",
            "resolved": "success",
            "denied": "danger",
            "cancelled": "default",
        },
    )
    def status_label(self, one: Claim) -> tuple[str, str]:
        return one.status, one.get_status_display()

    @display(description=_("order"))
    def order_link(self, one: Claim) -> str:
        return foreign("orders_order", one.order)

    def makes_sense(self, act: str, one: Claim) -> bool:
        states = {"approve": Claim.Status.OPEN, "deny": Claim.Status.OPEN}
        if act == "reopen" and one.rma_id:
            return False
        return one.status == states.get(act, Claim.Status.APPROVED)

    def has_act_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm(claim_acts.ACT))

    def get_urls(self) -> list[URLPattern]:
        wrap = self.admin_site.admin_view
        own = [
            path("<uuid:key>/file/<uuid:file>/", wrap(self.file_view), name="orders_claim_file"),
            path("of-order/<uuid:key>/", wrap(self.open_view), name="orders_claim_open"),
        ]
        return [*own, *super().get_urls()]

    def open_view(self, request: HttpRequest, key: UUID) -> HttpResponse:
        """Open a claim about an order."""
        return claim_opening.open_page(self, request, key)

    def file_view(self, request: HttpRequest, key: UUID, file: UUID) -> HttpResponse:
        """Send a photo."""
        require(request, "orders.view_claim")
        return serve(self._one(key), file)

    def page_context(self, request: HttpRequest, key: UUID) -> dict[str, object]:
        """Return a claim's photos, what was decided, and the timeline of its order."""
        found = self.get_queryset(request).filter(pk=key).first()
        return _page(found) if found else {}

    @action(description=_("Approve the claim"), url_path="approve", icon="check", permissions=["act"])
    def approve_claim(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Decide what the buyer gets; nothing is sent or paid yet."""
        return claim_acts.decide_page(self, request, self._one(object_id))

    @action(description=_("Carry it out"), url_path="resolve", icon="done_all", permissions=["act"])
    def resolve_claim(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Have the new units packed and the money paid."""
        one = self._one(object_id)
        if one.money_back:
            require(request, claim_acts.PAY)
        return claim_acts.act_page(
            self,
            request,
            one,
            VerbForm(request.POST or None),
            title=gettext("Carry it out"),
            lead=claim_acts.what_is_done(one),
            verb=lambda data: resolving.resolve(one, actor=actor(request)),
        )

    @action(description=_("Take the approval back"), url_path="reopen", icon="undo", permissions=["act"])
    def take_approval_back(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Open it again: another decision."""
        one = self._one(object_id)
        return claim_acts.act_page(
            self,
            request,
            one,
            ReasonForm(request.POST or None),
            title=gettext("Take the approval back"),
            verb=lambda data: approving.take_back(one, actor=actor(request), reason=data["reason"]),
        )

    @action(description=_("Deny the claim"), url_path="deny", icon="block", permissions=["act"])
    def deny_claim(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Deny it, with the answer that the buyer reads."""
        one = self._one(object_id)
        return claim_acts.act_page(
            self,
            request,
            one,
            AnswerForm(request.POST or None),
            title=gettext("Deny the claim"),
            verb=lambda data: opening.deny(one, answer=data["answer"], actor=actor(request)),
            is_danger=True,
        )

    def _one(self, key: str | UUID) -> Claim:
        return row(Claim.objects.select_related("order", "rma__order"), key)


def _page(claim: Claim) -> dict[str, Any]:
    return {
        "claim": claim,
        "lines": list(claim.lines.select_related("order_line")),
        "units": list(claim.units.select_related("replaced").order_by("position")),
        "files": list(claim.files.filter(purged_at=None).defer("content")),
        "subtitle": claim.number,
        "entries": timeline.tell(timeline.Subject(trail=claim.trail, order_id=claim.order_id)),
    }
