"""Dates as Mercado Pago writes them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone

MP_ZONE = timezone(timedelta(hours=-3))


def mp_date(stamp: float) -> str:
    """Write unix seconds as Mercado Pago does: ``2026-01-01T01:00:00.000-03:00``."""
    moment = datetime.fromtimestamp(stamp, MP_ZONE)
    return moment.strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}-03:00"
