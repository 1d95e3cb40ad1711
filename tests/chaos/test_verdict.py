"""Each rule finds the violation created for it: a verdict that cannot fail proves nothing."""

from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.chaos import faults, scripts
from tests.chaos.records import logs, verdict
from tests.chaos.records.ledgers import Books, Money, Returned

TOTAL = Decimal("100.00")


def payment(key: str, role: str = "order", **changes: Any) -> dict[str, Any]:
    row = {
        "id": key,
        "gateway": "stripe",
        "external_id": key,
        "order_id": f"o-{key}" if role == "order" else None,
        "role": role,
        "status": "approved",
        "amount": TOTAL,
        "currency": "ARS",
        "refunded_amount": Decimal("0.00"),
        "charged_back_amount": Decimal("0.00"),
    }
    return row | changes


def instalment(order_key: str, **changes: Any) -> dict[str, Any]:
    zero = Decimal("0.00")
    row = {"order_id": f"o-{order_key}", "paid": zero, "waived": zero, "reduced": zero, "open_amount": zero}
    return row | changes


def order(key: str, **changes: Any) -> dict[str, Any]:
    row = {
        "id": f"o-{key}",
        "number": 1,
        "checkout_id": f"c-{key}",
        "total": TOTAL,
        "currency": "ARS",
        "status": "confirmed",
    }
    return row | changes


def refund(key: str, of: str, **changes: Any) -> dict[str, Any]:
    row = {"id": key, "payment_id": of, "external_id": key, "amount": TOTAL, "status": "succeeded"}
    return row | changes


def good() -> Books:
    """One order, one second payment that was refunded, one manual refund that is listed, one payment under review."""
    back = (Returned("r-2", TOTAL, "done"),)
    return Books(
        money=[
            Money("stripe", "1", "a", TOTAL, "ARS"),
            Money("stripe", "2", "a", TOTAL, "ARS", back),
            Money("stripe", "3", "b", TOTAL, "ARS"),
            Money("stripe", "4", "c", Decimal("99.00"), "ARS"),
            Money("stripe", "5", "", TOTAL, "ARS", is_ours=False),
        ],
        payments=[
            payment("1"),
            payment("2", "surplus", status="refunded", refunded_amount=TOTAL),
            payment("3", "surplus"),
            payment("4", "mismatch", amount=Decimal("99.00")),
        ],
        refunds=[refund("r-2", "2"), refund("m-3", "3", status="manual", external_id="")],
        orders=[order("1")],
        data=frozenset({"payment-attention:refund-manual:m-3", "payment-attention:mismatch:4"}),
    )


def broken(books: Books) -> set[str]:
    return {issue.rule for issue in verdict.validate_source(books) if issue.broken}


ENDS, HAS_MONEY, PLANS, DIFFERENCES, CANCELLED, OWED, ONE_ORDER, EVEN, ROWS_MATCH, ONCE = (
    name for name, _rule, _count in verdict.MONEY_RULES
)


def test_good_books_break_no_rule() -> None:
    assert broken(good()) == set()
    assert verdict.sums(good())["ARS"] == verdict.Sums(
        came_in=Decimal("399.00"), orders=TOTAL, refunds=TOTAL, pending=Decimal("199.00")
    )


def test_money_unknown_to_the_shop_is_found() -> None:
    books = good()
    books.money.append(Money("mercadopago", "9", "z", TOTAL, "ARS"))
    assert broken(books) == {ENDS, EVEN}
    assert verdict.sums(books)["ARS"].nowhere == TOTAL


@pytest.mark.parametrize("role", ["surplus", "none"])
def test_money_that_stays_without_buying_is_found(role: str) -> None:
    books = good()
    books.money.append(Money("stripe", "9", "z", TOTAL, "ARS"))
    books.payments.append(payment("9", role))
    assert broken(books) == {ENDS, EVEN}


@pytest.mark.parametrize("key", ["payment-attention:refund-manual:m-3", "payment-attention:mismatch:4"])
def test_a_pending_that_nobody_was_told_of_is_found(key: str) -> None:
    books = good()
    books.data -= {key}
    assert {ENDS, EVEN} <= broken(books)


