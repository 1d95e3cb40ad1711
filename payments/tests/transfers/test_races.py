"""The same money at once: a statement uploaded twice, a clerk beside a statement, two clerks. Each with its control."""

from collections.abc import Callable
from datetime import date
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection

from orders.models import Order
from payments.models import BankCredit, BankStatement, Payment
from payments.tests.settlement.test_races import at_once
from payments.tests.transfers.purchases import waiting
from payments.tests.transfers.statement_files import (
    STAFF,
    as_csv,
    know_the_bank,
    money_for,
    movement,
    uploaded,
)
from payments.transfers import crediting, settling
from payments.transfers.statements import importing, matching

pytestmark = pytest.mark.django_db(transaction=True)
Status = BankCredit.Status


def refused(act: Callable[[], object], *errors: type[Exception]) -> Callable[[], object]:
    """Return the act with the refusals that it may meet as its answer."""

    def tried() -> object:
        try:
            return act()
        except errors as error:
            return type(error).__name__

    return tried


def upload(content: bytes) -> BankStatement:
    return importing.upload(
        bank="banco galicia", file_name="a.csv", content=content, language="es", actor=STAFF
    )


def test_a_statement_that_is_uploaded_twice_at_once_counts_once() -> None:
    know_the_bank()
    content = as_csv([movement("10,00", "cafe"), movement("10,00", "cafe")])
    answers = at_once(*[refused(lambda: upload(content), importing.ReadBefore)] * 2)

    assert sorted(isinstance(answer, BankStatement) for answer in answers) == [False, True]
    assert BankCredit.objects.count() == 2


def test_overlapping_statements_at_once_count_each_line_once() -> None:
    know_the_bank()
    rows = [movement(f"{number},00", f"pago {number}") for number in range(1, 30)]
    at_once(lambda: upload(as_csv(rows[:20])), lambda: upload(as_csv(rows[10:])))
    assert BankCredit.objects.count() == 29


def test_the_control_without_the_number_of_a_line_loses_or_doubles_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Control: without the running number two equal movements are one; without the fingerprint one is two."""
    know_the_bank()
    twice = [movement("10,00", "cafe")] * 2
    with monkeypatch.context() as patch:
        patch.setattr(importing, "fingerprint", lambda identity, number: identity[-60:])
        upload(as_csv(twice))
    assert BankCredit.objects.count() == 1

    keys = iter(range(100))
    with monkeypatch.context() as patch:
        patch.setattr(importing, "fingerprint", lambda identity, number: f"{next(keys)}")
        upload(as_csv([*twice, movement("1,00", "x")]))
        upload(as_csv([*twice, movement("2,00", "x")]))
    assert BankCredit.objects.filter(amount=10).count() == 1 + 4


def test_a_statement_is_booked_once_by_two_at_once() -> None:
    instructions = [waiting() for _each in range(3)]
    statement = uploaded(as_csv([money_for(one) for one in instructions]))
    answers = at_once(*[lambda: matching.book(statement, actor=STAFF)] * 2)
    settling.settle_due()

    assert sorted(answers) == [0, 3]
    assert Order.objects.count() == 3
    assert Payment.objects.filter(role=Payment.Role.ORDER).count() == 3


def test_a_clerk_and_a_statement_at_once_book_the_money_once() -> None:
    for turn in range(4):
        instruction = waiting()
        statement = uploaded(as_csv([money_for(instruction), movement(f"{turn + 1},00", f"otro {turn}")]))

        def confirm(instruction: Any = instruction, turn: int = turn) -> object:
            return crediting.confirm(
                instruction,
                amount=instruction.amount,
                booked_on=date.today(),
                number=f"N{turn}",
                actor=STAFF,
            )

        at_once(
            refused(confirm, crediting.CreditedBefore),
            partial(matching.book, statement, actor=STAFF),
        )
        settling.settle_due()
        # Whoever came second found the first: the line was taken, or it confirms what the clerk had booked.
        matching.book(statement, actor=STAFF)
        assert instruction.credits.count() == 1
        assert Payment.objects.filter(attempt_id=instruction.attempt_id).count() == 1
    assert Order.objects.count() == 4


def confirmed_by(*clerks: str) -> tuple[Any, list[object]]:
    instruction = waiting()

    def act(clerk: str) -> Callable[[], object]:
        return refused(
            lambda: crediting.confirm(
                instruction,
                amount=instruction.amount,
                booked_on=date.today(),
                number=f"{clerk}-{instruction.code}",
                actor=clerk,
            ),
            crediting.CreditedBefore,
        )

    answers = at_once(*[act(clerk) for clerk in clerks])
    settling.settle_due()
    return instruction, answers


def test_two_clerks_who_confirm_one_transfer_at_once_book_it_once() -> None:
    instruction, answers = confirmed_by("staff:ana", "staff:bea")

    assert answers.count("CreditedBefore") == 1
    assert instruction.credits.count() == 1
    assert Order.objects.count() == 1


def test_the_control_without_the_instructions_lock_books_two(monkeypatch: pytest.MonkeyPatch) -> None:
    """Control: both read that nothing came before either writes; the second payment would be a false surplus."""
    meeting = Barrier(2, timeout=20)
    real = crediting.last_credit

    def met(instruction: Any) -> Any:
        found = real(instruction)
        meeting.wait()
        return found

    monkeypatch.setattr(crediting, "lock", lambda instruction: instruction)
    monkeypatch.setattr(crediting, "last_credit", met)
    positions = iter((1, 2))
    monkeypatch.setattr(crediting, "next_position", lambda instruction: next(positions))
    instruction, answers = confirmed_by("staff:ana", "staff:bea")

    assert "CreditedBefore" not in answers
    assert instruction.credits.count() == 2
    assert Payment.objects.filter(role=Payment.Role.SURPLUS).count() == 1


def test_one_credit_is_settled_once_by_two_workers() -> None:
    instruction = waiting()
    credit = crediting.confirm(
        instruction, amount=instruction.amount, booked_on=date.today(), number="1", actor=STAFF
    )
    answers = at_once(*[lambda: settling.settle_credit(credit.pk)] * 2)

    assert sorted(map(str, answers)) == ["paid", "skipped"]
    assert Order.objects.count() == 1


def test_a_transfer_that_is_closed_while_its_money_is_booked_keeps_the_money() -> None:
    from payments import gateways

    for _turn in range(3):
        instruction = waiting()
        reference = instruction.attempt_id.hex

        def close(instruction: Any = instruction, reference: str = reference) -> object:
            return gateways.get("transfer").close_checkout(instruction.code, reference=reference)

        def confirm(instruction: Any = instruction) -> object:
            return crediting.confirm(
                instruction,
                amount=instruction.amount,
                booked_on=date.today(),
                number=instruction.code,
                actor=STAFF,
            )

        at_once(close, confirm)
        settling.settle_due()
        assert Payment.objects.get(attempt_id=instruction.attempt_id).role == Payment.Role.ORDER
    connection.close()
