"""Endpoints of the cart, checkouts, orders and instalments (docs/api.md)."""
