"""What counts as a sale, and on which day: entries, sums of days, lines and report rows, from orders of every kind."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.conf import settings
from django.db.models import F, Sum
from django.utils import timezone

from inventory.checks import runner
from orders.installments import cancelling
from orders.models import Order, Reimbursement
from orders.tests.factories import make_order
from payments.models import Dispute, Payment, Refund
from payments.refunds import plan_returns
from payments.refunds.plan_returns import Choice
from payments.tests.plans import pay_part
from shop.reports import checkouts, invariants, pending, products, rebuilding, sales
from shop.reports.models import (
    CheckoutDay,
    ProductDay,
    ProductPeriod,
    Report,
    ReportChange,
    SalesDay,
    SalesEntry,
    SoldLine,
)
from shop.reports.periods import Period
from shop.reports.tests.sold import Shop, count, make_shop, noon, paid, refund

pytestmark = pytest.mark.django_db
UNIT, SHIPPING = Decimal("84900.00"), Decimal("6500.00")


@pytest.fixture(scope="module")
def shop(shared_rows: Callable[[], AbstractContextManager[None]]) -> Iterator[Shop]:
    """Sell one order of each kind, today."""
    with shared_rows():
        yield make_shop()


def today(currency: str = "ARS") -> sales.Sums:
    day = timezone.localdate()
    return sales.of_period(Period(day, day), currency=currency).sums


def kept(order: Order) -> Decimal:
    return Decimal(SalesEntry.objects.filter(order=order).aggregate(sum=Sum("amount"))["sum"])


def broken() -> list[str]:
    return [str(one) for rule in runner.rules() if "reports" in rule.code for one in runner._broken(rule, 9)]


def snapshot() -> list[list[object]]:
    return [
        sorted(
            model.objects.values_list(
                *[f.attname for f in model._meta.concrete_fields if f.name not in {"id", "updated_at"}]
            ),
            key=str,
        )
        for model in (SalesEntry, SoldLine, SalesDay, ProductDay, ProductPeriod, CheckoutDay, Report)
    ]


def test_every_order_counts_once_for_what_it_brought_less_what_went_back(shop: Shop):
    sums = today()
    one, two = UNIT + SHIPPING, 2 * UNIT  # Two units travel free of charge.
    # plain, part (two units), whole, taken, owed, less (90,000 accepted), abroad (paid in dollars), the plan.
    assert sums.orders == 8
    assert sums.gross == 5 * one + two + Decimal("90000.00") + shop.plan.total
    assert sums.returned == UNIT + one + one + 500 + one / 2
    assert sums.interest_after == Decimal("-1.00")
    assert sums.net == sums.gross - sums.returned - 1 == sums.kept
    assert (sums.undone, sums.units, sums.units_returned) == (2, 11, 3)
    assert sums.shipping == 6 * SHIPPING
    assert sums.interest == shop.plan.interest
    assert sums.other == Decimal("90000.00") - one
    assert sums.gross == sums.goods + sums.discounts + sums.shipping + sums.taxes + sums.interest + sums.other
    assert (today("USD").orders, today("USD").gross) == (1, one)
    for payment in (shop.plain, shop.part, shop.whole, shop.taken, shop.owed, shop.less):
        assert payment.order
        assert kept(payment.order) == payment.amount - payment.order.money.returned
    assert not SalesEntry.objects.filter(order=shop.awaiting.order_id).exists()
    assert not broken()


def test_lines_and_products_add_up_with_what_is_of_no_line(shop: Shop):
    day = timezone.localdate()
    for by in products.BY:
        found = products.best(Period(day, day), by=by)
        assert sum(row.units for row in found.rows) == 11
        assert sum(row.kept for row in found.rows) == found.amount
    lines = {line.order_id: line for line in SoldLine.objects.exclude(order=shop.plan.order_id)}
    assert (lines[shop.part.order_id].units_returned, lines[shop.part.order_id].returned) == (1, UNIT)
    for gone in (shop.whole, shop.taken):
        assert (lines[gone.order_id].units_returned, lines[gone.order_id].returned) == (1, UNIT)
    # 500 of a mere sum: the line has its part of it, the shipping the rest.
    assert lines[shop.owed.order_id].returned == (500 * UNIT / (UNIT + SHIPPING)).quantize(Decimal("0.01"))
    assert lines[shop.owed.order_id].units_returned == 0
    of_plan = SoldLine.objects.filter(order=shop.plan.order_id).aggregate(sum=Sum("amount"))["sum"]
    assert of_plan == shop.plan.total


def test_counting_again_changes_nothing_and_one_who_counts_everything_finds_the_same(shop: Shop):
    before = snapshot()
    ReportChange.objects.bulk_create(
        ReportChange(order_id=order) for order in Order.objects.values_list("pk", flat=True)
    )
    count()
    assert snapshot() == before
    SalesEntry.objects.all().delete()
    SalesDay.objects.update(gross=1)
    assert broken()
    rebuilding.begin_again()
    assert all(
        "days" in words for words in broken()
    )  # Of orders nothing is said until the job has counted them.
    count()
    assert snapshot() == before
    assert not broken()
    assert pending.now().since is None


def test_a_run_that_ends_half_way_leaves_everything_as_it_was(shop: Shop, monkeypatch: pytest.MonkeyPatch):
    before = snapshot()
    refund(shop.plain, "100.00")
    assert pending.now().since is not None
    monkeypatch.setattr(rebuilding, "write_days", lambda days: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        count()
    assert snapshot() == before
    assert ReportChange.objects.exists()
    monkeypatch.undo()
    count()
    assert today().returned == UNIT + 2 * (UNIT + SHIPPING) + 500 + (UNIT + SHIPPING) / 2 + 100


def test_a_refund_counts_on_its_own_day_and_one_that_fails_later_is_taken_back_there(shop: Shop):
    day = timezone.localdate() - timedelta(days=3)
    payment = paid(at=noon(days=9))
    row = refund(payment, payment.amount, at=noon(days=3))
    count()
    found = sales.of_period(Period(day - timedelta(days=6), day))
    assert [(part.sums.gross, part.sums.returned) for part in found.parts] == [
        (payment.amount, 0),
        *[(0, 0)] * 5,
        (0, payment.amount),
    ]
    assert (found.sums.orders, found.sums.undone, found.sums.net, found.sums.kept) == (1, 1, 0, 0)
    assert not products.best(Period(day - timedelta(days=6), day)).amount
    Refund.objects.filter(pk=row.pk).update(status="failed")
    count()
    again = sales.of_period(Period(day - timedelta(days=6), day))
    assert (again.sums.undone, again.sums.net, again.sums.kept) == (0, payment.amount, payment.amount)
    assert not SalesDay.objects.filter(day=day).exists()
    assert not broken()


def test_a_late_payment_counts_on_the_day_on_which_it_was_made(shop: Shop):
    before = today()
    payment = paid(at=noon(days=40))
    count()
    assert today() == before
    day = timezone.localdate() - timedelta(days=40)
    rows = Report.objects.filter(report_date__lte=day).order_by("report_date")
    assert {row.report_type for row in rows} == {"daily", "weekly", "monthly"}
    assert {(row.total_sales, row.total_orders) for row in rows} == {(payment.amount, 1)}


def test_midnight_is_the_shops_own_and_a_day_of_changed_clocks_is_one_day(shop: Shop, settings):
    """Chile's clocks skip the midnight of 6 September 2026: that day begins at 1:00, 4:00 UTC."""
    settings.TIME_ZONE = "America/Santiago"
    last, first = (datetime.fromisoformat(f"2026-09-06T0{at}Z") for at in ("3:59:59", "4:00:00"))
    payments = [paid(at=last), paid(at=first)]
    count()
    days = [SalesEntry.objects.get(order=payment.order_id).day.day for payment in payments]
    assert days == [5, 6]


