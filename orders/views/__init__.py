"""Screens of the cart, the checkout and the orders: each parses, makes one domain call, and renders."""
