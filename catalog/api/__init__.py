"""Endpoints of the catalogue (docs/api.md)."""
