"""Settings of invoices from the environment: the seller's data, and each tax office's own.

One module for each tax office, named after its code. `shop.settings` asks before there are any settings, so nothing
here may need Django's.
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Final

from orders.invoice_settings import arca
from shop.core.configuration.env import Env
from shop.core.configuration.problems import Problem, Settings

PROVIDERS: Final = ("", "arca")
# Codes of `shop.core.countries`' tax conditions that a seller may have.
SELLERS: Final = ("RI", "MT", "EX")


def read(env: Env, *, tax_id: str, sandbox_url: str, folder: Path) -> dict[str, object]:
    """Return the settings by name; `env` collects the errors. `folder`: where the demo's key and certificate are."""
    provider = env.choice("FISCAL_PROVIDER", choices=PROVIDERS, default="")
    return {
        "FISCAL_PROVIDER": provider,
        "INVOICES_SINCE": _day(env, "INVOICES_SINCE", env.text("INVOICES_SINCE", default="")),
        "SELLER_TAX_CONDITION": env.choice("SELLER_TAX_CONDITION", choices=SELLERS, default="RI"),
        "SELLER_GROSS_INCOME": env.text("SELLER_GROSS_INCOME", default=""),
        "SELLER_ACTIVITY_START": _day(
            env, "SELLER_ACTIVITY_START", env.text("SELLER_ACTIVITY_START", default="")
        ),
        **arca.read(env, is_asked=provider == "arca", tax_id=tax_id, sandbox_url=sandbox_url, folder=folder),
    }


def problems(values: Settings) -> Iterator[Problem]:
    """Yield what stops the start, with DEBUG on or off."""
    if values["FISCAL_PROVIDER"] == "arca":
        yield from arca.problems(values)


def _day(env: Env, key: str, text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        env.refuse(key, f"must be a day such as 2026-01-31, not {text!r}.")
        return None
