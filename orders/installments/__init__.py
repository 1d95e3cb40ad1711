"""Purchases paid in the shop's own instalments: what becomes of a plan."""
