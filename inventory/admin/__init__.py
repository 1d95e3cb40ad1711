"""Stock in the back office. One module per noun; importing it registers its pages."""

from inventory.admin import (
    alerts,
    bulk_levels,
    checks,
    explanation,
    level_actions,
    manual_reservations,
    movements,
    reservations,
    stock_levels,
    transfers,
    valuation,
)
from inventory.admin.counts import counts
from inventory.admin.exchange import export_jobs, import_jobs
from inventory.admin.purchasing import orders

__all__ = [
    "alerts",
    "bulk_levels",
    "checks",
    "counts",
    "explanation",
    "export_jobs",
    "import_jobs",
    "level_actions",
    "manual_reservations",
    "movements",
    "orders",
    "reservations",
    "stock_levels",
    "transfers",
    "valuation",
]
