"""The acts on a return: which make sense in its state, who may do them, the form each asks, and the verb it calls."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders.admin.goods_returns import forms
from orders.models import Return, ReturnDecision
from orders.returns import answering, closing, deciding, files, policies
from orders.returns.refusals import REFUSALS, words
from orders.returns.rows import locked
from shop.core.backoffice.act_fingerprint import ShownRows, columns
from shop.core.backoffice.base import actor, require
from shop.core.backoffice.verb_forms import AnyAdmin, VerbForm, done, form_page, run_verb
from shop.core.money import display as money

Status: Final = Return.Status
ANSWER: Final = "orders.change_return"
RECEIVE: Final = "orders.add_returnreceipt"
INSPECT: Final = "orders.add_inspection"
DECIDE: Final = "orders.add_returndecision"
PAY: Final = "payments.add_refund"


@dataclass(frozen=True, slots=True)
class Act:
    """An act: its code in the address, what its button and its page say, when it is offered, and its verb.

    `done` says what was done, afterwards.
    """

    code: str
    button: Any
    title: Any
    done: Any
    permission: str
    is_offered: Callable[[Return], bool]
    verb: Callable[[Return, dict[str, Any], str], object]
    form: type[VerbForm] = VerbForm
    lead: Any = ""
    is_danger: bool = False


def _approve(rma: Return, data: dict[str, Any], by: str) -> object:
    upload = data.pop("label", None)
    labels = [files.label(upload)] if upload else []
    return answering.approve(rma, actor=by, labels=labels, **data)


def unpaid(rma: Return) -> list[Any]:
    """Return the decisions of a return that are to be paid."""
    return list(rma.decisions.filter(withdrawn_at=None, reimbursement=None, total__gt=0))


def _pay(rma: Return, data: dict[str, Any], by: str) -> object:
    return [deciding.pay_back(one, actor=by) for one in unpaid(rma)]


def _take_back(rma: Return, data: dict[str, Any], by: str) -> object:
    return [deciding.take_back(one, actor=by, **data) for one in unpaid(rma)]


def _may_close(rma: Return) -> bool:
    return rma.status == Status.APPROVED and answering.has_begun(rma) and not unpaid(rma)


ACTS: Final = (
    Act(
        "approve",
        _("Approve"),
        _("Approve this return?"),
        _("The return is approved."),
        ANSWER,
        lambda one: one.status == Status.REQUESTED,
        _approve,
        forms.ApproveForm,
        _("The buyer gets a mail with how to send it."),
    ),
    Act(
        "reject",
        _("Reject"),
        _("Reject this return?"),
        _("The return is rejected."),
        ANSWER,
        lambda one: one.status == Status.REQUESTED,
        lambda one, data, by: answering.reject(one, actor=by, **data),
        forms.RejectForm,
        _("The buyer gets a mail with the reason."),
        is_danger=True,
    ),
    Act(
        "pay",
        _("Pay back"),
        _("Pay back what was decided?"),
        _("What was decided is on its way to the buyer."),
        PAY,
        lambda one: one.status == Status.APPROVED and bool(unpaid(one)),
        _pay,
        lead=_("It goes back by the means the order was paid with. Open instalments fall first."),
    ),
    Act(
        "take-back",
        _("Take the decision back"),
        _("Take back what was decided and is not paid?"),
        _("The decision is taken back."),
        DECIDE,
        lambda one: one.status == Status.APPROVED and bool(unpaid(one)),
        _take_back,
        forms.ReasonForm,
    ),
    Act(
        "sent",
        _("The buyer has sent it"),
        _("Has the buyer sent it?"),
        _("It is noted that the buyer has sent it."),
        ANSWER,
        lambda one: one.status == Status.APPROVED and not one.receipts.exists(),
        lambda one, data, by: answering.note_sent(one, actor=by, **data),
        forms.SentForm,
        _("Then it does not expire."),
    ),
    Act(
        "close",
        _("Close"),
        _("Will nothing more come, and is everything decided?"),
        _("The return is closed."),
        ANSWER,
        _may_close,
        lambda one, data, by: closing.close(one, actor=by, **data),
        forms.ReasonForm,
    ),
    Act(
        "cancel",
        _("Cancel the return"),
        _("Cancel this return?"),
        _("The return is cancelled."),
        ANSWER,
        lambda one: one.is_open and not answering.has_begun(one),
        lambda one, data, by: answering.cancel(one, actor=by, **data),
        forms.ReasonForm,
        _("The buyer gets a mail, and keeps the goods."),
        is_danger=True,
    ),
)
BY_CODE: Final = {act.code: act for act in ACTS}


def offered(request: HttpRequest, rma: Return) -> list[Act]:
    """Return the acts that make sense now and that this person may do, the likeliest first."""
    return [act for act in ACTS if act.is_offered(rma) and request.user.has_perm(act.permission)]


def act_page(model_admin: AnyAdmin, request: HttpRequest, rma: Return, act: Act) -> HttpResponse:
    """Ask for what an act needs, then do it once and return to the page of the return."""
    require(request, "orders.view_return", act.permission)
    form = act.form(request.POST or None, request.FILES or None, initial=_initial(rma, act))
    form.compare(f"return-{act.code}:{rma.pk}", _shown_rows(rma), now=lambda: _current_state(rma))
    back = reverse("admin:orders_return_change", args=[rma.pk])
    if (
        request.method == "POST"
        and form.is_valid()
        and run_verb(
            request,
            form=form,
            scope=f"return-{act.code}",
            refusals=dict.fromkeys(REFUSALS, lambda error: (None, words(error))),
            verb=lambda data: act.verb(rma, data, actor(request)),
        )
    ):
        return done(request, f"{rma.number}: {act.done}", back)
    return form_page(
        request,
        model_admin,
        form,
        title=str(act.title),
        subtitle=f"{rma.number} · {rma.order.full_name}",
        button=str(act.button),
        back=back,
        lead=_lead(rma, act),
        is_danger=act.is_danger,
    )


def _lead(rma: Return, act: Act) -> str:
    """Return what an act's page says first: of money that is paid back, or was decided, how much."""
    if act.code not in {"pay", "take-back"}:
        return str(act.lead)
    sums = [money(one.total, rma.order.currency) for one in unpaid(rma)]
    said = (
        [gettext("%(sum)s go back to the buyer.") % {"sum": one} for one in sums]
        if act.code == "pay"
        else sums
    )
    return "\n".join([*said, str(act.lead)]).strip()


