"""Conekta (Mexico): orders with a hosted checkout, through the official SDK."""

from payments.gateways.conekta.gateway import Conekta, from_settings

__all__ = ["Conekta", "from_settings"]
