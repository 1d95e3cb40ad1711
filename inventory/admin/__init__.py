"""Stock in the back office. One module per noun; importing it registers its pages."""

from inventory.admin import (
    alerts,
    bulk_levels,
    checks,
    counts,
    explanation,
    export_jobs,
    import_jobs,
    level_actions,
    manual_reservations,
    purchasing,
    stock_levels,
    transfers,
    valuation,
)

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
    "purchasing",
    "stock_levels",
    "transfers",
    "valuation",
]