def test_a_refund_that_failed_is_an_end_only_when_listed() -> None:
    books = good()
    books.money.append(Money("stripe", "9", "z", TOTAL, "ARS"))
    books.payments.append(payment("9", "surplus"))
    books.refunds.append(refund("f-9", "9", status="failed", external_id=""))
    assert broken(books) == {ENDS, EVEN}
    books.data |= {"payment-attention:refund-failed:f-9"}
    assert broken(books) == set()


def test_an_order_without_money_is_found() -> None:
    books = good()
    books.orders.append(order("9", number=9))
    assert broken(books) == {HAS_MONEY}
    books.payments.append(payment("9"))
    assert broken(books) == {HAS_MONEY}, "the shop's own row proves nothing"


def test_a_difference_of_an_exchange_has_one_payment_of_its_amount_and_the_order_keeps_its_own() -> None:
    books = good()
    charge = {"id": "d", "payable_id": "p", "order_id": "o-1", "status": "paid"}
    books.charges.append(charge | {"amount": Decimal("7.00"), "currency": "ARS"})
    assert broken(books) == {DIFFERENCES}, "it counts as paid, and nobody paid it"
    books.payments.append(payment("9", order_id="o-1", payable_id="p", amount=Decimal("7.00")))
    assert broken(books) == {DIFFERENCES}, "the shop's own row proves nothing"
    books.money.append(Money("stripe", "9", "z", Decimal("7.00"), "ARS"))
    assert broken(books) == set()
    books.charges[0]["status"] = "open"
    assert broken(books) == {DIFFERENCES}, "what was paid is not asked for any more"


def test_an_order_paid_with_another_amount_is_found_unless_people_took_it() -> None:
    books = good()
    books.orders[0]["total"] = Decimal("100.01")
    assert broken(books) == {HAS_MONEY}
    books.data |= {"payment-attention:mismatch:1"}
    assert broken(books) == set()


def test_an_order_that_was_cancelled_keeps_nothing_but_what_could_not_be_paid() -> None:
    books = good()
    made = {"id": "x", "order_id": "o-1", "is_whole": True, "owed": TOTAL, "owed_status": "paid"}
    books.cancellations = [made]
    assert broken(books) == {CANCELLED}, "nothing went back"
    books.orders[0]["status"] = "cancelled"
    assert broken(books) == {CANCELLED}
    made["owed_status"] = "failed"
    assert broken(books) == set()
    made["owed_status"] = "owed"
    assert broken(books) == {CANCELLED}
    books.orders[0]["status"] = "confirmed"
    made |= {"is_whole": False, "owed_status": "paying"}
    assert broken(books) == set()


@pytest.mark.parametrize(
    ("status", "refunds", "mails", "is_good"),
    [
        ("paid", {"r": "succeeded"}, (), True),
        ("paid", {}, (), True),  # Instalments fell.
        ("paid", {"r": "requested"}, (), False),
        ("paying", {"r": "requested"}, (), True),
        ("owed", {}, (), False),
        ("failed", {"r": "failed"}, (), True),
        ("failed", {}, ("payment-attention:reimbursement-failed:b",), True),
        ("failed", {}, (), False),
    ],
)
def test_what_is_owed_and_nobody_pays_is_found(
    status: str, refunds: dict[str, str], mails: tuple[str, ...], *, is_good: bool
) -> None:
    books = Books(
        owed=[{"id": "b", "amount": TOTAL, "status": status}],
        parts={"b": list(refunds)},
        refunds=[refund(key, of="1", status=one) for key, one in refunds.items()],
        data=frozenset(mails),
    )
    assert (OWED not in broken(books)) == is_good


def test_an_order_paid_twice_and_two_orders_of_a_purchase_are_found() -> None:
    books = good()
    books.payments.append(payment("3", order_id="o-1"))
    books.orders.append(order("1", id="o-other"))
    assert {HAS_MONEY, ONE_ORDER} <= broken(books)


