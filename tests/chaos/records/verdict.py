"""The rules that must hold when nothing is due, each with what it checked and what broke it."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from tests.chaos.records.ledgers import Books, Money

ZERO = Decimal("0.00")
_PARTS = ("paid", "waived", "reduced", "open_amount")
_GOES_BACK = {"requested", "pending"}


@dataclass
class CheckoutIssue:
    """How one rule came out: `looked` things were looked at, `broken` says in words which broke it."""

    rule: str
    looked: int
    broken: list[str] = field(default_factory=list)


@dataclass
class Sums:
    """Where the money of one currency is: `came_in` must be the sum of the others."""

    came_in: Decimal = ZERO
    orders: Decimal = ZERO
    refunds: Decimal = ZERO
    # Listed for people: payments that do not fit, refunds to be made by hand or that failed for good.
    pending: Decimal = ZERO
    disputed: Decimal = ZERO
    nowhere: Decimal = ZERO

    @property
    def is_even(self) -> bool:
        parts = (self.orders, self.refunds, self.pending, self.disputed)
        return self.nowhere == ZERO and self.came_in == sum(parts, ZERO)


Rule = Callable[[Books], Iterable[str]]


def money_has_an_end(books: Books) -> Iterator[str]:
    """Each payment that came in pays an order, went back, or is listed for people."""
    for money in books.money:
        if money.is_ours and (lost := _end(books, money)[1]):
            yield f"{money.name}: {money.amount} {money.currency}, {lost}{books.history(money)}"


def orders_have_money(books: Books) -> Iterator[str]:
    """Each order that is not paid in instalments has exactly one payment that came in, of exactly its total."""
    came_in = {(one.gateway, one.external_id): one for one in books.money}
    in_parts = {row["order_id"] for row in books.installments}
    for order in books.orders:
        if order["id"] in in_parts:
            continue
        paying = books.paying(order)
        if len(paying) != 1:
            yield f"order #{order['number']} has {len(paying)} payments"
            continue
        (row,) = paying
        money = came_in.get((row["gateway"], row["external_id"]))
        if money is None:
            yield f"order #{order['number']}: {row['gateway']} {row['external_id']} never came in"
        elif (money.amount, money.currency) != (order["total"], order["currency"]) and not _was_accepted(
            books, row
        ):
            yield f"order #{order['number']} of {order['total']}: {money.name} is {money.amount} {money.currency}"


def plans_have_their_money(books: Books) -> Iterator[str]:
    """Of each plan: what was paid, waived, returned and is open is its total; what was paid is what came in for it."""
    plans: dict[Any, list[dict[str, Any]]] = defaultdict(list)
    for row in books.installments:
        plans[row["order_id"]].append(row)
    for order in books.orders:
        if not (rows := plans.get(order["id"])):
            continue
        parts = {name: sum((row[name] for row in rows), ZERO) for name in _PARTS}
        if parts["paid"] + parts["waived"] + parts["reduced"] + parts["open_amount"] != order["total"]:
            yield f"the plan of order #{order['number']} of {order['total']} has {parts}"
        if any(row[name] < 0 for row in rows for name in _PARTS):
            yield f"the plan of order #{order['number']} has something below zero"
        paying = books.paying(order)
        kept = sum((books.kept(row) for row in paying), ZERO)
        if parts["paid"] != kept:
            yield f"the plan of order #{order['number']} has {parts['paid']} paid, its payments keep {kept}"


def differences_have_their_money(books: Books) -> Iterator[str]:
    """Each difference of an exchange that counts as paid has one payment that came in, of exactly its amount."""
    came_in = {(one.gateway, one.external_id): one for one in books.money}
    for charge in books.charges:
        paying = [
            row
            for row in books.payments
            if row.get("payable_id") == charge["payable_id"] and row["role"] == "order"
        ]
        if len(paying) != (1 if charge["status"] == "paid" else 0):
            yield f"the difference {charge['id']} is {charge['status']} and has {len(paying)} payments"
            continue
        for row in paying:
            money = came_in.get((row["gateway"], row["external_id"]))
            if money is None:
                yield f"difference {charge['id']}: {row['gateway']} {row['external_id']} never came in"
            elif (money.amount, money.currency) != (
                charge["amount"],
                charge["currency"],
            ) and not _was_accepted(books, row):
                yield f"the difference {charge['id']} of {charge['amount']}: {money.name} is {money.amount}"
            if row["order_id"] != charge["order_id"]:
                yield f"difference {charge['id']}: its payment belongs to another order"


def _was_accepted(books: Books, row: dict[str, Any]) -> bool:
    """Say whether people took a payment that did not fit: staff was told of it as a mismatch before."""
    return books.is_shown(row, "mismatch")


def cancelled_orders_keep_nothing(books: Books) -> Iterator[str]:
    """What is owed for a cancellation is paid, or failed; of an order that was cancelled whole nothing else is kept."""
    for made in books.cancellations:
        if made["owed_status"] == "owed":
            yield f"cancellation {made['id']}: {made['owed']} is owed, and nobody pays it"
        if not made["is_whole"]:
            continue
        order = next(one for one in books.orders if one["id"] == made["order_id"])
        if order["status"] != "cancelled":
            yield f"order #{order['number']} was cancelled whole and is {order['status']}"
        paying = [row for row in books.payments if row["order_id"] == order["id"] and row["role"] == "order"]
        kept = sum((books.kept(row) for row in paying), ZERO)
        failed = [
            one["amount"] for row in paying for one in books.refunds_of(row) if one["status"] == "failed"
        ]
        unpaid = [made["owed"]] if made["owed_status"] == "failed" else []
        if kept > sum((*failed, *unpaid), ZERO):
            yield f"order #{order['number']} was cancelled whole, and {kept} of its money is kept"


def what_is_owed_is_paid(books: Books) -> Iterator[str]:
    """What a buyer is owed back has been paid, or is being paid, or failed with a refund, or the staff was told."""
    states = {row["id"]: row["status"] for row in books.refunds}
    for row in books.owed:
        paying = [states.get(key, "nowhere") for key in books.parts.get(row["id"], ())]
        if row["status"] == "owed":
            yield f"reimbursement {row['id']}: {row['amount']} is owed, and nobody pays it"
        elif row["status"] == "paid" and set(paying) - {"succeeded"}:
            yield f"reimbursement {row['id']} counts as paid, its refunds are {paying}"
        is_known = "failed" in paying or books.is_shown(row, "reimbursement-failed")
        if row["status"] == "failed" and not is_known:
            yield f"reimbursement {row['id']}: {row['amount']} failed, and nobody was told"


def one_payment_of_a_purchase(books: Books) -> Iterator[str]:
    """No purchase has become two orders."""
    for checkout, count in Counter(order["checkout_id"] for order in books.orders).items():
        if count > 1:
            yield f"checkout {checkout} became {count} orders"


def rows_match_the_provider(books: Books) -> Iterator[str]:
    """The shop's row of each payment says what the provider says: amount, currency, what went back, disputed."""
    for money in books.money:
        row = books.row(money)
        if row is None or not money.is_ours:
            continue
        data = (row["amount"], row["currency"], row["refunded_amount"])
        true = (money.amount, money.currency, money.returned)
        if data != true:
            yield f"{money.name}: the shop says {_plain(data)}, the provider {_plain(true)}{books.history(money)}"
        if money.dispute in {"open", "lost"} and row["status"] not in {"disputed", "charged_back"}:
            yield f"{money.name}: the dispute is {money.dispute}, the shop says {row['status']}"


