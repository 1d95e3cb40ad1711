"""What jobs do with instalments: late interest once a day, reminders in batches, bills that ended, old quotes."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from orders import retention
from orders.installments import bills, late_interest, mails, notices, overdue, quotes, waiving
from orders.models import Installment, InstallmentBill, InstallmentEvent, InstallmentPlan, InstallmentQuote
from orders.tests.installments.clock import Clock
from orders.tests.installments.plans import ask, make_checkout, make_offer, make_plan, pay, rows_of
from shop.core import countries
from shop.core.installments import late
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db
AR = countries.get("AR")


def active_plan(**terms: Any) -> InstallmentPlan:
    """Sell three of 58.66 and pay the first."""
    make_offer(**terms)
    plan = make_plan()
    pay(ask(plan, 1))
    plan.refresh_from_db()
    return plan


def charged(plan: InstallmentPlan) -> list[str]:
    return [str(row.late) for row in rows_of(plan)]


def test_by_default_lateness_costs_nothing(clock: Clock):
    plan = active_plan()
    clock.go_to(rows_of(plan)[2].due_date + timedelta(days=60))
    assert late_interest.charge_due() == {}
    assert charged(plan) == ["0.00"] * 3


def test_late_interest_is_booked_once_a_day_and_makes_good_the_days_that_were_missed(clock: Clock):
    plan = active_plan(late_monthly_rate=Decimal("0.03"))
    second = rows_of(plan)[1]
    first = late.late_from(second.due_date, AR, grace_days=3)
    clock.go_to(first - timedelta(days=1))
    assert late_interest.charge_due() == {}
    clock.pass_days(1)
    assert late_interest.charge_due() == {"charged": 1}
    assert charged(plan) == ["0.00", "0.06", "0.00"]  # 56.00 × 3 % / 30
    assert late_interest.charge_due() == {}
    assert late_interest.charge(plan.pk, actor="again") == "nothing to charge"
    clock.pass_days(9)
    late_interest.charge_due()
    assert charged(plan)[1] == "0.56"
    pay(ask(plan, 2), "28.56")  # Principal first; then what is left bears less.
    clock.pass_days(10)
    late_interest.charge_due()
    assert charged(plan)[1] == "0.84"


def test_late_interest_that_is_booked_while_a_voucher_is_out_does_not_send_its_money_back(clock: Clock):
    plan = active_plan(late_monthly_rate=Decimal("0.03"))
    clock.go_to(rows_of(plan)[1].due_date + timedelta(days=10))
    late_interest.charge_due()
    bill = ask(plan, 2)
    clock.pass_days(2)
    late_interest.charge_due()
    pay(bill)
    assert [str(row.paid) for row in rows_of(plan)] == ["56.00", str(bill.amount), "0.00"]
    assert rows_of(plan)[1].open_amount == rows_of(plan)[1].late - (bill.amount - rows_of(plan)[1].amount) > 0


def test_late_interest_that_was_waived_or_fell_with_its_instalment_breaks_no_page(clock: Clock):
    plan = active_plan(late_monthly_rate=Decimal("0.03"))
    clock.go_to(rows_of(plan)[2].due_date + timedelta(days=10))
    late_interest.charge_due()
    _first, second, third = rows_of(plan)
    assert second.late
    assert third.late
    waiving.waive(plan, number=2, amount=second.open_amount, reason="kindness", actor="staff")
    page = reverse("orders:installments", args=[plan.order.secret])
    assert Client().get(page).status_code == 200
    InstallmentEvent.objects.create(
        installment=third, kind="reduced", amount=third.open_amount - Decimal("0.10"), actor="staff"
    )
    assert Client().get(page).status_code == 200
    assert str(ask(plan).amount) == "0.10"


def test_late_interest_is_no_more_than_the_country_allows(clock: Clock):
    plan = active_plan(late_monthly_rate=Decimal("0.5"))
    assert late_interest.policy_of(plan).monthly_rate == Decimal(
        "0.0353"
    )  # One and a half times 2.3567 %, cut.


def test_what_a_bank_took_back_is_late_from_that_day_on(clock: Clock):
    plan = active_plan(late_monthly_rate=Decimal("0.03"))
    clock.go_to(rows_of(plan)[1].due_date)
    bill = ask(plan, 2)
    pay(bill)
    clock.pass_days(20)
    second = rows_of(plan)[1]
    event = InstallmentEvent.objects.create(
        installment=second, kind="reversed", amount=second.paid, actor="bank"
    )
    today = timezone.localdate()
    assert late_interest._counted_from(second) == timezone.localdate(event.created_at) == today
    late_interest.charge_due()
    assert charged(plan)[1] in {"0.05", "0.06"}  # One day of 0.056, as the sum of all days rounds.


def test_the_condition_for_the_database_says_what_the_rule_says(clock: Clock):
    plan = active_plan(grace_days=2)
    second = rows_of(plan)[1]
    begin, seen = second.due_date, []
    for days in range(12):
        clock.go_to(begin + timedelta(days=days))
        in_sql = Installment.objects.filter(overdue.condition(), pk=second.pk).exists()
        assert in_sql == bills.is_overdue(plan, second)
        seen.append(in_sql)
    assert set(seen) == {True, False}


@pytest.mark.parametrize("today", [date(2026, 1, 5), date(2026, 5, 26), date(2026, 10, 10)])
def test_the_last_overdue_due_date_is_the_last(today: date):
    for grace in (0, 3, 7):
        last = overdue.last_due_date(today, AR, grace)
        assert late.late_from(last, AR, grace_days=grace) <= today
        assert late.late_from(last + timedelta(days=1), AR, grace_days=grace) > today


def test_a_reminder_says_what_lateness_will_cost_before_it_does(clock: Clock):
    plan = active_plan(late_monthly_rate=Decimal("0.03"))
    second = rows_of(plan)[1]
    clock.go_to(second.due_date)
    notices.send_due()
    text = EmailLog.objects.filter(kind="installment_reminder").latest("created_at").text
    assert "3" in text
    assert "interés por mora" in text


def test_nobody_is_called_late_for_a_holiday(settings):
    settings.INSTALLMENT_REMIND_DAYS = [0, 4]
    friday_is_christmas = date(2026, 12, 25)
    moments = [timezone.localdate(moment) for moment in notices._moments(friday_is_christmas)]
    assert moments == [friday_is_christmas, date(2027, 1, 1)]  # Monday the 28th and four days.


def test_reminders_go_out_in_batches_and_one_that_fails_keeps_back_no_other(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
):
    make_offer()
    plans = [make_plan() for _ in range(4)]
    broken = rows_of(plans[0])[0].pk
    real = mails.remind

    def remind(row: Installment, *, number: int) -> EmailLog:
        if row.pk == broken:
            raise RuntimeError("no template")
        return real(row, number=number)

    monkeypatch.setattr(mails, "remind", remind)
    clock.go_to(rows_of(plans[0])[0].due_date)
    with CaptureQueriesContext(connection) as captured:
        assert notices.send_due(size=2) == {"put off": 1, "reminded": 3}
    claims = [query["sql"] for query in captured.captured_queries if "SKIP LOCKED" in query["sql"]]
    assert len(claims) == 3
    assert all("LIMIT 2" in claim for claim in claims)
    assert notices.send_due(size=2) == {}


def test_bills_that_nobody_can_pay_any_more_end():
    plan = make_plan()
    stays, payoff = ask(plan, 1), ask(plan)
    assert bills.end_due() == {}
    InstallmentBill.objects.update(expires_at=timezone.now() - timedelta(days=1))
    waives = stays.lines.filter(waived__gt=0).exists()
    assert bills.end_due() == {"ended": 1 + waives}
    payoff.refresh_from_db()
    assert payoff.status == InstallmentBill.Status.ENDED


def test_quotes_that_nobody_accepted_are_forgotten(monkeypatch: pytest.MonkeyPatch):
    plan = make_plan()
    session = make_checkout()
    (shown,) = quotes.for_checkout(session)
    assert retention.purge_quotes() == 0
    monkeypatch.setattr(retention, "KEEP_QUOTES", timedelta(days=-30))
    assert retention.purge_quotes() == 1
    assert list(InstallmentQuote.objects.all()) == [plan.quote]
    assert shown != plan.quote
