"""What the staff do about a plan: a button for each act that its state and their rights allow, each one form."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from functools import partial
from typing import Any, cast

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action
from unfold.widgets import INPUT_CLASSES, UnfoldAdminCheckboxSelectMultipleWidget

from orders.installments import bills, calls, cancelling, moving, notices, plan_state, waiving
from orders.installments.bills import NothingToPay
from orders.installments.cancelling import PaidMeanwhile
from orders.installments.moving import CannotMove
from orders.installments.notices import RemindedToday
from orders.installments.waiving import CannotWaive
from orders.models import Installment, InstallmentBill, InstallmentPlan, Order
from shop.core.backoffice.act_fingerprint import columns
from shop.core.backoffice.base import BackOfficeAdmin, actor, row
from shop.core.backoffice.verb_forms import ConfirmForm, Refusals, VerbForm, done, form_page, run_verb
from shop.core.money import display as money
from shop.core.user_input.fields import MoneyField

Status = InstallmentPlan.Status


class DateInput(forms.DateInput):
    """A day, chosen in the browser's own calendar."""

    input_type = "date"

    def __init__(self) -> None:
        super().__init__(attrs={"class": " ".join(INPUT_CLASSES)}, format="%Y-%m-%d")


def _words_of(installment: Installment) -> str:
    plan = installment.plan
    return gettext("%(number)s, due on %(day)s, %(amount)s open") % {
        "number": installment,
        "day": date_format(installment.due_date, "SHORT_DATE_FORMAT"),
        "amount": money(installment.open_amount, plan.currency),
    }


