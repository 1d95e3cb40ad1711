"""The providers of the shop: a plain dict. A third one is a module, its tests, its settings and one line here."""

from functools import lru_cache
from importlib import import_module
from threading import Lock
from typing import Final

from django.conf import settings

from payments.gateways.base import Gateway, Patience

# The module behind each code; it offers `from_settings(patience)`. It is imported when the gateway is first asked for,
# so that a shop pays nothing for an SDK which it does not use.
GATEWAYS: Final[dict[str, str]] = {
    "mercadopago": "payments.gateways.mercadopago",
    "stripe": "payments.gateways.stripe",
    "conekta": "payments.gateways.conekta",
}

_lock = Lock()


class UnknownGateway(LookupError):
    """No such provider, or one that this shop does not offer. Trying again never helps."""


def for_pages() -> Patience:
    """Return the patience of a page that only looks: it shows "confirming" instead of waiting (DESIGN §5)."""
    return Patience(timeout=min(4.0, float(settings.PAYMENT_TIMEOUT)), retries=0)


def for_paying() -> Patience:
    """Return the patience of the shopper who pressed Pay: one try, and an honest page when it fails."""
    return Patience(timeout=float(settings.PAYMENT_TIMEOUT), retries=0)


def for_jobs() -> Patience:
    """Return the patience of a job, which nobody waits for (PROVIDERS §6)."""
    return Patience(timeout=float(settings.PAYMENT_TIMEOUT), retries=2)


def get(code: str, patience: Patience | None = None) -> Gateway:
    """Return the gateway `code`, made once per process and patience; safe from any thread.

    Raises:
        UnknownGateway: there is none such.
    """
    if code not in GATEWAYS:
        raise UnknownGateway(code)
    with _lock:
        return _made(code, patience or for_jobs())


def offered() -> list[Gateway]:
    """Return the gateways that this shop offers, in the order of PAYMENT_GATEWAYS."""
    return [get(code, for_paying()) for code in settings.PAYMENT_GATEWAYS]


def forget() -> None:
    """Throw the clients away, so that the next ones read the settings anew (tests, rotated credentials)."""
    _made.cache_clear()


@lru_cache(maxsize=32)
def _made(code: str, patience: Patience) -> Gateway:
    made: Gateway = import_module(GATEWAYS[code]).from_settings(patience)
    return made
