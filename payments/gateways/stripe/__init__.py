"""Stripe: Checkout Sessions on Stripe's own page, through the official SDK."""

from payments.gateways.stripe.gateway import Stripe, from_settings

__all__ = ["Stripe", "from_settings"]
