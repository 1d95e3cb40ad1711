"""A third carrier, as docs/adding-a-carrier.md says to write one: this folder alone, and one dictionary line in its test."""

from orders.tests.shipping.tortuga.carrier import from_settings

__all__ = ["from_settings"]
