"""Mercado Pago's Checkout Pro, as far as a shop sees it."""
