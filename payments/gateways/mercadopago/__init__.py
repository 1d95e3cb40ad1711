"""Mercado Pago: Checkout Pro preferences, through the official SDK."""

from payments.gateways.mercadopago.gateway import MercadoPago, from_settings

__all__ = ["MercadoPago", "from_settings"]
