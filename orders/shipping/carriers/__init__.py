"""The carriers: a plain dict. A new one is a module, its tests, its settings and one line here.

`get` returns a carrier inside its guard (a slot, a circuit, one time budget), where every error has become an outcome.
"""

from functools import lru_cache
from importlib import import_module
from threading import Lock
from typing import Final

from django.conf import settings

from orders.shipping.carriers.base import Carrier, Patience
from orders.shipping.carriers.shield import Shield, party_of
from shop.core.protection import circuits

# The module behind each code; it offers `from_settings(patience)`. It is imported when the carrier is first asked for.
CARRIERS: Final[dict[str, str]] = {
    "manual": "orders.shipping.carriers.manual",
    "table": "orders.shipping.carriers.table",
    "andreani": "orders.shipping.carriers.andreani",
    "envia": "orders.shipping.carriers.envia",
}

# Those that make no call: a shop always has them.
WITHOUT_CALLS: Final = ("table", "manual")

NAMES: Final[dict[str, str]] = {"andreani": "Andreani", "envia": "Envia.com"}

_lock = Lock()


class UnknownCarrier(LookupError):
    """There is no such carrier. Trying again never helps."""


def name_of(code: str) -> str:
    """Return the carrier's name as people know it, without importing its module."""
    return NAMES.get(code, code.capitalize())


def for_pages() -> Patience:
    """Return the time-outs of a page: one try, and the method's own rate when it fails."""
    seconds = float(min(settings.CARRIER_PAGE_SECONDS, settings.CARRIER_TIMEOUT))
    return Patience(timeout=seconds, retries=0, total=seconds)


def for_jobs() -> Patience:
    """Return the time-outs of a job, which nobody waits for."""
    seconds = float(settings.CARRIER_TIMEOUT)
    return Patience(timeout=seconds, retries=2, total=4 * seconds)


def get(code: str, patience: Patience | None = None) -> Shield:
    """Return the carrier `code` inside its guard, made once per process and patience; safe from any thread.

    Raises:
        UnknownCarrier: there is none such.
    """
    if code not in CARRIERS:
        raise UnknownCarrier(code)
    with _lock:
        return _made(code, patience or for_jobs())


def offered() -> list[str]:
    """Return the codes of the carriers that this shop works with: those of SHIPPING_CARRIERS and those without
    calls.
    """
    return [*WITHOUT_CALLS, *settings.SHIPPING_CARRIERS]


def is_asked(code: str) -> bool:
    """Say whether this carrier is asked for prices and labels by this shop."""
    return code in settings.SHIPPING_CARRIERS


def forget() -> None:
    """Drop the clients, and what is known of their silence (tests, rotated credentials)."""
    _made.cache_clear()
    circuits.forget(*map(party_of, CARRIERS))


@lru_cache(maxsize=32)
def _made(code: str, patience: Patience) -> Shield:
    carrier: Carrier = import_module(CARRIERS[code]).from_settings(patience)
    return Shield(carrier, patience)
