"""Bank statements: each credit once, what is certain in one act, the rest with suggestions."""

from datetime import date, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orders.models import Order
from payments.models import (
    BankCredit,
    BankStatement,
    Payment,
    Refund,
    TransferInstruction,
)
from payments.tests.transfers.purchases import let_end, see, waiting
from payments.tests.transfers.statement_files import (
    STAFF,
    as_csv,
    money_for,
    movement,
    uploaded,
)
from payments.transfers import codes, crediting, settling
from payments.transfers.statements import importing, matching, suggestions
from payments.transfers.statements.matching import Kind
from shop.accounts.tests.staff_clients import boss, queries

pytestmark = pytest.mark.django_db
Status = BankCredit.Status


def book(statement: BankStatement) -> int:
    number = matching.book(statement, actor=STAFF)
    settling.settle_due()
    return number


def kinds(statement: BankStatement) -> list[str]:
    return [match.kind.value for match in matching.of_statement(statement)]


# -- Once ------------------------------------------------------------------------------------------------------


def test_the_same_file_and_an_overlapping_one_count_nothing_twice():
    instruction = waiting()
    rows = [money_for(instruction), movement("10,00", "cafe"), movement("10,00", "cafe")]
    first = uploaded(as_csv(rows))
    with pytest.raises(importing.ReadBefore):
        uploaded(as_csv(rows))
    second = uploaded(as_csv([*rows, movement("10,00", "cafe"), movement("5,00", "te")]))

    assert (first.credit_count, first.repeated_count) == (3, 0)
    assert (second.credit_count, second.repeated_count) == (2, 3)
    assert BankCredit.objects.count() == 5


def test_the_same_line_at_another_bank_is_another_line():
    rows = [movement("10,00", "cafe")]
    uploaded(as_csv(rows))
    uploaded(as_csv(rows), bank="banco nacion")
    assert BankCredit.objects.count() == 2


# -- Matching --------------------------------------------------------------------------------------------------


def test_amount_and_reference_book_the_order_in_one_act_and_twice_is_once():
    one, other = waiting(), waiting()
    odd = f"transf. de ana / {one.code[:4].lower()}-{one.code[4:].lower()} gracias"
    statement = uploaded(
        as_csv([money_for(one, reference=odd), money_for(other), movement("77,00", "alquiler")])
    )

    assert kinds(statement) == ["exact", "exact", "open"]
    assert book(statement) == 2
    assert book(statement) == 0
    assert Order.objects.count() == 2
    assert BankCredit.objects.filter(status=Status.OPEN).count() == 1
    statement.refresh_from_db()
    assert statement.matched_count == 2


def test_less_than_asked_for_is_no_exact_match_but_is_suggested():
    instruction = waiting()
    statement = uploaded(as_csv([money_for(instruction, amount=instruction.amount - 1)]))
    (match,) = matching.of_statement(statement)

    assert (match.kind, match.instruction) == (Kind.OPEN, instruction)
    (found,) = suggestions.suggest([match])[match.credit.pk]
    assert found.instruction == instruction
    assert book(statement) == 0
    crediting.assign(match.credit, instruction, actor=STAFF)
    settling.settle_due()
    assert Payment.objects.get().role == Payment.Role.MISMATCH


def test_money_after_the_end_is_exact_too_and_ends_by_the_rules_of_late_money():
    instruction = waiting()
    let_end(instruction)
    assert book(uploaded(as_csv([money_for(instruction)]))) == 1
    assert Order.objects.count() == 1


def test_a_second_payment_is_not_booked_by_itself():
    instruction = waiting()
    statement = uploaded(as_csv([money_for(instruction), money_for(instruction)]))
    assert kinds(statement) == ["exact", "second"]
    assert book(statement) == 1
    (match,) = matching.of_statement(statement)
    with pytest.raises(crediting.CreditedBefore):
        crediting.assign(match.credit, instruction, actor=STAFF)
    crediting.assign(match.credit, instruction, actor=STAFF, is_another=True)
    settling.settle_due()

    assert Order.objects.count() == 1
    assert Refund.objects.get().amount == instruction.amount


