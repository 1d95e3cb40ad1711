"""Plans of instalments in the back office: read, with their story, what is open, and the acts that are next."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from django.conf import settings
from django.contrib import admin
from django.db.models import Exists, OuterRef, Prefetch, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, reverse
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from unfold.contrib.filters.admin import ChoicesDropdownFilter
from unfold.decorators import display

from orders.admin.installments import report_pages
from orders.admin.installments.acts import PlanActsMixin
from orders.installments import bills, calls, late_interest, limits, overdue, reports
from orders.models import Installment, InstallmentBill, InstallmentBillLine, InstallmentEvent, InstallmentPlan
from shop.core.audit import labels, timeline
from shop.core.backoffice.base import HistoryAdmin
from shop.core.money import ZERO
from shop.core.money import display as money
from shop.core.templatetags.rates import percent

Status = InstallmentPlan.Status
Kind = InstallmentEvent.Kind
_TONES = {Kind.PAID: "ok", Kind.REVERSED: "error", Kind.LATE: "warn", Kind.WAIVED: "warn"}


class DueFilter(admin.SimpleListFilter):
    """Plans by what is due of them."""

    title = _("due")
    parameter_name = "due"

    def lookups(self, request: HttpRequest, model_admin: object) -> list[tuple[str, StrOrPromise]]:
        return [
            ("overdue", _("overdue")),
            ("week", _("due within a week")),
            ("first", _("first instalment not paid")),
        ]

    def queryset(
        self, request: HttpRequest, queryset: QuerySet[InstallmentPlan]
    ) -> QuerySet[InstallmentPlan] | None:
        mine = Installment.objects.filter(plan=OuterRef("pk"), open_amount__gt=0)
        live = queryset.filter(status__in=InstallmentPlan.LIVE)
        if self.value() == "overdue":
            return live.filter(Exists(mine.filter(overdue.condition())))
        if self.value() == "week":
            today = timezone.localdate()
            week = (today, today + timedelta(days=7))
            return live.filter(Exists(mine.filter(due_date__range=week)))
        if self.value() == "first":
            return queryset.filter(status=Status.AWAITING)
        return None


@dataclass(frozen=True, slots=True)
class OpenRow:
    """An instalment of the page: what is open of it today, and whether it is overdue."""

    installment: Installment
    today: Decimal
    waived_now: Decimal
    late_open: Decimal
    is_overdue: bool


@admin.register(InstallmentPlan)
class InstallmentPlanAdmin(PlanActsMixin, HistoryAdmin[InstallmentPlan]):
    """Plans are made by accepting a quote only; here they are read, and acts lead to their verbs."""

    list_display = [
        "order_label",
        "status_label",
        "buyer",
        "number",
        "open_label",
        "due_label",
        "overdue_label",
        "sold_on",
    ]
    list_display_links = ["order_label"]
    list_filter = [("status", ChoicesDropdownFilter), DueFilter, "count", "sold_on"]
    list_select_related = ["order"]
    search_fields = [
        "order__number",
        "order__email",
        "order__first_name",
        "order__last_name",
        "order__phone",
        "order__document_number",
        "user__email",
        "installments__public_number",
    ]
    date_hierarchy = "sold_on"
    actions_detail = ["remind", "link", "move_due_date", "note_call", "waive", "cancel"]
    actions_list = ["to_call", "aging", "differences"]
    fields = [("accepted_at", "sold_on"), ("pay_first_by", "settled_at")]
    change_form_outer_before_template = "admin/orders/installmentplan/page.html"
    change_form_outer_after_template = "admin/orders/installmentplan/contract.html"

    to_call = report_pages.to_call
    aging = report_pages.aging
    differences = report_pages.differences

    def get_urls(self) -> list[URLPattern]:
        return [*report_pages.files(self), *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> QuerySet[InstallmentPlan]:
        found: QuerySet[InstallmentPlan] = super().get_queryset(request)
        if getattr(request.resolver_match, "url_name", "") == "orders_installmentplan_changelist":
            return reports.with_position(found)
        return found.select_related("order")

    def hit(self, obj: InstallmentPlan) -> tuple[str, str]:
        return f"{obj.order} · {obj.order.full_name or obj.order.email}", gettext("instalment plan")

    @display(description=_("order"), ordering="order__number")
    def order_label(self, plan: InstallmentPlan) -> str:
        return str(plan.order)

    @display(
        description=_("status"),
        ordering="status",
        label={
            Status.AWAITING: "warning",
            Status.ACTIVE: "info",
            Status.PAID: "success",
            Status.CANCELLED: "default",
        },
    )
    def status_label(self, plan: InstallmentPlan) -> tuple[str, str]:
        return plan.status, plan.get_status_display()

    @display(description=_("buyer"), ordering="order__last_name")
    def buyer(self, plan: InstallmentPlan) -> str:
        order = plan.order
        return format_html('{} <span class="bo-under">{}</span>', order.full_name or "—", order.email)

    @display(description=_("instalments"), ordering="count")
    def number(self, plan: InstallmentPlan) -> int:
        return plan.count

    @display(description=_("still open"), ordering="open_sum")
    def open_label(self, plan: Any) -> str:
        return money(plan.open_sum, plan.currency) if plan.open_sum else "—"

    @display(description=_("next due date"), ordering="next_due")
    def due_label(self, plan: Any) -> str:
        return date_format(plan.next_due, "SHORT_DATE_FORMAT") if plan.next_due and plan.is_live else "—"

    @display(description=_("overdue"), ordering="overdue_since", label={"late": "danger", "no": "default"})
    def overdue_label(self, plan: Any) -> tuple[str, str]:
        if not plan.overdue_since:
            return "no", "—"
        days = (timezone.localdate() - plan.overdue_since).days
        amount = money(plan.overdue_sum, plan.currency)
        return "late", gettext("%(amount)s, %(days)d days") % {"amount": amount, "days": days}

    def page_context(self, request: HttpRequest, key: UUID) -> dict[str, object]:
        """Return the plan with its story (a fixed number of queries, however long it is)."""
        return _page(key)


def _page(key: UUID) -> dict[str, Any]:
    lines = Prefetch("lines", InstallmentBillLine.objects.select_related("installment"))
    plan = (
        InstallmentPlan.objects.select_related("order", "user", "quote__offer")
        .prefetch_related("installments", Prefetch("bills", InstallmentBill.objects.prefetch_related(lines)))
        .filter(pk=key)
        .first()
    )
    if plan is None:
        return {}
    installments = sorted(plan.installments.all(), key=lambda one: one.number)
    for one in installments:
        one.plan = plan
    today = timezone.localdate()
    payoff = bills.payoff_on(plan, installments, today) if plan.is_live else None
    late = sum((bills.late_open(one) for one in installments), ZERO)
    policy = late_interest.policy_of(plan)
    return {
        "plan": plan,
        "order": plan.order,
        "subtitle": str(plan.order),
        "rows": _rows(plan, installments, payoff),
        "open": sum((one.open_amount for one in installments), ZERO),
        "overdue": sum((one.open_amount for one in installments if bills.is_overdue(plan, one)), ZERO),
        "late": late,
        "late_rate": policy.monthly_rate,
        "tna": _in_percent(plan.tna),
        "tea": _in_percent(plan.tea),
        "payoff": payoff.total + late if payoff else ZERO,
        "waived_now": payoff.waived if payoff else ZERO,
        "balance": payoff.actuarial_balance if payoff else ZERO,
        "links": [_link(bill) for bill in plan.bills.all()],
        "refusal": limits.refusal(plan.user) if plan.user else "",
        "last_call": calls.of_plan(plan.pk).first(),
        "entries": timeline.tell(timeline.Subject(trail=plan.trail, order_id=plan.order_id)),
    }


def _in_percent(rate: Decimal) -> str:
    return percent((rate * 100).quantize(Decimal("0.01"), ROUND_HALF_UP))


def _rows(plan: InstallmentPlan, installments: list[Installment], payoff: Any) -> list[OpenRow]:
    lines = {line.number: line for line in payoff.lines} if payoff else {}
    return [
        OpenRow(
            one,
            (lines[one.number].paid if one.number in lines else ZERO) + bills.late_open(one),
            lines[one.number].waived if one.number in lines else ZERO,
            bills.late_open(one),
            bills.is_overdue(plan, one),
        )
        for one in installments
    ]


def _link(bill: InstallmentBill) -> dict[str, Any]:
    """Return a bill with what it asks for; its address while it can be paid."""
    address = settings.SITE_URL + reverse("orders:installments_bill", args=[bill.token])
    is_payable = bill.is_live and (bill.expires_at > timezone.now() or not _spares(bill))
    numbers = ", ".join(str(line.installment.number) for line in bill.lines.all())
    return {"bill": bill, "numbers": numbers, "url": address if is_payable else ""}


def _spares(bill: InstallmentBill) -> bool:
    return any(line.waived for line in bill.lines.all())


def _entries(subject: timeline.Subject) -> "Iterator[timeline.TimelineEntry]":
    """Yield what happened to the instalments of a purchase; late interest, booked every day, in one line for each."""
    events = InstallmentEvent.objects.filter(installment__plan__order__checkout_id=subject.trail)
    late: dict[UUID, list[InstallmentEvent]] = defaultdict(list)
    for event in events.select_related("installment__plan"):
        if event.kind == Kind.LATE:
            late[event.installment_id].append(event)
        else:
            yield _entry(event, event.amount)
    for booked in late.values():
        yield _entry(booked[-1], sum((one.amount for one in booked), ZERO))


def _entry(event: InstallmentEvent, amount: Decimal) -> "timeline.TimelineEntry":
    plan = event.installment.plan
    words = [event.get_kind_display(), money(amount, plan.currency) if amount else ""]
    is_note = event.kind in {Kind.MOVED, Kind.WAIVED, Kind.REDUCED} and not _is_key(event.note)
    return timeline.TimelineEntry(
        at=event.created_at,
        kind=gettext("instalment"),
        title=f"{event.installment}: {' '.join(filter(None, words))}",
        detail=_note(event) if is_note else "",
        actor=event.actor,
        url=timeline.link("orders_installmentplan", plan.pk),
        tone=_TONES.get(Kind(event.kind), ""),
    )


def _note(event: InstallmentEvent) -> str:
    """Return an event's note; of a due date that was moved, both days as people write them."""
    days = [parse_date(part) for part in event.note.split(" → ")] if event.kind == Kind.MOVED else []
    if days and all(days):
        return " → ".join(date_format(day, "SHORT_DATE_FORMAT") for day in days if day)
    return labels.reason(event.note)


def _is_key(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


timeline.contribute("installments", _entries)
