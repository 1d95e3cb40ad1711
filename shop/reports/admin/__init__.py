"""The reports in the back office: pages with pictures and tables, and the rows that figures are the sums of."""

from shop.reports.admin.reports import ReportAdmin
from shop.reports.admin.rows import SalesEntryAdmin, SoldLineAdmin

__all__ = ["ReportAdmin", "SalesEntryAdmin", "SoldLineAdmin"]