def _shown_rows(rma: Return) -> ShownRows:
    """Return the `ShownRows` of a return with its decisions. It locks the order, then the return, as the verbs do."""
    own = columns(
        Return.objects.filter(pk=rma.pk),
        "status",
        "payer",
        "carrier",
        "tracking_number",
        lock=lambda _keys: locked(rma),
    )
    decided = columns(
        ReturnDecision.objects.filter(rma=rma.pk), "withdrawn_at", "reimbursement_id", lock=lambda _keys: None
    )
    return lambda is_acting: {**own(is_acting), **decided(is_acting)}


def _current_state(rma: Return) -> str:
    """Return in words how a return is now."""
    fresh = Return.objects.get(pk=rma.pk)
    to_pay = [money(one.total, rma.order.currency) for one in unpaid(fresh)]
    return " · ".join(filter(None, (fresh.get_status_display(), fresh.tracking_number, *to_pay)))


def _initial(rma: Return, act: Act) -> dict[str, Any]:
    if act.code != "approve":
        return {"carrier": rma.carrier, "tracking_number": rma.tracking_number}
    lines = [one.order_line for one in rma.lines.select_related("order_line")]
    rows = policies.of_lines(rma.order, lines).values()
    return {
        "payer": rma.payer,
        "instructions": next((row.instructions for row in rows if row.instructions), ""),
    }
