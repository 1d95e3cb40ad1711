"""Unmatched payments, for people to decide about."""

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.html import format_html_join
from django.utils.safestring import mark_safe
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from payments import gateways
from payments.admin.presentation import BY_PROVIDER, ConfirmForm, ProviderMixin, StatusMixin, no_answer
from payments.gateways import UnknownGateway
from payments.gateways.base import GatewayError, NotFoundAtProvider
from payments.models import Payment, StrayPayment
from payments.settlement import adoption
from payments.unmatched import unmatched_payments
from shop.core.backoffice.act_fingerprint import columns
from shop.core.backoffice.base import HistoryAdmin, actor, foreign, row
from shop.core.backoffice.verb_forms import VerbForm, done, form_page, run_verb
from shop.core.money import display as money
from shop.core.states import IllegalTransition

Decision = StrayPayment.Decision
_CHOICES = [
    (Decision.ANOTHER_SHOP.value, Decision.ANOTHER_SHOP.label),
    (Decision.EXPLAINED.value, Decision.EXPLAINED.label),
    (Decision.OPEN.value, Decision.OPEN.label),
]


class DecisionForm(VerbForm):
    """The decision about the payment, with a note for colleagues."""

    decision = forms.ChoiceField(label=_("decision"), choices=_CHOICES)
    note = forms.CharField(
        label=_("note"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Where it belongs, or what was done: the other shop's order, a sale by telephone …"),
    )


def _taken_over(unmatched_payment: StrayPayment, form: ConfirmForm, *, actor: str) -> Payment | None:
    """Return the payment to refund; None, with words above the form, when there is none.

    Asked outside `run_verb`, which holds a transaction: taking over is harmless twice.
    """
    try:
        provider = str(gateways.get(unmatched_payment.gateway).label)
        return adoption.take_over(unmatched_payment, actor=actor, patience=gateways.for_pages())
    except UnknownGateway:
        words = gettext("This shop has no connection to %s.") % unmatched_payment.gateway
    except adoption.KnownSince:
        words = gettext("This payment belongs to a purchase after all: refund it there.")
    except adoption.NothingCame:
        words = gettext("This payment brought no money, so none can go back.")
    except NotFoundAtProvider:
        words = gettext("%s knows nothing of this payment (yet). Nothing was changed.") % provider
    except GatewayError as error:
        words = no_answer(provider, error)
    form.add_error(None, words)
    return None


@admin.register(StrayPayment)
class UnmatchedPaymentAdmin(ProviderMixin, StatusMixin, HistoryAdmin[StrayPayment]):
    """A payment that the provider lists and no purchase of this shop knows."""

    list_display = [
        "created_at",
        "gateway_label",
        "external_id",
        "status_label",
        "sum_label",
        "decision_label",
        "reference",
    ]
    list_display_links = ["created_at", "external_id"]
    list_filter = [("decision", ChoicesDropdownFilter), ("status", ChoicesDropdownFilter), BY_PROVIDER]
    search_fields = ["external_id", "reference", "note"]
    date_hierarchy = "created_at"
    fieldsets = [
        (
            None,
            {
                "fields": [
                    ("gateway_label", "external_id"),
                    ("status", "reference"),
                    ("sum_label", "refunded_label"),
                    ("payment_link", "sent_back"),
                ]
            },
        ),
        (_("When"), {"fields": [("made_at", "last_seen_at"), "created_at"]}),
        (_("Decision"), {"fields": [("decision", "decided_at"), "decided_by", "note"]}),
    ]
    readonly_fields = [
        "gateway_label",
        "created_at",
        "sum_label",
        "refunded_label",
        "payment_link",
        "sent_back",
    ]
    actions_detail = ["refund", "decide"]

    @display(
        description=_("decision"),
        ordering="decision",
        label={"open": "warning", "another_shop": "default", "explained": "success", "known": "success"},
    )
    def decision_label(self, unmatched_payment: StrayPayment) -> tuple[str, str]:
        return unmatched_payment.decision, unmatched_payment.get_decision_display()

    @display(description=_("refunded"))
    def refunded_label(self, unmatched_payment: StrayPayment) -> str:
        return (
            money(unmatched_payment.refunded_amount, unmatched_payment.currency)
            if unmatched_payment.refunded_amount
            else "—"
        )

    @display(description=_("payment"))
    def payment_link(self, unmatched_payment: StrayPayment) -> str:
        return foreign("payments_payment", adoption.payment_of(unmatched_payment))

    @display(description=_("sent back from here"))
    def sent_back(self, unmatched_payment: StrayPayment) -> str:
        """List the refunds that were requested here, each with its status."""
        payment = adoption.payment_of(unmatched_payment)
        return (
            format_html_join(
                mark_safe("<br>"),
                '<a class="bo-link" href="{}">{}</a> · {} · {}',
                (
                    (
                        reverse("admin:payments_refund_change", args=[refund.pk]),
                        money(refund.amount, refund.currency),
                        refund.get_status_display(),
                        refund.reason,
                    )
                    for refund in (payment.refunds.order_by("created_at") if payment else [])
                ),
            )
            or "—"
        )

    def has_refund_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("payments.add_refund"))

    @action(description=_("Refund"), url_path="refund", icon="currency_exchange", permissions=["refund"])
    def refund(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Fetch the payment's present state, take it over, and redirect to the refund form."""
        unmatched_payment = row(StrayPayment.objects.all(), object_id)
        form = ConfirmForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            payment = _taken_over(unmatched_payment, form, actor=actor(request))
            if payment is not None:
                return redirect("admin:payments_payment_refund", payment.pk)
        return form_page(
            request,
            self,
            form,
            title=gettext("Send this payment back?"),
            subtitle=str(unmatched_payment),
            button=gettext("Ask the provider"),
            back=reverse("admin:payments_straypayment_change", args=[unmatched_payment.pk]),
            lead=gettext(
                "First the provider is asked how the payment stands now. Then you choose the sum and see what goes "
                "back: nothing is sent before you confirm that."
            ),
        )

    def has_decide_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("payments.change_straypayment"))

    @action(description=_("Decide"), url_path="decide", icon="gavel", permissions=["decide"])
    def decide(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Store the decision about the payment; one to be refunded is refunded by `refund`."""
        unmatched_payment = row(StrayPayment.objects.all(), object_id)
        form = DecisionForm(request.POST or None, initial={"note": unmatched_payment.note})
        back = reverse("admin:payments_straypayment_change", args=[unmatched_payment.pk])
        own = StrayPayment.objects.filter(pk=unmatched_payment.pk)
        shown_rows = columns(own, "decision", "note", "refunded_amount")
        form.compare(f"stray-decision:{unmatched_payment.pk}", shown_rows, now=lambda: _decided(own.get()))
        if (
            request.method == "POST"
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="stray-decision",
                verb=lambda data: unmatched_payments.decide(
                    unmatched_payment, data["decision"], note=data["note"], actor=actor(request)
                ),
                refusals={IllegalTransition: lambda error: ("decision", gettext("It stands so already."))},
            )
        ):
            return done(request, gettext("The decision is noted."), back)
        return form_page(
            request,
            self,
            form,
            title=gettext("What is this payment?"),
            subtitle=str(unmatched_payment),
            button=gettext("Save"),
            back=back,
            lead=gettext("If the money shall go back, press Refund on its page: it pays nothing here."),
        )


def _decided(unmatched_payment: StrayPayment) -> str:
    return " · ".join(filter(None, [unmatched_payment.get_decision_display(), unmatched_payment.note]))
