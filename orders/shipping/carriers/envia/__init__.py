"""Envia.com, one account for many carriers in several countries: docs/carriers/envia.md."""

from orders.shipping.carriers.envia.carrier import from_settings

__all__ = ["from_settings"]
