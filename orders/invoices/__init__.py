"""Invoices: what is issued for an order, under which number, and what credits it (docs/invoices.md)."""
