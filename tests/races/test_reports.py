"""The reports are counted by two workers at once, while orders change, and by one that is killed."""

from collections.abc import Sequence
from decimal import Decimal

import pytest
from django.db import IntegrityError
from django.utils import timezone

from shop.reports import rebuilding, sales
from shop.reports.models import ReportChange, SalesDay, SalesEntry
from shop.reports.periods import Period
from shop.reports.tests.sold import paid, refund
from tests.races.tools.killing import SIGKILL, await_their_end, kill_in_the_middle
from tests.races.tools.rendezvous import come_between

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
WRITING, FORGETTING = "INSERT INTO reports_salesentry", 'DELETE FROM "reports_reportchange"'


def counted() -> tuple[int, Decimal, Decimal]:
    day = timezone.localdate()
    sums = sales.of_period(Period(day, day)).sums
    return sums.orders, sums.gross, sums.returned


def test_of_two_runs_at_once_one_counts():
    payment = paid()
    seen: list[dict[str, int]] = []
    first = come_between(
        rebuilding.catch_up, before=WRITING, meanwhile=lambda: seen.append(rebuilding.catch_up())
    )
    assert (first["orders"], first["left"]) == (1, 0)
    assert seen == [{"orders": 0, "days": 0, "busy": 1}]
    assert counted() == (1, payment.amount, 0)


def test_control_without_taking_turns_the_second_writes_what_the_first_has_written(
    monkeypatch: pytest.MonkeyPatch,
):
    paid()
    monkeypatch.setattr(rebuilding, "_take_turn", lambda: True)
    first = come_between(rebuilding.catch_up, before=WRITING, meanwhile=rebuilding.catch_up)
    assert isinstance(first, IntegrityError)
    assert "salesentry_once" in str(first)


def test_what_changes_while_it_is_counted_is_counted_next():
    payment = paid()
    come_between(rebuilding.catch_up, before=FORGETTING, meanwhile=lambda: refund(payment, "100.00"))
    assert counted() == (1, payment.amount, 100)
    assert not ReportChange.objects.exists()


def test_control_forgetting_all_notes_a_change_is_lost(monkeypatch: pytest.MonkeyPatch):
    payment = paid()

    def forget_all(changes: Sequence[ReportChange]) -> dict[str, int]:
        days = rebuilding.write_orders({change.order_id for change in changes if change.order_id})
        ReportChange.objects.all().delete()
        return {"orders": 1, "days": len(days)}

    monkeypatch.setattr(rebuilding, "_portion", forget_all)
    come_between(rebuilding.catch_up, before=FORGETTING, meanwhile=lambda: refund(payment, "100.00"))
    assert counted() == (1, payment.amount, 0)


def test_a_run_that_is_killed_leaves_the_figures_and_the_next_one_counts_once():
    payment = paid()
    rebuilding.catch_up()
    refund(payment, "100.00")
    kill_in_the_middle(
        rebuilding.catch_up,
        how=SIGKILL,
        stop_at=[f"SELECT 1 FROM {SalesDay._meta.db_table} FOR UPDATE"],
    )
    await_their_end()
    assert counted() == (1, payment.amount, 0)
    assert ReportChange.objects.exists()
    rebuilding.catch_up()
    assert counted() == (1, payment.amount, 100)
    assert SalesEntry.objects.count() == 2