def refunds_happen_once(books: Books) -> Iterator[str]:
    """Each refund at the provider is one row of the shop, of the same amount, and the other way round."""
    for money in books.money:
        row = books.row(money)
        if row is None or not money.is_ours:
            continue
        ours = [one for one in books.refunds_of(row) if one["external_id"]]
        known = {one["external_id"]: one for one in ours}
        for there in money.refunds:
            here = known.pop(there.external_id, None)
            if here is None and there.state != "failed":
                yield f"{money.name}: refund {there.external_id} of {there.amount} is unknown to the shop{books.history(money)}"
            elif here is not None and here["amount"] != there.amount:
                yield f"{money.name}: refund {there.external_id} is {there.amount}, the shop says {here['amount']}"
        for external_id in known:
            yield f"{money.name}: the shop's refund {external_id} does not exist there"
        if money.returned + money.returning > money.amount:
            yield f"{money.name}: {money.returned + money.returning} of {money.amount} went back"


def _plain(values: tuple[Any, ...]) -> str:
    return ", ".join(str(value) for value in values)


def _end(books: Books, money: Money) -> tuple[Sums, str]:
    """Return where a payment's money is, and what is wrong with that ("" when nothing is)."""
    row, sums = books.row(money), Sums(came_in=money.amount)
    rest = money.amount - money.returned
    if money.dispute in {"open", "lost"}:
        sums.refunds, sums.disputed = money.returned, rest
        return sums, "" if row is not None else "disputed and unknown to the shop"
    sums.refunds = money.returned
    if row is None:
        sums.nowhere = rest
        return sums, "unknown to the shop" if rest else ""
    listed = _listed(books, row)
    if row["role"] == "order":
        sums.pending = min(rest, listed)
        sums.orders = rest - sums.pending
        return sums, ""
    if rest <= listed:
        sums.pending = rest
        return sums, ""
    sums.pending, sums.nowhere = listed, rest - listed
    return sums, f"role {row['role']}, {row['status']}: {rest} of it neither went back nor is listed"


