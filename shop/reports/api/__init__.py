"""Endpoints of the reports, for the staff (docs/api.md)."""
