"""A stand-in for Mercado Pago, Stripe and whoever has a folder here, that runs on this machine only.

The shop never imports this package: it knows a base URL. This package never imports the shop.
"""
