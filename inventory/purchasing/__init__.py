"""Buying: purchase orders to suppliers, received in parts. Receipts are booked by the ledger, as its cause.

Locks: the purchase order, then the stock levels by primary key (through the movements).
"""

from inventory.purchasing.orders import (
    CostUnclear,
    Delivered,
    DeliveryNoteTaken,
    NothingInIt,
    NotOpen,
    OverDelivery,
    Wanted,
    close,
    draft,
    next_number,
    place,
    receive,
)

__all__ = [
    "CostUnclear",
    "Delivered",
    "DeliveryNoteTaken",
    "NotOpen",
    "NothingInIt",
    "OverDelivery",
    "Wanted",
    "close",
    "draft",
    "next_number",
    "place",
    "receive",
]
