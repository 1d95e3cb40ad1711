"""Settings of each carrier from the environment, and what is refused at the start.

One module for each carrier with settings, named after its code. `shop.settings` asks all of them before there are any
settings, so nothing here may need Django's.
"""

from collections.abc import Iterator, Sequence
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from typing import Protocol, cast

from shop.core.configuration.env import Env
from shop.core.configuration.problems import Problem, Settings


class CarrierSettings(Protocol):
    """What a carrier's module offers. `CREDENTIALS` names the keys without which it cannot be asked."""

    CREDENTIALS: tuple[str, ...]

    def read(self, env: Env, *, is_asked: bool, sandbox_url: str) -> dict[str, object]:
        """Return its settings by name. `sandbox_url` is empty where there is no sandbox.

        Unless it `is_asked`, its credentials are empty and not required: the shop has no account there.
        """

    def problems(self, values: Settings, *, is_asked: bool) -> Iterator[Problem]:
        """Yield what stops the start, with DEBUG on or off."""


def read(env: Env, *, sandbox_url: str) -> dict[str, object]:
    """Return SHIPPING_CARRIERS and every carrier's settings by name; `env` collects the errors."""
    known = [code for code, _module in _carriers()]
    asked = env.words(
        "SHIPPING_CARRIERS", default=known if env.development and sandbox_url else [], empty_counts=True
    )
    found: dict[str, object] = {"SHIPPING_CARRIERS": asked}
    for code, carrier in _carriers():
        # One that was worked with once keeps its credentials: parcels under way are still followed.
        is_asked = env.development or code in asked or env.has(*carrier.CREDENTIALS)
        env.advice = f"Or take {code} out of SHIPPING_CARRIERS." if code in asked else ""
        found |= carrier.read(env, is_asked=is_asked, sandbox_url=sandbox_url)
    env.advice = ""
    return found


def problems(values: Settings) -> Iterator[Problem]:
    """Yield what stops the start: unknown carriers, a carrier without an origin, and what each carrier refuses."""
    asked: Sequence[str] = values["SHIPPING_CARRIERS"]
    known = [code for code, _module in _carriers()]
    if unknown := [code for code in asked if code not in known]:
        yield (
            "SHIPPING_CARRIERS",
            f"names unknown carriers: {', '.join(unknown)}. There are: {', '.join(known)}.",
        )
    if len(set(asked)) != len(asked):
        yield "SHIPPING_CARRIERS", "names a carrier twice."
    if asked and not values["DEBUG"]:
        for key in ("SHIPPING_ORIGIN_POSTAL_CODE", "SHIPPING_ORIGIN_STATE", "SHIPPING_ORIGIN_CITY"):
            if not values[key]:
                yield key, "is not set: carriers ask from where parcels are sent."
    for code, carrier in _carriers():
        is_asked = code in asked or any(values.get(key) for key in carrier.CREDENTIALS)
        yield from carrier.problems(values, is_asked=is_asked)


def without_credentials(settings: object) -> list[str]:
    """Return the codes of the carriers that a shop with these settings (Django's) cannot ask anything."""
    return [
        code
        for code, carrier in _carriers()
        if not all(getattr(settings, key) for key in carrier.CREDENTIALS)
    ]


@cache
def _carriers() -> tuple[tuple[str, CarrierSettings], ...]:
    found = sorted(module.name for module in iter_modules(__path__))
    return tuple((name, cast(CarrierSettings, import_module(f"{__name__}.{name}"))) for name in found)