def test_what_happens_to_a_plan_is_followed_and_what_was_never_paid_never_was(shop: Shop):
    before = today()
    cancelling.cancel_by_staff(shop.awaiting, actor="test", reason="x")
    count()
    assert today() == before
    pay_part(shop.plan, 2)
    plan_returns.give_back(
        shop.plan.order, Choice(is_everything=True), reason="x", dedupe_key="y", expected=None, actor="test"
    )
    count()
    # A waived pound of interest was taken off before: it does not go back.
    assert today().returned - before.returned == shop.plan.total - 1
    assert (kept(shop.plan.order), today().undone) == (0, before.undone + 1)
    assert not broken()


def test_today_is_exact_before_anything_is_counted(shop: Shop):
    day, before = timezone.localdate(), today()
    payment = paid()
    refund(shop.plain, "100.00")
    live = sales.live(day)
    assert (live.orders, live.gross) == (before.orders + 1, before.gross + payment.amount)
    assert (live.returned, live.is_exact) == (before.returned + 100, True)
    count()
    assert (today().gross, today().returned, today().net) == (live.gross, live.returned, live.net)
    assert sales.live(day) == live


def test_checkouts_are_counted_by_state_and_where_they_ended(shop: Shop):
    day = timezone.localdate()
    now, then = checkouts.of_periods(Period(day, day))
    assert (now.processed, now.expired, then.number) == (Order.objects.count(), 0, 0)
    order = make_order()
    session = order.checkout
    for email, shipping, step in (
        ("", "", "contact"),
        ("a@b.co", "", "delivery"),
        ("a@b.co", "x", "payment"),
    ):
        session.__class__.objects.filter(pk=session.pk).update(
            status="cancelled", email=email, shipping_name=shipping
        )
        checkouts.write_days([day])
        assert checkouts.of_periods(Period(day, day))[0].steps == {step: 1}
    assert checkouts.of_periods(Period(day, day))[0].conversion == (
        Decimal(100) * now.processed / (now.processed + 1)
    ).quantize(Decimal("0.1"))


