"""Withdrawal requests in the back office: open ones first, each with its deadline; the only act: note the answer."""

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import action, display

from orders.cancellation import withdrawing
from orders.models import WithdrawalRequest
from orders.returns import given_already, withdrawals
from shop.core.backoffice.base import HistoryAdmin, actor, foreign, row
from shop.core.backoffice.verb_forms import ConfirmForm, VerbForm, done, form_page, run_verb

Status = WithdrawalRequest.Status
_TAKES_UP = _(
    "What was sent becomes a return, approved at once, and what is still in the house is cancelled. The buyer gets a "
    "mail. With the whole order the shipping goes back where the law asks for it."
)


class AnswerForm(VerbForm):
    """What was agreed with the buyer."""

    answer = forms.CharField(
        label=_("what was agreed"),
        max_length=2000,
        widget=forms.Textarea,
        help_text=_("How the goods come back, how the money goes back. Only the staff reads it."),
    )


@admin.register(WithdrawalRequest)
class WithdrawalRequestAdmin(HistoryAdmin[WithdrawalRequest]):
    """Withdrawal requests with their buyer, order and deadline."""

    list_display = ["code", "status_label", "order_link", "email", "created_at", "deadline"]
    list_filter = [("status", ChoicesDropdownFilter)]
    search_fields = ["code", "email", "order_number"]
    ordering = ["-status", "answer_by"]
    date_hierarchy = "created_at"
    fields = [
        "code",
        "status",
        ("order_link", "order_number"),
        "email",
        "message",
        "given",
        ("created_at", "answer_by"),
        ("answered_at", "answer"),
    ]
    readonly_fields = ["order_link", "created_at", "given"]
    actions_detail = ["take_up", "answer"]

    def get_queryset(self, request: HttpRequest) -> QuerySet[WithdrawalRequest]:
        return super().get_queryset(request).select_related("order")

    @display(description=_("status"), ordering="status", label={"received": "warning", "answered": "success"})
    def status_label(self, asked: WithdrawalRequest) -> tuple[str, str]:
        return asked.status, asked.get_status_display()

    @display(description=_("order"))
    def order_link(self, asked: WithdrawalRequest) -> str:
        if asked.order is None:
            return gettext("#%(number)s: no order of this address") % {"number": asked.order_number}
        return foreign("orders_order", asked.order)

    @display(description=_("given back or claimed already"))
    def given(self, asked: WithdrawalRequest) -> str:
        return " ".join(_given(asked)) or "—"

    @display(description=_("answer by"), ordering="answer_by", label={"late": "danger", "open": "info"})
    def deadline(self, asked: WithdrawalRequest) -> tuple[str, str]:
        if asked.status == Status.ANSWERED:
            return "", "—"
        late = asked.answer_by < timezone.now()
        return "late" if late else "open", date_format(
            timezone.localtime(asked.answer_by), "SHORT_DATETIME_FORMAT"
        )

    def makes_sense(self, act: str, asked: WithdrawalRequest) -> bool:
        return asked.status == Status.RECEIVED and (act != "take-up" or asked.order_id is not None)

    def has_take_up_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        # What was sent is made a return and approved; what was not is cancelled, and its money goes back.
        returns, cancels = ("orders.add_return", "orders.change_return"), "orders.add_cancellation"
        needed = ("orders.change_withdrawalrequest", *returns, cancels)
        return all(request.user.has_perm(one) for one in needed)

    @action(
        description=_("Make a return of it"),
        url_path="take-up",
        icon="assignment_return",
        permissions=["take_up"],
    )
    def take_up(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Turn the declaration into a return of what was sent, and cancel the rest."""
        asked = row(WithdrawalRequest.objects.select_related("order"), object_id)
        back = reverse("admin:orders_withdrawalrequest_change", args=[asked.pk])
        form = ConfirmForm(request.POST or None)
        if (
            request.method == "POST"
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="withdrawal-take-up",
                refusals={
                    withdrawals.AnsweredAlready: lambda error: (
                        None,
                        gettext("Somebody noted an answer already; nothing was changed."),
                    ),
                    withdrawing.NothingToTakeUp: lambda error: (
                        None,
                        gettext("Nothing of this order can come back. Note the answer instead."),
                    ),
                },
                verb=lambda data: withdrawing.take_up(asked, actor=actor(request)),
            )
        ):
            return done(request, gettext("The withdrawal is taken up."), back)
        return form_page(
            request,
            self,
            form,
            title=gettext("Make a return of this withdrawal?"),
            subtitle=str(asked),
            button=gettext("Make a return of it"),
            back=back,
            lead="\n".join([*_given(asked), str(_TAKES_UP)]),
        )

    def has_answer_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("orders.change_withdrawalrequest"))

    @action(description=_("Note the answer"), url_path="answer", icon="check", permissions=["answer"])
    def answer(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note what was agreed with the buyer."""
        asked = row(WithdrawalRequest.objects.select_related("order"), object_id)
        back = reverse("admin:orders_withdrawalrequest_change", args=[asked.pk])
        form = AnswerForm(request.POST or None)
        if (
            request.method == "POST"
            and form.is_valid()
            and run_verb(
                request,
                form=form,
                scope="withdrawal-answer",
                refusals={
                    withdrawals.AnsweredAlready: lambda error: (
                        None,
                        gettext("Somebody noted an answer already; nothing was changed."),
                    )
                },
                verb=lambda data: withdrawals.answer(asked, words=data["answer"], actor=actor(request)),
            )
        ):
            return done(request, gettext("The answer is noted."), back)
        return form_page(
            request,
            self,
            form,
            title=gettext("Note the answer"),
            subtitle=str(asked),
            button=gettext("Note the answer"),
            back=back,
            lead="\n".join(
                [
                    *_given(asked),
                    gettext("Write to the buyer first: this is the shop's own note of it."),
                ]
            ),
        )


def _given(asked: WithdrawalRequest) -> list[str]:
    """Return in words what was given back or claimed of its order already."""
    return given_already.words(asked.order) if asked.order else []