def in_instalments() -> Books:
    """The order's one payment is its first instalment of two, of which a part went back; the second is open."""
    books = good()
    books.orders[0]["total"] = Decimal("200.00")
    books.refunds.append(refund("r-1", "1", amount=Decimal("30.00")))
    books.money[0] = replace(books.money[0], refunds=(Returned("r-1", Decimal("30.00"), "done"),))
    books.payments[0]["refunded_amount"] = Decimal("30.00")
    books.installments = [
        instalment("1", paid=Decimal("70.00"), reduced=Decimal("30.00")),
        instalment("1", open_amount=Decimal("98.00"), waived=Decimal("2.00")),
    ]
    return books


def test_an_order_in_instalments_may_have_any_number_of_payments() -> None:
    assert broken(in_instalments()) == set()


@pytest.mark.parametrize(
    ("row", "changes"),
    [
        (0, {"paid": Decimal("100.00"), "reduced": Decimal("0.00")}),
        (1, {"open_amount": Decimal("97.99")}),
        (1, {"open_amount": Decimal("101.00"), "waived": Decimal("-1.00")}),
    ],
)
def test_a_plan_whose_sums_do_not_fit_is_found(row: int, changes: dict[str, Any]) -> None:
    books = in_instalments()
    books.installments[row] |= changes
    assert broken(books) == {PLANS}


def test_money_that_a_bank_took_is_not_paid() -> None:
    books = in_instalments()
    books.payments[0]["charged_back_amount"] = Decimal("70.00")
    assert PLANS in broken(books)


@pytest.mark.parametrize(
    "changes", [{"amount": Decimal("1.00")}, {"currency": "USD"}, {"refunded_amount": Decimal("5.00")}]
)
def test_a_row_that_says_something_else_is_found(changes: dict[str, Any]) -> None:
    books = good()
    books.payments[0] |= changes
    assert ROWS_MATCH in broken(books)


def test_a_dispute_that_the_shop_does_not_know_is_found() -> None:
    books = good()
    books.money[0] = replace(books.money[0], dispute="open")
    assert broken(books) == {ROWS_MATCH}
    books.payments[0]["status"] = "disputed"
    assert broken(books) == set()


def test_refunds_that_happened_twice_or_nowhere_are_found() -> None:
    books = good()
    twice = (Returned("r-2", TOTAL, "done"), Returned("r-3", TOTAL, "done"))
    books.money[1] = replace(books.money[1], refunds=twice)
    assert ONCE in broken(books)
    books = good()
    books.money[1] = replace(books.money[1], refunds=())
    assert ONCE in broken(books)
    books = good()
    books.refunds[0]["amount"] = Decimal("99.00")
    assert broken(books) == {ONCE}


def test_a_seed_draws_one_plan_and_every_kind_of_kill() -> None:
    drawn = faults.plan(5, purchases=18, days=3)
    assert drawn == faults.plan(5, purchases=18, days=3)
    assert drawn != faults.plan(6, purchases=18, days=3)
    assert set(drawn.kills.values()) == set(faults.KILLS)
    assert drawn.silent_days
    assert drawn.strikes
    assert drawn.forged


def test_what_is_left_for_later_comes_once_in_its_order() -> None:
    agenda = scripts.Agenda()
    for day, number in ((2, 1), (1, 3), (1, 2)):
        agenda.add(day, number, partial("{} of day {}".format, number, day))
    assert agenda.due(0) == []
    assert [act(None) for act in agenda.due(2)] == ["2 of day 1", "3 of day 1", "1 of day 2"]
    assert agenda.due(9) == []


def test_errors_are_read_from_the_logs_by_the_last_of_their_chain(tmp_path: Path) -> None:
    head = "Traceback (most recent call last):\n  File x, line 1\n"
    chain = f"{head}psycopg.OperationalError: gone\n\nThe above exception was the direct cause of the following\n\n"
    data = f"2026-11-21 05:00:00,1 ERROR x: y\n{chain}{head}django.db.utils.IntegrityError: no\nLINE 1\n"
    (tmp_path / "web.log").write_text(data + f"2026-11-21 05:00:01,1 ERROR x: y\n{head}KeyError: 'a'\n")
    (tmp_path / "worker.log").write_text(f"{head}django.db.utils.OperationalError: away\n")
    counted = logs.errors(tmp_path)
    assert counted == {"web: IntegrityError": 1, "web: KeyError": 1, "worker: OperationalError": 1}
    assert set(logs.unexplained(counted)) == {"web: IntegrityError", "web: KeyError"}
