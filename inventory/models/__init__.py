"""The stock's data: places, levels, the ledger, and what is held."""

from inventory.models.exchange import ImportedRow, ImportIssue, ImportJob
from inventory.models.levels import Location, StockLevel, StockMovement
from inventory.models.reservations import Reservation

__all__ = [
    "ImportIssue",
    "ImportJob",
    "ImportedRow",
    "Location",
    "Reservation",
    "StockLevel",
    "StockMovement",
]
