"""The stock's data: locations, levels, the ledger and reservations."""

from inventory.models.alerts import AlertFiring, StockAlert
from inventory.models.counts import StockCount, StockCountEntry, StockCountLine
from inventory.models.exchange import ImportedRow, ImportIssue, ImportJob
from inventory.models.exports import ExportJob, ExportPart
from inventory.models.levels import Location, StockLevel, StockMovement
from inventory.models.proofs import StockCheck, StockRepair, StockViolation
from inventory.models.purchasing import (
    PurchaseOrder,
    PurchaseOrderLine,
    PurchaseReceipt,
    PurchaseReceiptLine,
)
from inventory.models.reservations import Reservation
from inventory.models.transfers import Transfer, TransferLine

__all__ = [
    "AlertFiring",
    "ExportJob",
    "ExportPart",
    "ImportIssue",
    "ImportJob",
    "ImportedRow",
    "Location",
    "PurchaseOrder",
    "PurchaseOrderLine",
    "PurchaseReceipt",
    "PurchaseReceiptLine",
    "Reservation",
    "StockAlert",
    "StockCheck",
    "StockCount",
    "StockCountEntry",
    "StockCountLine",
    "StockLevel",
    "StockMovement",
    "StockRepair",
    "StockViolation",
    "Transfer",
    "TransferLine",
]