def test_every_change_of_an_orders_money_is_noted_and_counted(shop: Shop):
    """Each of these may come long after the order was counted, from any part of the shop."""
    refunded = refund(shop.plain, "1.00")
    dispute = Dispute.objects.create(
        payment=shop.plain,
        gateway="mercadopago",
        external_id="d-1",
        status="needs_response",
        amount=shop.plain.amount,
        currency="ARS",
        opened_at=noon(5),
        fetched_at=noon(5),
    )
    plain, part = Payment.objects.filter(pk=shop.plain.pk), shop.plan.installments.get(number=2)
    count()
    changes: list[Callable[[], object]] = [
        lambda: Refund.objects.filter(pk=refunded.pk).update(status="failed"),
        lambda: plain.update(charged_back_amount=shop.plain.amount),
        lambda: Dispute.objects.filter(pk=dispute.pk).update(status="lost", closed_at=noon(4)),
        lambda: plain.update(charged_back_amount=0, refunded_amount="2.00"),
        lambda: Reimbursement.objects.update(status="failed"),
        lambda: Order.objects.filter(pk=shop.plain.order_id).update(placed_at=noon(2)),
        lambda: part.events.create(kind="waived", amount=Decimal(1), actor="test"),
        lambda: pay_part(shop.awaiting, 1),
        lambda: Order.objects.filter(pk=shop.less.order_id).update(status="cancelled"),
        lambda: plain.update(amount=shop.plain.amount - 5),
    ]
    for number, change in enumerate(changes):
        change()
        assert ReportChange.objects.exists(), number
        count()
        assert not broken(), number
    entry = SalesEntry.objects.get(order=shop.plain.order_id, kind="sale")
    assert (entry.day, entry.amount) == (timezone.localdate() - timedelta(days=2), shop.plain.amount - 5)
    assert SalesEntry.objects.filter(order=shop.awaiting.order_id).exists()


def test_a_lost_dispute_counts_on_the_day_on_which_it_ended(shop: Shop):
    before = today()
    Dispute.objects.create(
        payment=shop.plain,
        gateway="mercadopago",
        external_id="d-2",
        status="lost",
        amount=shop.plain.amount,
        currency="ARS",
        opened_at=noon(9),
        closed_at=noon(4),
        fetched_at=noon(4),
    )
    Payment.objects.filter(pk=shop.plain.pk).update(charged_back_amount=shop.plain.amount)
    count()
    assert today().returned == before.returned
    day = timezone.localdate() - timedelta(days=4)
    assert sales.of_period(Period(day, day)).sums.returned == shop.plain.amount


def test_rows_changed_by_hand_are_found(shop: Shop):
    Payment.objects.filter(pk=shop.plain.pk).update(amount=F("amount") + 1)
    ReportChange.objects.all().delete()  # As where triggers are off.
    assert [words.partition(":")[0] for words in broken()] == ["the reports count every order once"]
    ProductDay.objects.update(units=F("units") + 1)
    assert len(broken()) >= 2
    assert settings.TIME_ZONE in invariants._entries()
