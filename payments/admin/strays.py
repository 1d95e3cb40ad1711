"""Payments that only the provider knows, for people to decide about."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from payments import strays
from payments.admin.showing import StatusMixin
from payments.models import StrayPayment
from shop.core.backoffice import HistoryAdmin, VerbForm, actor, done, form_page, row, run_verb
from shop.core.money import display as money
from shop.core.states import IllegalTransition

Decision = StrayPayment.Decision
_CHOICES = [
    (Decision.ANOTHER_SHOP.value, Decision.ANOTHER_SHOP.label),
    (Decision.EXPLAINED.value, Decision.EXPLAINED.label),
    (Decision.OPEN.value, Decision.OPEN.label),
]


class DecisionForm(VerbForm):
    """What the payment is, in words that the next colleague understands."""

    decision = forms.ChoiceField(label=_("decision"), choices=_CHOICES)
    note = forms.CharField(
        label=_("note"), max_length=300, widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Where it belongs, or what was done: the other shop's order, a sale by telephone …"),
    )  # fmt: skip


@admin.register(StrayPayment)
class StrayPaymentAdmin(StatusMixin, HistoryAdmin):
    """A payment that the provider lists and no purchase of this shop knows."""

    list_display = ["created_at", "gateway", "external_id", "status_label", "sum_label", "reference",
                    "decision_label"]  # fmt: skip
    list_display_links = ["created_at", "external_id"]
    list_filter = [("decision", ChoicesDropdownFilter), ("status", ChoicesDropdownFilter), "gateway"]
    search_fields = ["external_id", "reference", "note"]
    date_hierarchy = "created_at"
    fieldsets = [
        (None, {"fields": [("gateway", "external_id"), ("status", "reference"), ("sum_label", "refunded_label")]}),
        (_("When"), {"fields": [("made_at", "last_seen_at"), "created_at"]}),
        (_("Decision"), {"fields": [("decision", "decided_at"), "decided_by", "note"]}),
    ]  # fmt: skip
    readonly_fields = ["created_at", "sum_label", "refunded_label"]
    actions_detail = ["decide"]

    @display(
        description=_("decision"), ordering="decision",
        label={"open": "warning", "another_shop": "default", "explained": "success", "known": "success"},
    )  # fmt: skip
    def decision_label(self, stray: StrayPayment) -> tuple[str, str]:
        return stray.decision, stray.get_decision_display()

    @display(description=_("refunded"))
    def refunded_label(self, stray: StrayPayment) -> str:
        return money(stray.refunded_amount, stray.currency) if stray.refunded_amount else "—"

    def has_decide_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("payments.change_straypayment"))

    @action(description=_("Decide"), url_path="decide", icon="gavel", permissions=["decide"])
    def decide(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note what the payment is. Money that shall go back is refunded in the provider's panel."""
        stray = row(StrayPayment.objects.all(), object_id)
        form = DecisionForm(request.POST or None, initial={"note": stray.note})
        back = reverse("admin:payments_straypayment_change", args=[stray.pk])
        if request.method == "POST" and form.is_valid() and run_verb(
            request, form=form, scope="stray-decision",
            verb=lambda data: strays.decide(stray, data["decision"], note=data["note"], actor=actor(request)),
            refusals={IllegalTransition: lambda error: ("decision", gettext("It stands so already."))},
        ):  # fmt: skip
            return done(request, gettext("The decision is noted."), back)
        return form_page(
            request, self, form, title=gettext("What is this payment?"), subtitle=str(stray),
            button=gettext("Note"), back=back,
            lead=gettext("If the money shall go back, refund it in the provider's panel: it was never paid here."),
        )  # fmt: skip
