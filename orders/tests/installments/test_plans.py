"""The life of a plan: placed at once, paid one by one or early, moved once, cancelled when the first stays unpaid."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import transaction
from django.utils import timezone

from orders import payables
from orders.checkout.issues import NotReady
from orders.fulfilment import holds
from orders.installments import bills, cancelling, limits, mails, moving, notices, placing
from orders.installments.bills import NothingToPay
from orders.installments.issues import FIRST_TOO_LATE
from orders.installments.limits import PlanRefused
from orders.installments.moving import CannotMove
from orders.installments.paying import NotOwedAnyMore
from orders.installments.quotes import QuoteOutdated
from orders.models import (
    Installment,
    InstallmentBill,
    InstallmentEvent,
    InstallmentPlan,
    Order,
    OrderHold,
)
from orders.returns.restocking import UnitsBack, origins, put_back
from orders.tests.factories import ACTOR, expire_cart, level_of, make_cart, make_order, make_user
from orders.tests.installments.clock import Clock
from orders.tests.installments.plans import (
    accept,
    ask,
    make_checkout,
    make_goods,
    make_offer,
    make_plan,
    pay,
    rows_of,
)
from shop.core.countries.business_days import next_business_day
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db
Status = InstallmentPlan.Status


def sums(plan: InstallmentPlan) -> list[tuple[str, str, str, str]]:
    return [(str(row.paid), str(row.waived), str(row.reduced), str(row.open_amount)) for row in rows_of(plan)]


def test_order_instalments_and_stock_at_once_and_nothing_is_sent():
    variant = make_goods()
    plan = make_plan(variant=variant)
    order = plan.order
    assert order.total == plan.total == Decimal("175.98")
    assert [str(row.amount) for row in rows_of(plan)] == ["58.66", "58.66", "58.66"]
    assert [(str(row.principal), str(row.interest)) for row in rows_of(plan)] == [("56.00", "2.66")] * 3
    assert level_of(variant.pk).on_hand == 9
    assert [hold.kind for hold in holds.holds_of(order)] == [OrderHold.Kind.INSTALLMENT]
    assert not holds.may_fulfil(order)
    assert plan.status == Status.AWAITING
    assert "CFTEA: 32,25" in plan.contract
    assert "58,66" in plan.contract
    kinds = EmailLog.objects.filter(trail=plan.trail).values_list("kind", flat=True)
    assert list(kinds) == ["installments_accepted"]


def test_the_interest_is_on_the_lines_of_the_order():
    plan = make_plan()
    assert [(row.kind, row.target, str(row.amount)) for row in plan.order.adjustments.all()] == [
        ("shipping", "shipping", "0.00"),
        ("financing", "line", "7.98"),
    ]


def test_accepting_twice_makes_one_plan():
    make_offer()
    session = make_checkout()
    plan = accept(session)
    assert accept(session, quote_id=plan.quote_id) == plan
    assert Order.objects.count() == 1


def test_what_is_not_accepted_or_was_changed_is_not_sold():
    make_offer()
    session = make_checkout()
    with pytest.raises(placing.NotAccepted):
        accept(session, accepts=False)
    with pytest.raises(QuoteOutdated):
        accept(session, quote_id="")
    with pytest.raises(QuoteOutdated):
        accept(session, user=make_user())
    assert not Order.objects.exists()
    session.refresh_from_db()
    assert session.quote_id is None


def test_goods_that_are_gone_are_not_sold():
    make_offer()
    variant = make_goods(units=1)
    session = make_checkout(variant=variant)
    expire_cart(session.cart)
    make_order(make_cart((variant, 1)))
    with pytest.raises(NotReady):
        accept(session)


def test_paid_one_by_one_on_their_days_the_sum_is_the_total(clock: Clock):
    plan = make_plan()
    for row in rows_of(plan):
        clock.go_to(row.due_date)
        bill = ask(plan, row.number)
        assert str(bill.amount) == "58.66"
        pay(bill)
    plan.refresh_from_db()
    assert plan.status == Status.PAID
    assert plan.settled_at
    assert sums(plan) == [("58.66", "0.00", "0.00", "0.00")] * 3


def test_the_first_payment_lets_the_order_go():
    plan = make_plan()
    pay(ask(plan, 1))
    plan.refresh_from_db()
    assert plan.status == Status.ACTIVE
    assert holds.holds_of(plan.order) == []
    assert holds.may_fulfil(plan.order)
    assert EmailLog.objects.filter(kind="installments_paid").count() == 1


def test_the_second_alone_does_not_let_it_go():
    plan = make_plan()
    pay(ask(plan, 2))
    plan.refresh_from_db()
    assert plan.status == Status.AWAITING
    assert not holds.may_fulfil(plan.order)


def test_paid_off_on_the_day_of_the_sale_it_costs_the_cash_price():
    plan = make_plan()
    bill = ask(plan)
    assert (bill.kind, str(bill.amount)) == ("payoff", "168.00")
    pay(bill)
    plan.refresh_from_db()
    assert plan.status == Status.PAID
    assert sums(plan) == [("56.00", "2.66", "0.00", "0.00")] * 3


def test_the_same_choice_is_the_same_bill_and_another_one_is_another():
    plan = make_plan()
    first = ask(plan, 1)
    assert ask(plan, 1) == first
    assert ask(plan, 1, 2) != first
    with pytest.raises(NothingToPay):
        ask(plan, 7)


def test_asked_for_in_full_an_early_payment_spares_no_interest_and_settles_all():
    plan = make_plan()
    full = bills.ask(plan, numbers={1}, actor=ACTOR, spares_interest=False)
    cheaper = bills.ask(plan, numbers={1}, actor=ACTOR)
    assert (full.amount, cheaper.amount < full.amount) == (Decimal("58.66"), True)
    assert bills.ask(plan, numbers={1}, actor=ACTOR, spares_interest=False) == full
    assert bills.is_of_today(full)
    late = InstallmentEvent(installment=rows_of(plan)[1], kind="late", amount=Decimal("1.50"), actor=ACTOR)
    late.save()
    assert bills.ask(plan, numbers={2}, actor=ACTOR, spares_interest=False).amount == Decimal("60.16")
    pay(full)
    first = rows_of(plan)[0]
    assert (first.paid, first.waived, first.open_amount) == (Decimal("58.66"), 0, 0)
    cheaper.refresh_from_db()
    assert cheaper.status == InstallmentBill.Status.ENDED


def test_what_was_settled_otherwise_is_not_booked_twice():
    plan = make_plan()
    one, everything = ask(plan, 1), ask(plan)
    pay(one)
    with pytest.raises(NotOwedAnyMore):
        pay(everything)
    assert sums(plan)[1:] == [("0.00", "0.00", "0.00", "58.66")] * 2
    everything.refresh_from_db()
    assert everything.status == InstallmentBill.Status.ENDED


def test_a_bill_is_booked_once():
    plan = make_plan()
    bill = ask(plan, 1)
    pay(bill)
    pay(bill)
    assert sums(plan)[0] == ("56.00", "2.66", "0.00", "0.00")


def test_an_accepted_payment_of_another_amount_settles_what_it_can():
    plan = make_plan()
    pay(ask(plan, 2), "60.00")
    assert [row[0] for row in sums(plan)] == ["1.34", "58.66", "0.00"]
    with pytest.raises(NotOwedAnyMore):
        pay(ask(plan), "1000.00")


def test_an_accepted_payment_of_all_that_it_costs_today_leaves_no_interest_that_nobody_can_pay():
    plan = make_plan()
    pay(ask(plan, 1, 2), "56.00")
    assert sums(plan)[0] == ("56.00", "2.66", "0.00", "0.00")
    plan.refresh_from_db()
    assert plan.status == Status.ACTIVE
    pay(ask(plan, 2), "55.00")
    assert str(ask(plan, 2).amount) == "1.00"


def test_a_payoff_that_comes_days_later_is_booked_without_what_it_cheaper():
    plan = make_plan()
    bill = ask(plan)
    pay(bill, paid_at=timezone.now() + timedelta(days=20))
    assert sum(Decimal(row[0]) for row in sums(plan)) == Decimal("168.00")
    assert sum(Decimal(row[3]) for row in sums(plan)) == Decimal("7.98")


def test_a_due_date_moves_once_and_not_too_far():
    plan = make_plan()
    first, second, _third = rows_of(plan)
    with pytest.raises(CannotMove) as refused, transaction.atomic():
        moving.move_due_date(plan, number=1, to=first.due_date + timedelta(days=16), actor="buyer")
    assert refused.value.latest == first.due_date + timedelta(days=15)
    with pytest.raises(CannotMove), transaction.atomic():
        moving.move_due_date(plan, number=1, to=first.due_date, actor="buyer")
    with transaction.atomic():
        moved = moving.move_due_date(plan, number=1, to=first.due_date + timedelta(days=10), actor="buyer")
    assert (moved.original_due_date, moved.amount) == (first.due_date, first.amount)
    with pytest.raises(CannotMove), transaction.atomic():
        moving.move_due_date(plan, number=2, to=second.due_date + timedelta(days=1), actor="buyer")


def test_when_the_first_is_never_paid_the_order_ends_and_the_units_return():
    variant = make_goods()
    plan = make_plan(variant=variant)
    bill = ask(plan, 1)
    assert cancelling.cancel_due() == {}
    InstallmentPlan.objects.update(pay_first_by=timezone.now() - timedelta(days=400))  # The database's clock.
    assert cancelling.cancel_due() == {"cancelled": 1}
    plan.refresh_from_db()
    plan.order.refresh_from_db()
    assert (plan.status, plan.order.status) == (Status.CANCELLED, Order.Status.CANCELLED)
    assert level_of(variant.pk).on_hand == 10
    assert [row[3] for row in sums(plan)] == ["0.00"] * 3
    with pytest.raises(NotOwedAnyMore):
        pay(bill)
    assert EmailLog.objects.filter(kind="installments_cancelled").count() == 1
    assert cancelling.cancel_due() == {}


def test_a_plan_that_somebody_is_paying_is_not_cancelled():
    plan = make_plan()
    bill = ask(plan, 1)
    InstallmentBill.objects.filter(pk=bill.pk).update(status="awaiting")
    InstallmentPlan.objects.update(pay_first_by=timezone.now() - timedelta(days=1))
    assert cancelling.cancel_due() == {}
    InstallmentBill.objects.filter(pk=bill.pk).update(expires_at=timezone.now() - timedelta(days=1))
    assert cancelling.cancel_due() == {"cancelled": 1}


def test_units_wait_for_no_payment_that_begins_long_after_the_time_to_pay_the_first():
    plan = make_plan()
    bill = ask(plan, 1)
    kind = payables.kind_of(bill.payable)
    InstallmentPlan.objects.update(pay_first_by=timezone.now() - timedelta(days=1))
    with transaction.atomic():
        kind.freeze(bill.payable, way="stripe", actor="shopper")
    InstallmentPlan.objects.update(pay_first_by=timezone.now() - timedelta(days=3))
    with pytest.raises(NotReady) as refused, transaction.atomic():
        kind.freeze(bill.payable, way="stripe", actor="shopper")
    assert refused.value.issues == [FIRST_TOO_LATE]


def test_reminders_before_on_and_after_the_day(clock: Clock, settings):
    settings.INSTALLMENT_REMIND_DAYS = [-3, 0, 4]
    plan = make_plan()
    row = rows_of(plan)[0]
    # Days after a due date that is a holiday are counted from the next business day.
    put_off = (next_business_day(row.due_date, "AR") - row.due_date).days
    seen = []
    for days in range(-5, put_off + 8):
        clock.go_to(row.due_date + timedelta(days=days))
        if notices.send_due():
            seen.append(days)
    assert seen == [-3, 0, put_off + 4]
    assert EmailLog.objects.filter(kind="installment_reminder").count() == 3
    assert "venció" in EmailLog.objects.filter(kind="installment_reminder").latest("created_at").text


def test_what_is_paid_is_not_reminded(clock: Clock):
    plan = make_plan()
    pay(ask(plan))
    clock.pass_days(40)
    assert notices.send_due() == {}


def test_limits_of_plans_and_of_what_is_owed(settings):
    buyer = make_user()
    make_offer()
    make_plan(buyer)
    settings.INSTALLMENT_MAX_EXPOSURE = Decimal("200.00")
    with pytest.raises(PlanRefused, match="200"):
        limits.check(buyer, Decimal("175.98"), "ARS")
    settings.INSTALLMENT_MAX_EXPOSURE = Decimal(0)
    settings.INSTALLMENT_MAX_PLANS = 1
    with pytest.raises(PlanRefused):
        accept(make_checkout(buyer))
    settings.INSTALLMENT_MAX_PLANS = 3
    settings.INSTALLMENT_SHOP_CEILING = Decimal("300.00")
    with pytest.raises(PlanRefused):
        accept(make_checkout(make_user()))
    settings.INSTALLMENT_SHOP_CEILING = Decimal(0)
    assert limits.exposure(buyer).amount == Decimal("175.98")
    assert limits.financed_in_a_year() == Decimal("168.00")


def test_who_is_overdue_begins_no_plan_until_it_is_paid(clock: Clock):
    buyer = make_user()
    plan = make_plan(buyer)
    pay(ask(plan, 1))
    clock.go_to(rows_of(plan)[1].due_date + timedelta(days=3))
    limits.check(buyer, Decimal(1), "ARS")  # Still within the days of grace.
    clock.pass_days(4)
    with pytest.raises(PlanRefused):
        limits.check(buyer, Decimal(1), "ARS")
    pay(ask(plan, 2))
    limits.check(buyer, Decimal(1), "ARS")


def test_an_event_is_never_changed_and_nothing_falls_below_zero():
    plan = make_plan()
    pay(ask(plan, 1))
    row = rows_of(plan)[0]
    event = row.events.first()
    assert event is not None
    with pytest.raises(Exception, match="Cannot"), transaction.atomic():
        event.save()
    with pytest.raises(Exception, match="installment_open_not_negative"), transaction.atomic():
        row.events.create(kind="paid", amount=Decimal("0.01"), actor="x")
    with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
        Installment.objects.filter(pk=row.pk).update(amount=Decimal(1))


def test_units_that_came_back_before_are_not_put_back_again():
    variant = make_goods()
    plan = make_plan(variant=variant, units=3)
    line = plan.order.lines.get()
    put_back(plan.order, [UnitsBack(line, origins(plan.order)[variant.pk], 1)], note="x", actor="x")
    InstallmentPlan.objects.update(pay_first_by=timezone.now() - timedelta(days=400))
    assert cancelling.cancel_due() == {"cancelled": 1}
    assert level_of(variant.pk).on_hand == 10


def test_a_plan_that_cannot_be_cancelled_keeps_back_no_other(monkeypatch: pytest.MonkeyPatch):
    make_offer()
    plans = [make_plan() for _ in range(3)]
    InstallmentPlan.objects.update(pay_first_by=timezone.now() - timedelta(days=400))
    real = mails.cancelled

    def fail(plan: InstallmentPlan) -> EmailLog:
        if plan.pk == plans[0].pk:
            raise RuntimeError("no template")
        return real(plan)

    monkeypatch.setattr(mails, "cancelled", fail)
    assert cancelling.cancel_due() == {"crashed": 1, "cancelled": 2}
    plans[0].order.refresh_from_db()
    assert plans[0].order.status == Order.Status.CONFIRMED, "nothing of it is half done"
