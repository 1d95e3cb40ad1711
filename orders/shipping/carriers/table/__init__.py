"""Prices that the merchant writes: a table by zone and weight. No call is made."""

from orders.shipping.carriers.table.carrier import from_settings

__all__ = ["from_settings"]
