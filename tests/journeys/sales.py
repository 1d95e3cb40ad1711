"""Orders of a journey: bought by a guest, sent by the warehouse, and what the stack's rows say of them."""

from datetime import datetime
from pathlib import Path
from typing import Any

from PIL import Image

from tests.journeys.clerk import Clerk
from tests.journeys.shopper import Goods, Shopper
from tests.journeys.stack import Stack


def lines_of(stack: Stack, order: object) -> dict[str, Any]:
    """Return the keys of an order's lines by SKU, those of replacements as well."""
    rows = stack.rows("SELECT id, sku FROM orders_orderline WHERE order_id = %s", order)
    return {row["sku"]: row["id"] for row in rows}


def shipments_of(stack: Stack, order: object) -> list[Any]:
    rows = stack.rows("SELECT id FROM orders_shipment WHERE order_id = %s ORDER BY ordinal", order)
    return [row["id"] for row in rows]


def bought(
    stack: Stack, visitor: Shopper, email: str, *goods: Goods, gateway: str = "mercadopago", cuit: str = ""
) -> Any:
    """Buy one unit of each of the goods, as a guest; return the order's row."""
    for one in goods:
        visitor.add(one)
    visitor.check_out(email=email, cuit=cuit).go_to_pay(gateway).pay_there().come_back().sees_the_order()
    (order,) = stack.rows("SELECT * FROM orders_order WHERE email = %s", email)
    return order


def send(clerk: Clerk, order: object, units: dict[object, int], *codes: str, tracking: str = "") -> object:
    """Prepare, pack by scan and send units of an order's lines; return the shipment's key."""
    clerk.open_order(order).prepare(units)
    shipment = shipments_of(clerk.stack, order)[-1]
    clerk.pack(shipment, *codes)
    clerk.open_order(order).act(f"/{shipment}/act/ship/", {"tracking_number": tracking})
    return shipment


def now(stack: Stack) -> datetime:
    at: datetime = stack.value("SELECT clock_timestamp()")
    return at


def state_of(stack: Stack, order: object) -> str:
    state: str = stack.value("SELECT status FROM orders_order WHERE id = %s", order)
    return state


def in_state(stack: Stack, table: str, order: object) -> list[str]:
    """Return the states of an order's rows of a table, as they were made."""
    query = f"SELECT status FROM {table} WHERE order_id = %s ORDER BY created_at"  # A test's constant.
    return [row["status"] for row in stack.rows(query, order)]


def delivered(clerk: Clerk, order: object, units: dict[object, int], *codes: str) -> object:
    """Send units of an order's lines and mark the shipment as delivered; return its key."""
    shipment = send(clerk, order, units, *codes)
    clerk.open_order(order).act(f"/{shipment}/act/deliver/")
    return shipment


def photo(folder: Path) -> Path:
    """Write a picture as a buyer would send it."""
    file = folder / "photo.jpg"
    Image.new("RGB", (640, 480), "beige").save(file)
    return file
