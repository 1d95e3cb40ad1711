"""Endpoints of paying, and the contracts that end in a payment (docs/api.md)."""
