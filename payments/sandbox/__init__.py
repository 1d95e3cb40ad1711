"""A stand-in for Mercado Pago and Stripe that runs on this machine only.

The shop never imports this package: it knows a base URL. This package never imports the shop.
"""