class InstallmentForm(VerbForm):
    """Chooses one of a plan's instalments."""

    number = forms.TypedChoiceField(label=_("instalment"), coerce=int)

    def __init__(self, *args: Any, installments: list[Installment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = [(one.number, _words_of(one)) for one in installments]
        field = cast(forms.TypedChoiceField, self.fields["number"])
        field.choices = choices
        cast(forms.Select, field.widget).choices = choices


class MoveForm(InstallmentForm):
    """To which day."""

    to = forms.DateField(label=_("new due date"), widget=DateInput, input_formats=["%Y-%m-%d", "%d/%m/%Y"])


class WaiveForm(InstallmentForm):
    """How much, and why."""

    amount = MoneyField(label=_("amount to waive"), min_value=Decimal("0.01"))
    reason = forms.CharField(
        label=_("reason"), max_length=200, help_text=_("Your colleagues read it in the plan's story.")
    )


class ReasonForm(VerbForm):
    """Why."""

    reason = forms.CharField(label=_("reason"), max_length=200, help_text=_("Only the staff reads it."))


class CallForm(VerbForm):
    """What was said."""

    note = forms.CharField(label=_("what was said"), max_length=280, widget=forms.Textarea(attrs={"rows": 3}))


class LinkForm(VerbForm):
    """Which instalments the link asks for."""

    numbers = forms.TypedMultipleChoiceField(
        label=_("instalments"),
        coerce=int,
        help_text=_("All that are open: paid off early, with less interest."),
    )

    def __init__(self, *args: Any, installments: list[Installment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.TypedMultipleChoiceField, self.fields["numbers"])
        choices = [(one.number, _words_of(one)) for one in installments]
        field.choices = choices
        field.widget = UnfoldAdminCheckboxSelectMultipleWidget(choices=choices)
        field.initial = [one.number for one in installments[:1]]


class PlanActsMixin(BackOfficeAdmin[InstallmentPlan]):
    """The buttons of a plan's page. `makes_sense` says which its state offers; the verbs themselves still decide."""

    def makes_sense(self, act: str, plan: InstallmentPlan) -> bool:
        if act == "note-call":
            return plan.status != Status.CANCELLED
        if act == "cancel":
            return plan.status == Status.AWAITING
        if act == "waive":
            return plan.status == Status.ACTIVE
        if act == "move-due-date":
            return plan.is_live and bool(_movable(plan))
        return plan.is_live

    def has_act_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("orders.change_installmentplan"))

    def has_waive_permission(self, request: HttpRequest, object_id: object = None) -> bool:
        return bool(request.user.has_perm("orders.add_installmentevent"))

    @action(description=_("Remind now"), url_path="remind", icon="notifications", permissions=["act"])
    def remind(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Send the reminder of the instalment to be paid next."""
        plan = _plan(object_id)
        refusals: Refusals = {
            NothingToPay: lambda error: (None, gettext("Nothing is open, or there is no e-mail address.")),
            RemindedToday: lambda error: (None, gettext("A reminder was sent by hand today already.")),
        }
        installment = notices.first_open(plan)
        lead = gettext("%(email)s gets a mail about instalment %(words)s.") % {
            "email": plan.order.email or "—",
            "words": _words_of(installment) if installment else "—",
        }
        return self._act(
            request,
            plan,
            ConfirmForm(request.POST or None),
            scope="plan-remind",
            verb=lambda _data: notices.remind_now(plan, actor=actor(request)),
            refusals=refusals,
            done_words=gettext("The reminder is on its way."),
            title=gettext("Remind the buyer now?"),
            button=gettext("Send the reminder"),
            lead=lead,
        )

    @action(description=_("Payment link"), url_path="link", icon="link", permissions=["act"])
    def link(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make a bill of chosen instalments; its link stands on the plan's page, to be sent to the buyer."""
        plan = _plan(object_id)
        form = LinkForm(request.POST or None, installments=_open(plan))
        refusals: Refusals = {
            NothingToPay: lambda error: ("numbers", gettext("None of them is open any more."))
        }
        return self._act(
            request,
            plan,
            form,
            scope="plan-link",
            verb=lambda data: bills.ask(plan, numbers=data["numbers"], actor=actor(request)),
            refusals=refusals,
            done_words=gettext("The link stands below, under “Payment links”. Send it to the buyer."),
            title=gettext("Make a payment link"),
            button=gettext("Make the link"),
            lead=gettext("Whoever has the link can pay; it asks for what is owed today."),
        )

    @action(description=_("Move a due date"), url_path="move-due-date", icon="event", permissions=["act"])
    def move_due_date(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Move a due date for the buyer, by the rule that holds for the buyer."""
        plan = _plan(object_id)
        movable = _movable(plan)
        form = MoveForm(request.POST or None, installments=[one for one, _latest in movable])
        refusals: Refusals = {CannotMove: lambda error: ("to", _cannot_move(error))}
        until = "\n".join(
            gettext("%(number)s until %(day)s") % {"number": one, "day": _short(latest)}
            for one, latest in movable
        )
        return self._act(
            request,
            plan,
            form,
            scope="plan-move",
            verb=lambda data: moving.move_due_date(
                plan, number=data["number"], to=data["to"], actor=actor(request)
            ),
            refusals=refusals,
            done_words=gettext("The due date is moved."),
            title=gettext("Move a due date"),
            button=gettext("Move"),
            lead=gettext("Once for each plan, before it is due; the amount stays.") + "\n" + until,
        )

    @action(description=_("Waive"), url_path="waive", icon="money_off", permissions=["waive"])
    def waive(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Waive late interest or any amount of an instalment."""
        plan = _plan(object_id)
        installments = _open(plan)
        form = WaiveForm(request.POST or None, installments=installments)
        cast(MoneyField, form.fields["amount"]).use_currency(plan.currency)
        late = [one for one in installments if bills.late_open(one)]
        if late:
            form.fields["number"].initial = late[0].number
            form.fields["amount"].initial = bills.late_open(late[0])
        compare(form, plan, "waive")
        refusals: Refusals = {
            CannotWaive: lambda error: (
                "amount",
                gettext("At most %(most)s is open of it.") % {"most": money(error.most, plan.currency)},
            )
        }
        return self._act(
            request,
            plan,
            form,
            scope="plan-waive",
            verb=lambda data: waiving.waive(plan, **data, actor=actor(request)),
            refusals=refusals,
            done_words=gettext("It is waived."),
            title=gettext("Waive an amount"),
            button=gettext("Waive"),
            lead="\n".join(
                gettext("%(number)s: %(late)s of it is late interest")
                % {"number": one, "late": money(bills.late_open(one), plan.currency)}
                for one in late
            )
            or gettext("There is no late interest. What is waived is not owed any more, and nobody pays it."),
            is_danger=True,
        )

    @action(description=_("Cancel"), url_path="cancel", icon="block", permissions=["act"])
    def cancel(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Cancel a plan of which nothing was paid: the order ends, its units return to stock."""
        plan = _plan(object_id)
        form = ReasonForm(request.POST or None)
        compare(form, plan, "cancel")
        refusals: Refusals = {
            PaidMeanwhile: lambda error: (
                None,
                gettext("Something was paid, or it has ended. Goods come back by a return."),
            )
        }
        return self._act(
            request,
            plan,
            form,
            scope="plan-cancel",
            verb=lambda data: cancelling.cancel_by_staff(plan, reason=data["reason"], actor=actor(request)),
            refusals=refusals,
            done_words=gettext("The plan and its order are cancelled; the units are back in stock."),
            title=gettext("Cancel this plan and its order?"),
            button=gettext("Cancel the plan"),
            lead=_what_a_cancellation_does(plan),
            is_danger=True,
        )

    @action(description=_("Note a call"), url_path="note-call", icon="call", permissions=["act"])
    def note_call(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Note what was said with the buyer."""
        plan = _plan(object_id)
        return self._act(
            request,
            plan,
            CallForm(request.POST or None),
            scope="plan-call",
            verb=lambda data: calls.note_call(plan, note=data["note"], actor=actor(request)),
            refusals={},
            done_words=gettext("The call is noted."),
            title=gettext("Note a call"),
            button=gettext("Note"),
            lead=f"{plan.order.full_name} · {plan.order.phone or '—'}",
        )

    def _act(
        self,
        request: HttpRequest,
        plan: InstallmentPlan,
        form: VerbForm,
        *,
        scope: str,
        verb: Callable[[dict[str, Any]], object],
        refusals: Refusals,
        done_words: str,
        **page: Any,
    ) -> HttpResponse:
        """Show the form of an act, and do it once it is sent."""
        back = reverse("admin:orders_installmentplan_change", args=[plan.pk])
        if (
            request.method == "POST"
            and form.is_valid()
            and run_verb(request, form=form, scope=scope, verb=verb, refusals=refusals)
        ):
            return done(request, done_words, back)
        return form_page(request, self, form, subtitle=str(plan.order), back=back, **page)


def compare(form: VerbForm, plan: InstallmentPlan, act: str) -> None:
    """Have an act wait until what is open of the plan, and what of its order is out, was seen as it is.

    Locks the order, then the plan.
    """
    sums = columns(
        plan.installments.all(), "open_amount", "paid", "late", lock=lambda _keys: plan_state.lock(plan.pk)
    )

    def shown_rows(is_acting: bool) -> Mapping[str, object]:
        rows = sums(is_acting)
        return {**rows, **{str(one.line.pk): one.quantity for one in cancelling.units_back(plan.order)}}

    form.compare(f"plan-{act}:{plan.pk}", shown_rows, now=partial(_open_words, plan))


def _open_words(plan: InstallmentPlan) -> str:
    return ", ".join(f"{one}: {money(one.open_amount, plan.currency)}" for one in _open(plan)) or "—"


def _plan(key: object) -> InstallmentPlan:
    return row(InstallmentPlan.objects.select_related("order"), key)


def _open(plan: InstallmentPlan) -> list[Installment]:
    return list(plan.installments.filter(open_amount__gt=0).select_related("plan").order_by("number"))


def _movable(plan: InstallmentPlan) -> list[tuple[Installment, date]]:
    found = ((one, moving.latest_for(plan, one)) for one in _open(plan))
    return [(one, latest) for one, latest in found if latest is not None]


def _short(day: date) -> str:
    return str(date_format(day, "SHORT_DATE_FORMAT"))


def _cannot_move(error: CannotMove) -> str:
    if error.latest is None:
        return gettext("It cannot be moved any more.")
    return gettext("A later day than now, and %(day)s at the latest.") % {"day": _short(error.latest)}


def _what_a_cancellation_does(plan: InstallmentPlan) -> str:
    """Return in words what `cancelling.cancel` will do, line by line."""
    order: Order = plan.order
    lines = [
        gettext("%(units)d × %(sku)s back in stock") % {"units": one.quantity, "sku": one.line.sku}
        for one in cancelling.units_back(order)
    ]
    lines.append(
        gettext("%(sum)s is not owed any more")
        % {"sum": money(sum((one.open_amount for one in _open(plan)), Decimal(0)), plan.currency)}
    )
    if plan.bills.filter(status=InstallmentBill.Status.AWAITING).exists():
        lines.append(gettext("Somebody may be paying it now: money that still arrives goes back."))
    if order.email:
        lines.append(gettext("%(email)s gets a mail that says so") % {"email": order.email})
    return "\n".join(lines)