def _listed(books: Books, row: dict[str, Any]) -> Decimal:
    """Return how much of a payment is listed for people, who have been told."""
    if row["role"] == "mismatch":
        return Decimal(row["amount"]) - row["refunded_amount"] if books.is_shown(row, "mismatch") else ZERO
    waiting = ZERO
    for refund in books.refunds_of(row):
        by_hand = refund["status"] == "manual" and books.is_shown(refund, "refund-manual")
        failed = refund["status"] == "failed" and books.is_shown(refund, "refund-failed")
        if by_hand or failed or (refund["status"] in _GOES_BACK and books.is_shown(refund, "refund-stuck")):
            waiting += refund["amount"]
    return waiting


def sums(books: Books) -> dict[str, Sums]:
    """Add up where the money of each currency is."""
    total: dict[str, Sums] = defaultdict(Sums)
    for money in books.money:
        if money.is_ours:
            part = _end(books, money)[0]
            for name in vars(part):
                setattr(
                    total[money.currency], name, getattr(total[money.currency], name) + getattr(part, name)
                )
    return dict(total)


def sums_are_even(books: Books) -> Iterator[str]:
    """Per currency, to the cent: money in = orders paid + refunds + listed pendings + disputes."""
    for currency, one in sums(books).items():
        if not one.is_even:
            yield f"{currency}: {one}"


MONEY_RULES: tuple[tuple[str, Rule, Callable[[Books], int]], ...] = (
    ("each payment ends as an order or goes back", money_has_an_end, lambda books: len(books.money)),
    ("each order has its money, to the cent", orders_have_money, lambda books: len(books.orders)),
    ("each plan has its money, to the cent", plans_have_their_money, lambda books: len(books.installments)),
    (
        "each difference of an exchange has its money",
        differences_have_their_money,
        lambda books: sum(row["status"] == "paid" for row in books.charges),
    ),
    (
        "what is cancelled goes back",
        cancelled_orders_keep_nothing,
        lambda books: len(books.cancellations),
    ),
    ("what is owed back is paid", what_is_owed_is_paid, lambda books: len(books.owed)),
    ("a purchase becomes one order", one_payment_of_a_purchase, lambda books: len(books.orders)),
    ("money in = orders + refunds + listed", sums_are_even, lambda books: len(sums(books))),
    ("the shop says what the provider says", rows_match_the_provider, lambda books: len(books.payments)),
    ("each refund happens once", refunds_happen_once, lambda books: len(books.refunds)),
)


def validate_source(books: Books) -> list[CheckoutIssue]:
    """Apply the rules of money."""
    return [CheckoutIssue(name, count(books), list(rule(books))) for name, rule, count in MONEY_RULES]
