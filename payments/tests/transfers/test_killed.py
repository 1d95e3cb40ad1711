"""A worker that is killed at each step of a bank transfer: confirmed, read, booked, settled. Another one finishes it."""

from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from inventory.checks import runner
from orders.models import Order
from payments.models import BankCredit, BankStatement, Payment
from payments.tests.transfers.purchases import waiting
from payments.tests.transfers.statement_files import BANK, STAFF, as_csv, know_the_bank, money_for
from payments.transfers import crediting, settling
from payments.transfers.statements import importing, matching
from tests.races.tools.killing import AT_THE_STOCK, SIGKILL, TERMINATE, kill_in_the_middle

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
every_death = pytest.mark.parametrize("how", [SIGKILL, TERMINATE])
AT_THE_INSTRUCTION = ["SELECT 1 FROM payments_transferinstruction ORDER BY id FOR UPDATE"]
AT_THE_CREDITS = ["SELECT 1 FROM payments_bankcredit ORDER BY id FOR UPDATE"]
BEFORE_A_CREDIT = ["LOCK TABLE payments_bankcredit IN SHARE MODE"]


def confirming(instruction: Any) -> Callable[[], BankCredit]:
    return partial(
        crediting.confirm,
        instruction,
        amount=instruction.amount,
        booked_on=date.today(),
        number="COELSA-1",
        actor=STAFF,
    )


def paid_once() -> None:
    """Everything that waits is settled; there is one order, and no money beside it."""
    BankCredit.objects.filter(settle_at__isnull=False).update(settle_at=timezone.now())
    settling.settle_due()
    assert Order.objects.count() == 1
    assert list(Payment.objects.values_list("role", flat=True)) == [Payment.Role.ORDER]
    assert runner.check(scope=runner.SHOP) == []


@every_death
@pytest.mark.parametrize("stop_at", [AT_THE_INSTRUCTION, BEFORE_A_CREDIT], ids=["locking", "writing"])
def test_a_confirmation_that_is_killed_has_booked_nothing(stop_at: list[str], how: str):
    instruction = waiting()
    kill_in_the_middle(confirming(instruction), how=how, stop_at=stop_at)
    assert not BankCredit.objects.exists()
    confirming(instruction)()
    paid_once()


@every_death
def test_a_settling_that_is_killed_is_done_by_another_worker(how: str):
    credit = confirming(waiting())()
    kill_in_the_middle(partial(settling.settle_credit, credit.pk), how=how, stop_at=AT_THE_STOCK)
    assert not Order.objects.exists()
    credit.refresh_from_db()
    assert credit.settle_at is not None
    paid_once()


@every_death
def test_a_statement_whose_reader_is_killed_is_read_by_another_worker(
    how: str, monkeypatch: pytest.MonkeyPatch
):
    instruction = waiting()
    know_the_bank()
    monkeypatch.setattr(importing, "READ_AT_ONCE", 0)
    statement = importing.upload(
        bank=BANK, file_name="a.csv", content=as_csv([money_for(instruction)]), language="es", actor=STAFF
    )
    kill_in_the_middle(partial(importing.run, statement.pk), how=how, stop_at=BEFORE_A_CREDIT)
    assert not BankCredit.objects.exists()
    importing.run_due()
    assert BankStatement.objects.get().credit_count == 1
    matching.book(statement, actor=STAFF)
    paid_once()


@every_death
@pytest.mark.parametrize("stop_at", [AT_THE_INSTRUCTION, AT_THE_CREDITS], ids=["instructions", "credits"])
def test_a_booking_that_is_killed_is_done_whole_by_another_worker(stop_at: list[str], how: str):
    instruction = waiting()
    know_the_bank()
    statement = importing.upload(
        bank=BANK, file_name="a.csv", content=as_csv([money_for(instruction)]), language="es", actor=STAFF
    )
    kill_in_the_middle(partial(matching.book, statement, actor=STAFF), how=how, stop_at=stop_at)
    assert BankCredit.objects.get().status == BankCredit.Status.OPEN
    assert matching.book(statement, actor=STAFF) == 1
    paid_once()
