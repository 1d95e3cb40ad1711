"""Reservations: units promised to somebody for a while. They never change `on_hand`.

Every verb is one statement or one short transaction; the order in which rows are locked is in docs/locking.md:
stock levels by primary key, then their reservations by (level, key). All comparisons of time are made by the database
with its own clock. A reservation that has expired has no owner any more: `find_active` ignores it, `expire_due`
releases it every minute, and `reserve` releases it at once when a buyer asks for the units.
"""

from inventory.reservations.active import (
    ActiveReservation,
    RenewResult,
    as_active,
    asked_active,
    asked_renewal,
    assign_to_checkout,
    extend,
    find_active,
    recognise,
    renew,
    shorten,
    transfer,
)
from inventory.reservations.allocation import InsufficientStock, Shortage
from inventory.reservations.conversion import convert
from inventory.reservations.creation import reserve, reserve_many
from inventory.reservations.expiry import expire_due
from inventory.reservations.releasing import release
from inventory.reservations.sellability import NotSellable, OverLimit
from inventory.reservations.source_limits import ReservationRefused

__all__ = [
    "ActiveReservation",
    "InsufficientStock",
    "NotSellable",
    "OverLimit",
    "RenewResult",
    "ReservationRefused",
    "Shortage",
    "as_active",
    "asked_active",
    "asked_renewal",
    "assign_to_checkout",
    "convert",
    "expire_due",
    "extend",
    "find_active",
    "recognise",
    "release",
    "renew",
    "reserve",
    "reserve_many",
    "shorten",
    "transfer",
]
