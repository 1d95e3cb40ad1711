"""Stock in the back office. One module per subject; importing it registers its pages."""

from inventory.admin import alerts, bulk_levels, checks, level_actions, stock_levels, transfers
from inventory.admin.counts import counts
from inventory.admin.exchange import export_jobs, import_jobs
from inventory.admin.ledger import explanation, movements, valuation
from inventory.admin.purchasing import orders
from inventory.admin.reservations import manual, reservations

__all__ = [
    "alerts",
    "bulk_levels",
    "checks",
    "counts",
    "explanation",
    "export_jobs",
    "import_jobs",
    "level_actions",
    "manual",
    "movements",
    "orders",
    "reservations",
    "stock_levels",
    "transfers",
    "valuation",
]
