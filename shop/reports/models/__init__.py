"""Rows of the reports: what counts as a sale, its sums by day, what is to be counted again, and the report rows."""

from shop.reports.models.changes import ReportChange
from shop.reports.models.days import CheckoutDay, ProductDay, ProductPeriod, SalesDay
from shop.reports.models.entries import SalesEntry, SoldLine
from shop.reports.models.rows import Report

__all__ = [
    "CheckoutDay",
    "ProductDay",
    "ProductPeriod",
    "Report",
    "ReportChange",
    "SalesDay",
    "SalesEntry",
    "SoldLine",
]
