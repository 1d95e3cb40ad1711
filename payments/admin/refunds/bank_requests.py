"""Bank data of manual refunds in the back office: masked; shown in full only with a permission, and recorded."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.decorators import action, display

from payments.admin.presentation import ConfirmForm
from payments.models import BankRequest, Refund
from payments.refunds import bank_details, bank_requests
from shop.core.backoffice.base import HistoryAdmin, actor, foreign, require, row
from shop.core.backoffice.verb_forms import AnyAdmin, VerbForm, done, form_page, run_verb
from shop.core.money import display as money
from shop.core.states import IllegalTransition

_SEE = "payments.see_bank_data"
_WAITING = Q(refund__status=Refund.Status.MANUAL, sealed="")
_READY = Q(refund__status=Refund.Status.MANUAL) & ~Q(sealed="")


class StageFilter(admin.SimpleListFilter):
    """Requests by who has to act next: the buyer, the staff, nobody."""

    title = _("standing")
    parameter_name = "stage"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, StrOrPromise]]:
        return [
            ("ready", _("ready to transfer")),
            ("waiting", _("waiting for bank data")),
            ("done", _("transferred")),
        ]

    def queryset(self, request: HttpRequest, queryset: QuerySet[BankRequest]) -> QuerySet[BankRequest]:
        match self.value():
            case "ready":
                return queryset.filter(_READY)
            case "waiting":
                return queryset.filter(_WAITING)
            case "done":
                return queryset.exclude(refund__status=Refund.Status.MANUAL)
        return queryset


class BankDataFilter(StageFilter):
    """The same filter for refunds."""

    title = _("bank data")
    parameter_name = "bank"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, StrOrPromise]]:
        return [("ready", _("ready to transfer")), ("waiting", _("waiting for bank data"))]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        manual = queryset.filter(status=Refund.Status.MANUAL)
        given = Q(bank_request__isnull=False) & ~Q(bank_request__sealed="")
        match self.value():
            case "ready":
                return manual.filter(given)
            case "waiting":
                return manual.exclude(given)
        return queryset


class TransferForm(VerbForm):
    """The bank's number of the transfer. `revision` is the buyer's answer that was on the screen."""

    note = forms.CharField(
        label=_("bank's number of the transfer"),
        max_length=100,
        widget=forms.TextInput,
        help_text=_("It is written to the buyer."),
    )
    revision = forms.CharField(widget=forms.HiddenInput, max_length=9, required=False)

    def clean_revision(self) -> int:
        """Return the number of the answer; None for a refund whose buyer was never asked."""
        text = self.cleaned_data["revision"]
        return int(text) if text.isascii() and text.isdigit() else 0


@admin.register(BankRequest)
class BankRequestAdmin(HistoryAdmin[BankRequest]):
    """Requests for bank data: asked, answered, paid."""

    list_display = [
        "created_at",
        "stage_label",
        "amount",
        "refund_link",
        "buyer",
        "country",
        "given_at",
        "mails",
    ]
    list_filter = [StageFilter, "country"]
    list_select_related = ["refund__payment__attempt__purchase"]
    search_fields = [
        "refund__payment__external_id",
        "refund__payment__order__number",
        "refund__payment__attempt__purchase__email",
        "refund__payment__attempt__purchase__first_name",
        "refund__payment__attempt__purchase__last_name",
    ]
    date_hierarchy = "created_at"
    fields = [
        ("words", "amount"),
        ("refund_link", "buyer"),
        "masked",
        ("revision", "given_at"),
        ("mails", "next_reminder_at"),
        "purged_at",
    ]
    readonly_fields = ["words", "amount", "refund_link", "buyer", "masked"]
    actions_detail = ["show", "ask_again"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[BankRequest]:
        return super().get_queryset(request).select_related("refund__payment__attempt__purchase")

    @display(description=_("standing"), label={"waiting": "warning", "ready": "info", "done": "success"})
    def stage_label(self, asked: BankRequest) -> tuple[str, Any]:
        return asked.stage, asked.words

    @display(description=_("standing"))
    def words(self, asked: BankRequest) -> Any:
        return asked.words

    @display(description=_("amount"), ordering="refund__amount")
    def amount(self, asked: BankRequest) -> str:
        return money(asked.refund.amount, asked.refund.currency)

    @display(description=_("refund"))
    def refund_link(self, asked: BankRequest) -> str:
        return foreign("payments_refund", asked.refund)

    @display(description=_("buyer"))
    def buyer(self, asked: BankRequest) -> str:
        return asked.refund.payment.purchase.email or "—"

    @display(description=_("account"))
    def masked(self, asked: BankRequest) -> str:
        return account_line(asked)

    def has_see_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm(_SEE)

    def has_ask_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return request.user.has_perm("payments.add_refund")

    @action(description=_("Show and transfer"), url_path="show", icon="visibility", permissions=["see"])
    def show(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show the bank data in full, after a click that is recorded, above the form that records the transfer."""
        require(request, _SEE)
        asked = row(BankRequest.objects.select_related("refund__payment__attempt"), object_id)
        back = reverse("admin:payments_bankrequest_change", args=[asked.pk])
        form = ConfirmForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            try:
                answer = bank_details.show(asked, actor=actor(request))
            except bank_details.NothingThere:
                form.add_error(None, gettext("There are no bank data here."))
            else:
                return self._shown(request, asked, answer, back)
        return form_page(
            request,
            self,
            form,
            title=gettext("Show the bank data?"),
            subtitle=str(asked),
            back=back,
            button=gettext("Show"),
            lead=gettext("It is noted that you saw them, and when."),
        )

    def _shown(
        self, request: HttpRequest, asked: BankRequest, answer: bank_details.Answer, back: str
    ) -> HttpResponse:
        by_hand = reverse("admin:payments_refund_change", args=[asked.refund_id]).replace(
            "/change/", "/by-hand/"
        )
        return form_page(
            request,
            self,
            TransferForm(initial={"revision": answer.revision}),
            title=gettext("Bank data"),
            subtitle=str(asked),
            button=gettext("Note as done"),
            back=back,
            extra={
                "wide_template": "admin/payments/bank_data.html",
                "bank_rows": answer.rows,
                "form_action": by_hand,
                "amount": money(asked.refund.amount, asked.refund.currency),
            },
        )

    @action(description=_("Ask again"), url_path="ask-again", icon="forward_to_inbox", permissions=["ask"])
    def ask_again(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send the buyer a new link."""
        asked = row(BankRequest.objects.all(), object_id)
        back = reverse("admin:payments_bankrequest_change", args=[asked.pk])
        form = ConfirmForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            if bank_requests.ask_again(asked, actor=actor(request)):
                return done(request, gettext("A mail with a fresh link is on its way to the buyer."), back)
            form.add_error(None, gettext("The money went already, or there is no address to write to."))
        return form_page(
            request,
            self,
            form,
            title=gettext("Ask the buyer again?"),
            subtitle=str(asked),
            back=back,
            button=gettext("Ask again"),
        )


def account_line(asked: BankRequest | None) -> str:
    """Return bank data in one line, masked; words when there are none."""
    if asked is None:
        return "—"
    try:
        return " · ".join(value for _label, value in bank_details.read(asked).masked)
    except bank_details.NothingThere:
        return gettext("forgotten") if asked.purged_at else gettext("not given yet")


def _not_waiting(_error: Exception) -> tuple[None, str]:
    return None, gettext("Only a refund that waits for people can be noted.")


def _corrected(_error: Exception) -> tuple[None, str]:
    return None, gettext("The buyer corrected the bank data since you saw them. Look at them again first.")


def _note_transfer(request: HttpRequest, form: TransferForm, refund: Refund) -> bool:
    return run_verb(
        request,
        form=form,
        scope="refund-by-hand",
        verb=lambda data: bank_details.note_transfer(
            refund, number=data["note"], revision=data["revision"], actor=actor(request)
        ),
        refusals={IllegalTransition: _not_waiting, bank_details.DataChanged: _corrected},
    )


def transfer_page(model_admin: AnyAdmin, request: HttpRequest, refund: Refund) -> HttpResponse:
    """Show and process the form by which people record that they transferred the money of a refund."""
    asked = BankRequest.objects.filter(refund=refund).first()
    back = reverse("admin:payments_refund_change", args=[refund.pk])
    form = TransferForm(request.POST or None, initial={"revision": asked.revision if asked else 0})
    if request.method == "POST" and form.is_valid() and _note_transfer(request, form, refund):
        return done(request, gettext("The refund is noted as done."), back)
    see = ""
    if asked is not None and request.user.has_perm(_SEE):
        see = reverse("admin:payments_bankrequest_change", args=[asked.pk]).replace("/change/", "/show/")
    return form_page(
        request,
        model_admin,
        form,
        title=gettext("Money transferred by hand?"),
        subtitle=str(refund),
        button=gettext("Note as done"),
        back=back,
        extra={
            "wide_template": "admin/payments/bank_data.html",
            "account": account_line(asked),
            "see_url": see,
            "stage": asked.words if asked else "",
        },
    )
