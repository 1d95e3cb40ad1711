"""The providers of the shop: a plain dict. A third one is a module, its tests, its settings and one line here."""

from decimal import Decimal
from functools import lru_cache
from importlib import import_module
from threading import Lock
from typing import Final, cast

from django.conf import settings
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from payments.gateways.base import Gateway, Patience
from payments.gateways.limits import Bounds, bounds_of
from shop.core.protection import circuits
from shop.core.protection.guard import Guarded

# The module behind each code; it offers `from_settings(patience)`. It is imported when the gateway is first asked for,
# so that a shop pays nothing for an SDK which it does not use.
GATEWAYS: Final[dict[str, str]] = {
    "mercadopago": "payments.gateways.mercadopago",
    "stripe": "payments.gateways.stripe",
    "conekta": "payments.gateways.conekta",
    "transfer": "payments.gateways.transfer",
}

# Names of providers where the capitalised code is not the name; read without importing an SDK.
NAMES: Final[dict[str, StrOrPromise]] = {
    "mercadopago": "Mercado Pago",
    "transfer": gettext_lazy("Bank transfer"),
}

_lock = Lock()


class UnknownGateway(LookupError):
    """No such provider, or one that this shop does not offer. Trying again never helps."""


def name_of(code: str) -> str:
    """Return the provider's name as people know it, without importing its SDK."""
    return str(NAMES.get(code, code.capitalize()))


def for_pages() -> Patience:
    """Return the time-outs of a page that only shows a status: it shows "confirming" instead of waiting."""
    return _short()


def for_paying() -> Patience:
    """Return the time-outs of the shopper who pressed Pay: one try, and a page that says so when it fails."""
    return _short()


def for_jobs() -> Patience:
    """Return the time-outs of a job, which nobody waits for."""
    seconds = float(settings.PAYMENT_TIMEOUT)
    return Patience(timeout=seconds, retries=2, total=4 * seconds)


def _short() -> Patience:
    """Short time-outs: somebody waits, and a thread of the web server with them."""
    seconds = float(min(settings.PAYMENT_PAGE_SECONDS, settings.PAYMENT_TIMEOUT))
    return Patience(timeout=seconds, retries=0, total=seconds)


def get(code: str, patience: Patience | None = None) -> Gateway:
    """Return the gateway `code` inside its guard, made once per process and patience; safe from any thread.

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


def read_libraries() -> None:
    """Import what the gateways that this shop offers are made of, their providers' libraries above all."""
    for code in settings.PAYMENT_GATEWAYS:
        if code in GATEWAYS:
            import_module(GATEWAYS[code])


def bounds(code: str, currency: str) -> Bounds:
    """Return the bounds of one payment at this provider, from its own table and the shop's `PAYMENT_LIMITS`."""
    return _bounds(get(code, for_paying()), code, currency)


def _bounds(gateway: Gateway, code: str, currency: str) -> Bounds:
    own = settings.PAYMENT_LIMITS.get(f"{code}/{currency.upper()}", (None, None))
    return bounds_of(gateway.limits, currency, own)


def takes(code: str, amount: Decimal, currency: str) -> bool:
    """Say whether this provider takes a payment of this amount (major units) in this currency."""
    gateway = get(code, for_paying())
    known = gateway.currencies
    return (not known or currency.upper() in known) and _bounds(gateway, code, currency).takes(amount)


def forget() -> None:
    """Drop the clients, so that the next ones read the settings again (tests, rotated credentials).

    What is known of the providers' silence is forgotten too: it was another address that did not answer.
    """
    _made.cache_clear()
    circuits.forget(*GATEWAYS)


@lru_cache(maxsize=32)
def _made(code: str, patience: Patience) -> Gateway:
    return cast(Gateway, Guarded(import_module(GATEWAYS[code]).from_settings(patience), patience))
