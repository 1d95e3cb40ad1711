"""Andreani (Argentina): docs/carriers/andreani.md."""

from orders.shipping.carriers.andreani.carrier import from_settings

__all__ = ["from_settings"]
