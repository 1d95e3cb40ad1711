"""The three clocks of a payment, each by its provider and method: hosted page, cash voucher, reservation.

`PAYMENT_TTL`, `CASH_VOUCHER_TTL` and `RESERVATION_MARGIN` apply to all. `PAYMENT_TTLS`, `CASH_VOUCHER_TTLS` and
`RESERVATION_MARGINS` say otherwise for a provider (`stripe`), a method by the provider's own word (`oxxo`, `pix`), or a
method of one provider (`stripe/oxxo`). A provider may bring a clock for its vouchers (`BANK_TRANSFER_TTL`).
"""

from collections.abc import Mapping
from datetime import datetime, timedelta

from django.conf import settings

from payments import provider_settings


def hosted(gateway: str) -> timedelta:
    """Return how long a hosted page of this provider may be paid at."""
    return _own(settings.PAYMENT_TTLS, gateway) or settings.PAYMENT_TTL


def voucher(gateway: str, method: str = "") -> timedelta:
    """Return how long a voucher may be paid; `method` in the provider's word, "": any of its methods."""
    return (
        own_voucher(gateway, method)
        or provider_settings.voucher_ttl(gateway, settings)
        or settings.CASH_VOUCHER_TTL
    )


def own_voucher(gateway: str, method: str) -> timedelta | None:
    """Return the voucher's clock that the settings name for this provider or method; None: the common one."""
    return _own(settings.CASH_VOUCHER_TTLS, gateway, method)


def voucher_ends(gateway: str, made_at: datetime) -> dict[str, datetime]:
    """Return when the vouchers of single methods end, of those that the settings name, counted from `made_at`."""
    names = {
        name.rpartition("/")[2]
        for name in settings.CASH_VOUCHER_TTLS
        if name.startswith(f"{gateway}/") or "/" not in name
    }
    return {name: made_at + voucher(gateway, name) for name in names - {gateway}}


def margin(gateway: str, method: str = "") -> timedelta:
    """Return by how long a reservation outlives the page or the voucher.

    Money on its way shall still find the units.
    """
    return _own(settings.RESERVATION_MARGINS, gateway, method) or settings.RESERVATION_MARGIN


def _own(clocks: Mapping[str, timedelta], gateway: str, method: str = "") -> timedelta | None:
    """Return the most specific setting: of the method at the provider, of the method, of the provider."""
    method = method.lower()
    names = [f"{gateway}/{method}", method, gateway] if method else [gateway]
    return next((clocks[name] for name in names if name in clocks), None)
