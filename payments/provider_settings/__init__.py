"""Settings of each provider from the environment, what is refused at the start, and the hosts of its pages.

One module for each provider, named after its code. `shop.settings` asks all of them before there are any settings, so
nothing here may need Django's, or a provider's SDK.
"""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from django.conf import LazySettings

from shop.core.configuration.env import Env
from shop.core.configuration.problems import Problem, Settings


class ProviderSettings(Protocol):
    """What a provider's module offers. `CREDENTIALS` names the keys without which it cannot be asked."""

    CREDENTIALS: tuple[str, ...]

    def read(self, env: Env, *, is_asked: bool, sandbox_url: str) -> dict[str, object]:
        """Return its settings by name. `sandbox_url` is empty where there is no sandbox.

        Unless it `is_asked`, its credentials are empty and not required: the shop has no account there.
        """

    def problems(self, values: Settings, *, is_offered: bool, is_asked: bool) -> Iterator[Problem]:
        """Yield what stops the start, with DEBUG on or off."""

    def pages(self, *, is_offered: bool) -> list[str]:
        """Return the hosts that the pay button leads to, as sources of the Content-Security-Policy."""

    def installments(self, settings: object) -> int:
        """Return the most cuotas that its page offers in the shop's currency; 1: none."""

    def voucher_ttl(self, settings: LazySettings) -> timedelta | None:
        """Return how long its vouchers may be paid, where they have a clock of their own; None: the common one."""


def read(env: Env, *, offered: Sequence[str], sandbox_url: str) -> dict[str, object]:
    """Return every provider's settings by name; `env` collects the errors."""
    found: dict[str, object] = {}
    for code, provider in _providers():
        # Who was offered once keeps its credentials: refunds and disputes of earlier payments still need them. So
        # credentials that are there are judged, and half of them is a mistake.
        is_asked = env.development or code in offered or env.has(*provider.CREDENTIALS)
        env.advice = f"Or take {code} out of PAYMENT_GATEWAYS." if code in offered else ""
        found |= provider.read(env, is_asked=is_asked, sandbox_url=sandbox_url)
    env.advice = ""
    return found


def problems(values: Settings) -> Iterator[Problem]:
    """Yield what stops the start, of every provider."""
    for code, provider in _providers():
        is_offered = code in values["PAYMENT_GATEWAYS"]
        is_asked = is_offered or any(values.get(key) for key in provider.CREDENTIALS)
        yield from provider.problems(values, is_offered=is_offered, is_asked=is_asked)


def without_credentials(settings: object) -> list[str]:
    """Return the codes of the providers that a shop with these settings (Django's) cannot ask anything."""
    return [
        code
        for code, provider in _providers()
        if not all(getattr(settings, key) for key in provider.CREDENTIALS)
    ]


def is_absent(code: str, settings: object) -> bool:
    """Say whether this shop has nothing to do with a provider: it does not offer it, and has no account there."""
    return code not in settings.PAYMENT_GATEWAYS and code in without_credentials(settings)  # type: ignore[attr-defined]


def pages(offered: Sequence[str]) -> list[str]:
    """Return the hosts that a pay button of this shop may lead to."""
    return [page for code, provider in _providers() for page in provider.pages(is_offered=code in offered)]


def most_installments(settings: LazySettings) -> dict[str, int]:
    """Return the most cuotas that each provider offered finances (1: none), by its code, as the settings have them."""
    return {
        code: provider.installments(settings)
        for code, provider in _providers()
        if code in settings.PAYMENT_GATEWAYS
    }


def voucher_ttl(code: str, settings: LazySettings) -> timedelta | None:
    """Return how long a provider's vouchers may be paid, where it has a clock of its own; None: the common one."""
    return next((one.voucher_ttl(settings) for name, one in _providers() if name == code), None)


@cache
def _providers() -> tuple[tuple[str, ProviderSettings], ...]:
    found = (module.name for module in iter_modules(__path__))
    return tuple((name, cast(ProviderSettings, import_module(f"{__name__}.{name}"))) for name in found)
