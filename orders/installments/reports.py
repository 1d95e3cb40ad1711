"""What the staff read of all plans together: what is overdue, whom to call, what differs from its promise."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    Min,
    OuterRef,
    Q,
    QuerySet,
    Subquery,
    Sum,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from orders.installments import calls, overdue
from orders.models import Installment, InstallmentBill, InstallmentPlan, InstallmentQuote
from shop.core.models import EmailLog
from shop.core.money import ZERO, display

# By the days since the due date of what is overdue; what is within its days of grace is not.
AGES: Final[dict[str, str | Promise]] = {
    "current": _("Not overdue"),
    "1-30": _("1 to 30 days"),
    "31-60": _("31 to 60 days"),
    "61-90": _("61 to 90 days"),
    "90+": _("More than 90 days"),
}
_ROWS_OF_A_FILE: Final = 1000


@dataclass(frozen=True, slots=True)
class Age:
    """What is open and of one age: how many instalments, of how many plans, and their sum."""

    key: str
    label: str | Promise
    installments: int
    plans: int
    amount: Decimal


def _aged(today: date) -> "QuerySet[Any]":
    """Return what is open of live plans, each instalment with its `age`."""
    whens = [
        When(due_date__gte=today - timedelta(days=days), then=Value(key))
        for key, days in (("1-30", 30), ("31-60", 60), ("61-90", 90))
    ]
    rows: QuerySet[Any] = Installment.objects.filter(plan__status__in=InstallmentPlan.LIVE, open_amount__gt=0)
    found: QuerySet[Any] = rows.annotate(
        age=Case(
            When(~overdue.condition(today), then=Value("current")),
            *whens,
            default=Value("90+"),
            output_field=CharField(),
        )
    )
    return found


def aging(today: date | None = None) -> list[Age]:
    """Return what is open by its age (one query, however much it is)."""
    rows = _aged(today or timezone.localdate()).order_by().values("age")
    sums = rows.annotate(number=Count("pk"), plans=Count("plan", distinct=True), sum=Sum("open_amount"))
    found = {row["age"]: row for row in sums}
    empty: dict[str, Any] = {"number": 0, "plans": 0, "sum": ZERO}
    return [
        Age(key, label, *(found.get(key, empty)[name] for name in ("number", "plans", "sum")))
        for key, label in AGES.items()
    ]


def aging_rows() -> Iterator[tuple[object, ...]]:
    """Yield every open instalment: order, e-mail, phone, number, due date, days, open, currency, age.

    A batch is in memory at a time.
    """
    today, last = timezone.localdate(), None
    while True:
        rows = _aged(today).order_by("pk")
        batch = list(
            (rows.filter(pk__gt=last) if last else rows).values_list(
                "pk",
                "plan__order__number",
                "plan__order__email",
                "plan__order__phone",
                "number",
                "due_date",
                "open_amount",
                "plan__currency",
                "age",
            )[:_ROWS_OF_A_FILE]
        )
        for _pk, order, email, phone, number, due, amount, currency, age in batch:
            yield order, email, phone, number, due, max((today - due).days, 0), amount, currency, AGES[age]
        if len(batch) < _ROWS_OF_A_FILE:
            return
        last = batch[-1][0]


def with_position(plans: "QuerySet[InstallmentPlan]") -> "QuerySet[Any]":
    """Return plans with `open_sum`, `next_due`, `overdue_sum` and `overdue_since` (None: nothing is overdue)."""
    mine = Installment.objects.filter(plan=OuterRef("pk"), open_amount__gt=0).order_by().values("plan")
    late = mine.filter(overdue.condition())
    return plans.annotate(
        open_sum=Coalesce(Subquery(mine.annotate(sum=Sum("open_amount")).values("sum")), ZERO),
        next_due=Subquery(mine.annotate(first=Min("due_date")).values("first")),
        overdue_sum=Subquery(late.annotate(sum=Sum("open_amount")).values("sum")),
        overdue_since=Subquery(late.annotate(first=Min("due_date")).values("first")),
    )


def to_call() -> "QuerySet[Any]":
    """Return the plans with something overdue, the longest overdue first, with what was written and said last.

    `overdue_sum`, `overdue_since`, `reminded_at`, `called_at`, `call_note`; and the order.
    """
    mails = EmailLog.objects.filter(kind="installment_reminder", trail=OuterRef("order__checkout_id"))
    noted = calls.of_plan(OuterRef("pk"))
    late = Installment.objects.filter(overdue.condition(), plan=OuterRef("pk"))
    plans = InstallmentPlan.objects.filter(Exists(late), status__in=InstallmentPlan.LIVE)
    found: QuerySet[Any] = (
        with_position(plans)
        .annotate(
            reminded_at=Subquery(mails.order_by("-created_at").values("created_at")[:1]),
            called_at=Subquery(noted.values("occurred_at")[:1]),
            call_note=Subquery(noted.values("reason")[:1]),
        )
        .select_related("order")
        .order_by("overdue_since", "pk")
    )
    return found


@dataclass(frozen=True, slots=True)
class Difference:
    """Something of a plan that is not as it was promised: what, what was promised, and what is."""

    plan_id: UUID
    order: str
    what: str | Promise
    promised: str
    is_now: str
    at: datetime


def differences(*, limit: int = 200) -> list[Difference]:
    """Return where quote, plan and charge differ, newest first; at most `limit` of each kind (two queries)."""
    found = [*_other_terms(limit), *_other_charges(limit)]
    return sorted(found, key=lambda one: one.at, reverse=True)


def _other_terms(limit: int) -> Iterator[Difference]:
    """Yield the plans whose instalments are not those of the quote that was shown."""
    mine = Installment.objects.filter(plan=OuterRef("pk")).order_by("number")
    plans: QuerySet[Any] = InstallmentPlan.objects.annotate(
        amounts_now=ArraySubquery(mine.values("amount")),
        days_now=ArraySubquery(mine.values("original_due_date")),
    )
    other = (
        ~Q(quote__amounts=F("amounts_now"))
        | ~Q(quote__due_dates=F("days_now"))
        | ~Q(quote__total=F("total"))
        | ~Q(quote__base=F("base"))
        | ~Q(quote__rate=F("rate"))
    )
    rows = plans.filter(other).select_related("order", "quote").order_by("-accepted_at")
    for plan in rows[:limit]:
        quote = plan.quote
        yield Difference(
            plan.pk,
            str(plan.order),
            _("Shown and accepted differ"),
            _terms(quote, quote.amounts),
            _terms(plan, plan.amounts_now),
            plan.accepted_at,
        )


def _terms(terms: InstallmentQuote | InstallmentPlan, amounts: Sequence[Decimal]) -> str:
    parts = " + ".join(display(amount, terms.currency) for amount in amounts)
    return f"{display(terms.total, terms.currency)} = {parts}; {terms.rate_name} {terms.shown_rate}"


def _other_charges(limit: int) -> Iterator[Difference]:
    """Yield the bills of which another amount was booked than they ask for."""
    # Payments are above orders in the import order: they are reached through the reverse relations.
    bills: QuerySet[Any] = InstallmentBill.objects.filter(status=InstallmentBill.Status.PAID).annotate(
        charged=Coalesce(
            Sum(
                "payable__attempts__payments__amount",
                filter=Q(payable__attempts__payments__role="order"),
            ),
            ZERO,
        )
    )
    rows = bills.exclude(charged=F("amount")).select_related("plan__order").order_by("-paid_at")
    for bill in rows[:limit]:
        yield Difference(
            bill.plan_id,
            str(bill.plan.order),
            _("Asked and charged differ"),
            display(bill.amount, bill.currency),
            display(bill.charged, bill.currency),
            bill.paid_at or bill.updated_at,
        )