def test_what_a_clerk_has_confirmed_counts_once_when_the_statement_shows_it():
    by_code, by_number, by_amount = waiting(), waiting(), waiting()
    for number, instruction in enumerate((by_code, by_number, by_amount)):
        TransferInstruction.objects.filter(pk=instruction.pk)
        see(instruction, instruction.amount + number, number=f"COELSA99{number}")
    rows = [
        money_for(by_code),
        movement(by_number.amount + 1, "transferencia recibida", number="coelsa-991"),
        movement(by_amount.amount + 2, "transferencia", on=date.today() - timedelta(days=2)),
    ]
    statement = uploaded(as_csv(rows))
    before = Payment.objects.count()

    assert set(kinds(statement)) == {"confirms"}
    assert book(statement) == 3
    assert Payment.objects.count() == before
    assert BankCredit.objects.filter(status=Status.CONFIRMS).count() == 3
    # Once more, in another file: known.
    again = uploaded(as_csv([*rows, movement("1,00", "x")]))
    assert (again.credit_count, kinds(again)) == (1, ["open"])


def test_several_that_may_be_the_confirmed_one_are_left_to_people():
    instruction = waiting()
    see(instruction)
    rows = [movement(instruction.amount, "transferencia", payer=payer) for payer in ("ANA", "BEA")]
    statement = uploaded(as_csv(rows))

    assert kinds(statement) == ["doubtful", "doubtful"]
    assert book(statement) == 0
    first = matching.of_statement(statement)[0]
    known = crediting.assign(first.credit, instruction, actor=STAFF)
    assert known.source == BankCredit.Source.STAFF
    assert Payment.objects.count() == 1


def test_a_clerk_who_confirms_what_the_statement_has_takes_its_line():
    instruction = waiting()
    uploaded(as_csv([money_for(instruction)]))
    credit = see(instruction)

    assert credit.source == BankCredit.Source.STATEMENT
    assert BankCredit.objects.count() == 1
    assert Order.objects.count() == 1


def test_a_reference_that_names_two_purchases_is_left_to_people():
    one, other = waiting(), waiting()
    statement = uploaded(as_csv([movement(one.amount, f"{one.code} {other.code}")]))
    assert kinds(statement) == ["open"]


def test_suggestions_name_what_speaks_for_a_transfer():
    typo, named, alike = waiting(), waiting(), waiting()
    wrong = next(char for char in codes.ALPHABET if char != typo.code[3])
    rows = [
        movement("1,00", typo.code[:3] + wrong + typo.code[4:], payer="X"),
        movement("2,00", "sin datos", payer="GÓMEZ, ANA", document="30.123.456"),
        movement(alike.amount, "sin datos", payer="Y"),
    ]
    matches = matching.of_statement(uploaded(as_csv(rows)))
    found = suggestions.suggest(matches)
    reasons = [" ".join(one.reasons) for match in matches for one in found[match.credit.pk][:1]]

    assert found[matches[0].credit.pk][0].instruction == typo
    assert named.pk in {one.instruction.pk for one in found[matches[1].credit.pk]}
    assert len(reasons) == 3
    assert "la referencia salvo un carácter" in reasons[0]


def test_the_page_costs_the_same_for_few_credits_and_for_many():
    rows = [movement(f"{number},00", f"pago {number}") for number in range(1, 40)]
    few, many = uploaded(as_csv(rows[:2])), uploaded(as_csv(rows))
    for _each in range(2):
        waiting()
    client = boss()
    addresses = [reverse("admin:payments_bankstatement_change", args=[one.pk]) for one in (few, many)]
    queries(client, addresses[0])
    assert queries(client, addresses[0]) == queries(client, addresses[1])
    listed = reverse("admin:payments_bankcredit_changelist")
    queries(client, listed)
    before = queries(client, listed)
    uploaded(as_csv([movement("99,00", "x"), money_for(waiting())]))
    see(waiting())
    assert queries(client, listed) == before
    assert client.get(f"{listed}?statement__id__exact={many.pk}").status_code == 200


def test_five_thousand_lines_are_read_and_booked_in_few_statements():
    instruction = waiting()
    rows = [movement(f"{number},00", f"pago {number}") for number in range(1, 5000)]
    statement = uploaded(as_csv([*rows, money_for(instruction)]))
    if statement.status == "uploaded":  # Large: the job reads it.
        importing.run_due()
        statement.refresh_from_db()
    assert (statement.status, statement.credit_count) == ("done", 5000)
    with CaptureQueriesContext(connection) as captured:
        assert matching.book(statement, actor=STAFF) == 1
    assert len(captured) < 40
