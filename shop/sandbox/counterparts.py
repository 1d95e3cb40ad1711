"""The counterparts that this sandbox plays: every folder beside this file with a module `counterpart`.

To add one, write its folder; nothing else names it. Its interface: `shop.sandbox.engine.Counterpart`.
"""

from __future__ import annotations

import pkgutil
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from shop.sandbox.engine import Counterpart

HERE = Path(__file__).parent


@cache
def found() -> dict[str, Counterpart]:
    """Return the counterparts by code, in the order of their folders' names."""
    folders = sorted(module.name for module in pkgutil.iter_modules([str(HERE)]) if module.ispkg)
    names = [f"{__package__}.{folder}.counterpart" for folder in folders]
    made: list[Counterpart] = [import_module(name).COUNTERPART for name in names if find_spec(name)]
    return {counterpart.code: counterpart for counterpart in made}
