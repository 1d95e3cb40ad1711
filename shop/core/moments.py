"""Moments as text, for machines."""

from datetime import UTC, datetime


def moment(value: datetime) -> str:
    """Return a moment as the API writes it: UTC, whole seconds, "2025-11-12T05:28:54Z"."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
