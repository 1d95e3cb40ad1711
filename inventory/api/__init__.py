"""Endpoints of stock, for the staff (docs/api.md)."""
