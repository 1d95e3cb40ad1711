"""Checks of the stack's rows after a journey."""

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
