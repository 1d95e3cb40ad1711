"""The ledger: the only way to change `on_hand`. Every verb writes a movement; a trigger moves the level.

The check constraints of the level refuse a movement that would take what is reserved or not on hand
(docs/adr/0003-the-ledger-is-guarded-by-the-database.md).
"""

from inventory.ledger.movements import (
    InsufficientOnHand,
    Kind,
    MoreThanSold,
    MovementEntry,
    Receipt,
    adjust,
    ensure_levels,
    receive,
    receive_many,
    record,
    return_from_customer,
    return_to_supplier,
    sell,
    send_back_to_customer,
    write_off,
)

__all__ = [
    "InsufficientOnHand",
    "Kind",
    "MoreThanSold",
    "MovementEntry",
    "Receipt",
    "adjust",
    "ensure_levels",
    "receive",
    "receive_many",
    "record",
    "return_from_customer",
    "return_to_supplier",
    "sell",
    "send_back_to_customer",
    "write_off",
]
