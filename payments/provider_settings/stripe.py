"""Stripe's settings, and which values are refused at the start."""

from collections.abc import Iterator
from datetime import timedelta

from django.conf import LazySettings

from shop.core.configuration.env import Env
from shop.core.configuration.problems import Problem, Settings, weak_webhook_secrets

CREDENTIALS = ("STRIPE_SECRET_KEY", "STRIPE_WEBHOOK_SECRETS")


def read(env: Env, *, is_asked: bool, sandbox_url: str) -> dict[str, object]:
    """Return the settings by name."""
    return {
        "STRIPE_SECRET_KEY": env.secret("STRIPE_SECRET_KEY", development="sk_test_sandbox0123456789")
        if is_asked
        else "",
        "STRIPE_WEBHOOK_SECRETS": env.words(
            "STRIPE_WEBHOOK_SECRETS", default=["whsec_sandbox_0123456789"], secret=True
        )
        if is_asked
        else [],
        "STRIPE_LIVEMODE": env.flag("STRIPE_LIVEMODE", default=not env.development),
        "STRIPE_MAX_INSTALLMENTS": env.whole("STRIPE_MAX_INSTALLMENTS", default=24, minimum=1, maximum=24),
        "STRIPE_API_BASE": env.url("STRIPE_API_BASE", default=f"{sandbox_url}/stripe" if sandbox_url else ""),
    }


def problems(values: Settings, *, is_offered: bool, is_asked: bool) -> Iterator[Problem]:
    """Yield, in production, test keys (they take no real money) and weak secrets."""
    if values["DEBUG"] or not is_asked:
        return
    key = values["STRIPE_SECRET_KEY"]
    if key.startswith(("sk_test_", "rk_test_")):
        yield (
            "STRIPE_SECRET_KEY",
            "is a test key: with DEBUG off only a live one (sk_live_…, rk_live_…) is taken.",
        )
    elif not key.startswith(("sk_live_", "rk_live_")):
        yield "STRIPE_SECRET_KEY", "must be a live secret key: it begins with sk_live_ or rk_live_."
    if not values["STRIPE_LIVEMODE"]:
        yield "STRIPE_LIVEMODE", "is off while DEBUG is off: every real payment would be refused."
    yield from weak_webhook_secrets(values, "STRIPE_WEBHOOK_SECRETS", prefix="whsec_")
    if any(not secret.startswith("whsec_") for secret in values["STRIPE_WEBHOOK_SECRETS"]):
        yield "STRIPE_WEBHOOK_SECRETS", "must hold signing secrets: they begin with whsec_."


def pages(*, is_offered: bool) -> list[str]:
    """Return the host of its page; purchases begun before it was taken out of the offer lead there still."""
    return ["https://checkout.stripe.com"]


def installments(settings: LazySettings) -> int:
    """Return the most cuotas that its page offers in the shop's currency; 1: none."""
    most: int = settings.STRIPE_MAX_INSTALLMENTS
    return most if settings.SHOP_CURRENCY == "MXN" else 1


def voucher_ttl(settings: LazySettings) -> timedelta | None:
    """Return how long its vouchers may be paid, where they have a clock of their own; None: the common one."""
    return None
