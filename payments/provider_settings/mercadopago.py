"""Mercado Pago's settings, and which values are refused at the start."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import LazySettings

from shop.core.configuration.env import Env
from shop.core.configuration.problems import Problem, Settings, is_public_host, weak_webhook_secrets

CREDENTIALS = ("MERCADOPAGO_ACCESS_TOKEN", "MERCADOPAGO_WEBHOOK_SECRETS", "MERCADOPAGO_COLLECTOR_ID")
_DEMO_COLLECTOR = "724484980"


def read(env: Env, *, is_asked: bool, sandbox_url: str) -> dict[str, object]:
    """Return the settings by name."""
    # False: payments of the test mode (`live_mode: false`) are the shop's too.
    is_live = env.flag("MERCADOPAGO_LIVEMODE", default=not env.development)
    if not is_live and not env.development:
        env.refuse("MERCADOPAGO_LIVEMODE", "must be on when DEBUG is off: test cards would place orders.")
    return {
        "MERCADOPAGO_ACCESS_TOKEN": env.secret(
            "MERCADOPAGO_ACCESS_TOKEN", development="APP_USR-sandbox-0123456789"
        )
        if is_asked
        else "",
        "MERCADOPAGO_WEBHOOK_SECRETS": env.words(
            "MERCADOPAGO_WEBHOOK_SECRETS", default=["sandbox-secret"], secret=True
        )
        if is_asked
        else [],
        "MERCADOPAGO_COLLECTOR_ID": env.digits(
            "MERCADOPAGO_COLLECTOR_ID", default=_DEMO_COLLECTOR, development_only=True
        )
        if is_asked
        else "",
        "MERCADOPAGO_LIVEMODE": is_live,
        "MERCADOPAGO_MAX_INSTALLMENTS": env.whole(
            "MERCADOPAGO_MAX_INSTALLMENTS", default=6, minimum=1, maximum=36
        ),
        "MERCADOPAGO_API_BASE": env.url(
            "MERCADOPAGO_API_BASE", default=f"{sandbox_url}/mp" if sandbox_url else ""
        ),
    }


def problems(values: Settings, *, is_offered: bool, is_asked: bool) -> Iterator[Problem]:
    """Yield a return address that it would refuse and, in production, test credentials and weak secrets."""
    if is_offered:
        yield from _return_address(values)
    if values["DEBUG"] or not is_asked:
        return
    token = values["MERCADOPAGO_ACCESS_TOKEN"]
    if token.startswith("TEST-"):
        yield (
            "MERCADOPAGO_ACCESS_TOKEN",
            "is a test credential: with DEBUG off only a production one (APP_USR-…) is taken.",
        )
    elif not token.startswith("APP_USR-"):
        yield "MERCADOPAGO_ACCESS_TOKEN", "must be a production access token: it begins with APP_USR-."
    if values["MERCADOPAGO_COLLECTOR_ID"] == _DEMO_COLLECTOR:
        yield "MERCADOPAGO_COLLECTOR_ID", "still has its value of the demo."
    yield from weak_webhook_secrets(values, "MERCADOPAGO_WEBHOOK_SECRETS")


def pages(*, is_offered: bool) -> list[str]:
    """Return the hosts of its pages; purchases begun before it was taken out of the offer lead there still."""
    return ["https://*.mercadopago.com", "https://*.mercadopago.com.ar", "https://*.mercadolibre.com"]


def _return_address(values: Settings) -> Iterator[Problem]:
    """Mercado Pago itself refuses a preference whose return address is not public https ("auto_return invalid")."""
    parts = urlsplit(values["SITE_URL"])
    is_fit = parts.scheme == "https" and is_public_host(parts.hostname or "")
    if not is_fit and not _is_on_this_machine(values["MERCADOPAGO_API_BASE"]):
        sentence = (
            f"must be a public https:// address as soon as Mercado Pago itself is asked, not {values['SITE_URL']}: it "
            "refuses others as return addresses. Open a tunnel to this machine and write its address here (README: "
            "a first try with real keys), or take mercadopago out of PAYMENT_GATEWAYS."
        )
        yield "SITE_URL", sentence


def _is_on_this_machine(base: str) -> bool:
    host = urlsplit(base).hostname
    return bool(host) and not is_public_host(host or "")


def installments(settings: LazySettings) -> int:
    """Return the most cuotas that its page offers in the shop's currency; 1: none."""
    most: int = settings.MERCADOPAGO_MAX_INSTALLMENTS
    return most


def voucher_ttl(settings: LazySettings) -> timedelta | None:
    """Return how long its vouchers may be paid, where they have a clock of their own; None: the common one."""
    return None
