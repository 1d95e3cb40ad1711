"""Checks of the stack's rows after a journey."""

from datetime import datetime
from decimal import Decimal

from tests.journeys.shopper import Goods
from tests.journeys.stack import Stack


def orders_of(stack: Stack, email: str) -> int:
    """Return how many orders a buyer has."""
    count: int = stack.value("SELECT count(*) FROM orders_order WHERE email = %s", email)
    return count


def bought_once(stack: Stack, email: str, *goods: Goods, before: int = 0) -> int:
    """Check that the buyer has exactly one order more than before, with all that belongs to it; return its number.

    One sale movement per line, no reservation left, one approved payment which pays the order, the session completed, the
    cart empty, one confirmation mail sent.
    """
    stack.eventually("SELECT count(*) FROM orders_order WHERE email = %s", email, equals=before + 1)
    (order,) = stack.rows("SELECT * FROM orders_order WHERE email = %s ORDER BY number DESC LIMIT 1", email)
    lines = stack.rows(
        "SELECT sku, quantity FROM orders_orderline WHERE order_id = %s ORDER BY sku", order["id"]
    )
    assert lines == [{"sku": one.sku, "quantity": 1} for one in sorted(goods, key=lambda one: one.sku)]
    moves = stack.rows(
        "SELECT v.sku, m.quantity FROM inventory_stockmovement m JOIN catalog_variant v ON v.id = m.variant_id"
        " WHERE m.kind = 'sale' AND m.cause_id = %s ORDER BY v.sku",
        order["id"],
    )
    assert moves == [{"sku": one.sku, "quantity": -1} for one in sorted(goods, key=lambda one: one.sku)]
    checkout = order["checkout_id"]
    assert stack.value("SELECT status FROM orders_checkoutsession WHERE id = %s", checkout) == "completed"
    assert (
        stack.value(
            "SELECT count(*) FROM inventory_reservation WHERE checkout_id = %s AND status = 'active'",
            checkout,
        )
        == 0
    )
    assert (
        stack.value(
            "SELECT count(*) FROM inventory_reservation WHERE checkout_id = %s AND status = 'converted'",
            checkout,
        )
        >= 1
    )
    paid = stack.rows(
        "SELECT status, amount, currency FROM payments_payment WHERE order_id = %s AND role = 'order'",
        order["id"],
    )
    assert paid == [{"status": "approved", "amount": order["total"], "currency": order["currency"]}]
    assert (
        stack.value(
            "SELECT count(*) FROM orders_cartline l JOIN orders_checkoutsession s ON s.cart_id = l.cart_id WHERE s.id = %s",
            checkout,
        )
        == 0
    )
    stack.manage("send_outbox")
    stack.eventually(
        "SELECT count(*) FROM core_emaillog WHERE kind LIKE 'order%%' AND trail = %s AND status = 'sent'",
        checkout,
        equals=1,
    )
    number: int = order["number"]
    return number


def stock_is_true(stack: Stack) -> None:
    """Check the ledger against the levels: on_hand = Σ movements, reserved = Σ active reservations, none negative."""
    wrong = stack.rows(
        """
        SELECT s.id FROM inventory_stocklevel s
         WHERE s.on_hand <> (SELECT coalesce(sum(m.quantity), 0) FROM inventory_stockmovement m WHERE m.level_id = s.id)
            OR s.reserved <> (SELECT coalesce(sum(r.quantity), 0) FROM inventory_reservation r
                               WHERE r.level_id = s.id AND r.status = 'active')
            OR s.on_hand < 0 OR s.reserved < 0
        """
    )
    assert wrong == []


def ledger(stack: Stack, since: datetime, *goods: Goods) -> dict[str, dict[str, int]]:
    """Return what moved of each of the goods since then, by the kind of the movement; places are not told apart."""
    rows = stack.rows(
        "SELECT v.sku, m.kind, sum(m.quantity)::int AS units FROM inventory_stockmovement m"
        " JOIN catalog_variant v ON v.id = m.variant_id WHERE m.occurred_at >= %s AND v.sku = ANY(%s) AND m.kind NOT LIKE 'transfer%%'"
        " GROUP BY v.sku, m.kind HAVING sum(m.quantity) <> 0",
        since,
        [one.sku for one in goods],
    )
    found: dict[str, dict[str, int]] = {one.sku: {} for one in goods}
    for row in rows:
        found[row["sku"]][row["kind"]] = row["units"]
    return found


def books_agree(stack: Stack, order: object, *, back: Decimal) -> None:
    """Check that so much of an order went back, and that provider, payment, refunds and what is owed say the same."""
    owed = "SELECT coalesce(sum(amount), 0) FROM orders_reimbursement WHERE order_id = %s AND status = 'paid'"
    stack.eventually(owed, order, equals=back)
    refunded = (
        "SELECT coalesce(sum(r.amount), 0) FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id"
        " WHERE p.order_id = %s AND r.status = 'succeeded'"
    )
    stack.eventually(refunded, order, equals=back)
    paid = stack.rows("SELECT * FROM payments_payment WHERE order_id = %s", order)
    assert sum(one["refunded_amount"] for one in paid) == back
    assert sum((_at_provider(stack, one["gateway"], one["external_id"]) for one in paid), Decimal(0)) == back
    open_ones = "SELECT count(*) FROM orders_reimbursement WHERE order_id = %s AND status <> 'paid'"
    assert stack.value(open_ones, order) == 0


def _at_provider(stack: Stack, gateway: str, payment: str) -> Decimal:
    """Return what the provider itself has paid back of a payment."""
    if gateway == "mercadopago":
        (found,) = [one for one in stack.control("payments") if str(one["id"]) == payment]
        return Decimal(str(found["transaction_amount_refunded"])).quantize(Decimal("0.01"))
    (found,) = [one for one in stack.control("charges") if one["payment_intent"] == payment]
    return Decimal(found["amount_refunded"]) / 100


def documents(stack: Stack, order: object) -> list[tuple[str, Decimal]]:
    """Wait until an order's documents are issued; return their kinds and totals as they were issued.

    The tax office has each of them with its sum.
    """
    pending = "SELECT count(*) FROM orders_invoice WHERE order_id = %s AND status <> 'authorised'"
    stack.eventually(pending, order, equals=0)
    rows = stack.rows("SELECT * FROM orders_invoice WHERE order_id = %s ORDER BY issued_at", order)
    office = {one["CAE"]: Decimal(one["ImpTotal"]) for one in stack.control("documents")}
    assert [office[row["authorisation"]] for row in rows] == [row["total"] for row in rows]
    return [(row["kind"], row["total"]) for row in rows]
