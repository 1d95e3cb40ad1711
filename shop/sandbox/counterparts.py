"""Counterparts that join the sandbox by themselves: a folder beside this file with a module `counterpart`.

Mercado Pago's and Stripe's, with which the sandbox was built, stand in its own tables. Any other provider's is one
folder: its routes, notifications, operator's actions and rows are found here, and nothing else names it.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Container, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from shop.sandbox.engine import DueHandler, Sandbox
    from shop.sandbox.overview import Row
    from shop.sandbox.router import Router
    from shop.sandbox.store import JsonDict, Record
    from shop.sandbox.webhooks import Writer

HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterpart:
    """One provider's stand-in, as the sandbox sees it.

    ``prefix`` begins its paths, ``setting`` is the shop's key for its address. ``schedule`` are the seconds before each
    try of a notification, ``timeout`` how long a try may take, ``accepted`` the answers that end the trying.
    ``refusals`` are the exceptions by which its actions say no. ``configure`` reads what it needs from the shop's
    settings (kept in ``SandboxConfig.options`` under its code).
    """

    code: str
    name: str
    prefix: str
    setting: str
    routes: Callable[[Router], None]
    writers: Callable[[Sandbox], Mapping[str, Writer]]
    rows: Callable[[Sandbox, int], list[Row]]
    actions: Mapping[str, Callable[[Sandbox, str, JsonDict], Record]]
    labels: Mapping[str, str]
    collections: Mapping[str, tuple[str, ...]]
    describe_delivery: Callable[[Sandbox, JsonDict], str]
    schedule: tuple[float, ...]
    timeout: float
    accepted: Container[int] = range(200, 300)
    on_due: Mapping[str, DueHandler] = field(default_factory=dict)
    refusals: tuple[type[Exception], ...] = ()
    configure: Callable[[Any], JsonDict] = lambda _settings: {}


@cache
def found() -> dict[str, Counterpart]:
    """Return the counterparts by code, in the order of their folders' names."""
    folders = sorted(module.name for module in pkgutil.iter_modules([str(HERE)]) if module.ispkg)
    names = [f"shop.sandbox.{folder}.counterpart" for folder in folders if folder != "tests"]
    made = [import_module(name).COUNTERPART for name in names if find_spec(name)]
    return {counterpart.code: counterpart for counterpart in made}


def template_folders() -> list[str]:
    """Return the folders with the counterparts' own pages."""
    return [str(folder) for folder in sorted(HERE.glob("*/templates"))]
