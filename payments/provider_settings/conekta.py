"""Conekta's settings, and which values are refused at the start."""

import re
from collections.abc import Iterator
from datetime import timedelta

from django.conf import LazySettings

from shop.core.configuration.env import Env
from shop.core.configuration.problems import Problem, Settings

CREDENTIALS = ("CONEKTA_ACCESS_TOKEN", "CONEKTA_WEBHOOK_KEYS")
_SANDBOX_KEY = (
    "MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEA2EZWuHTPZlkUcs1mo3DE+IGgTDJdvjgh+vD/aKBNjjTs6/w30hqnZnKl"
    "44miY2ZIcl/8i8rjtg4M2e20XEvT7PvkC12PGy7i3DgqqLolY1BBQH5pncwNhrPhIiyYbuGbr7RwA5HDQm7XyEUcIfiOHFpBPueB"
    "1X0dsD8j06r/q5Us9PgvucAlc1k1Kj+eCaZbbAC8KGoM6LeLc134L7xbh5XyAhqPHQnFrgL0N16JXa2JYkuSw7pV1i6sfAoNcUDz"
    "DF7iVd4YtBHiJvo6ktTQQZgdg+oMdqOzvygjsLQhaaL/9qZ9818k9C5SVNMK6LyiE18HaGPBl6pq9cSe9xMlCQIDAQAB"
)


def read(env: Env, *, is_asked: bool, sandbox_url: str) -> dict[str, object]:
    """Return the settings by name."""
    token = env.secret("CONEKTA_ACCESS_TOKEN", development="key_sandbox0123456789") if is_asked else ""
    return {
        "CONEKTA_ACCESS_TOKEN": token,
        "CONEKTA_WEBHOOK_KEYS": env.public_keys("CONEKTA_WEBHOOK_KEYS", default=[_SANDBOX_KEY])
        if is_asked
        else [],
        "CONEKTA_LIVEMODE": env.flag("CONEKTA_LIVEMODE", default=not env.development),
        "CONEKTA_PAYMENT_METHODS": env.words(
            "CONEKTA_PAYMENT_METHODS", default=["card", "cash", "bank_transfer"]
        ),
        "CONEKTA_MAX_INSTALLMENTS": env.whole("CONEKTA_MAX_INSTALLMENTS", default=12, minimum=1, maximum=24),
        "CONEKTA_API_BASE": env.url(
            "CONEKTA_API_BASE", default=f"{sandbox_url}/conekta" if sandbox_url else ""
        ),
    }


def problems(values: Settings, *, is_offered: bool, is_asked: bool) -> Iterator[Problem]:
    """Yield, in production, test keys: they take no real money."""
    if values["DEBUG"] or not is_asked:
        return
    token = values["CONEKTA_ACCESS_TOKEN"]
    if re.match(r"(?i)key_(test|sandbox)", token):
        yield "CONEKTA_ACCESS_TOKEN", "is a test key: with DEBUG off only a production one is taken."
    elif not token.startswith("key_"):
        yield "CONEKTA_ACCESS_TOKEN", "must be a private key: it begins with key_."
    if not values["CONEKTA_LIVEMODE"]:
        yield "CONEKTA_LIVEMODE", "is off while DEBUG is off: every real payment would be refused."


def pages(*, is_offered: bool) -> list[str]:
    """Return the hosts of its page."""
    return ["https://pay.conekta.com", "https://pay.conekta.io"] if is_offered else []


def installments(settings: LazySettings) -> int:
    """Return the most cuotas that its page offers in the shop's currency; 1: none."""
    most: int = settings.CONEKTA_MAX_INSTALLMENTS
    return most if settings.SHOP_CURRENCY == "MXN" else 1


def voucher_ttl(settings: LazySettings) -> timedelta | None:
    """Return how long its vouchers may be paid, where they have a clock of their own; None: the common one."""
    return None
