"""What `/healthz/` tells beside the database: apps contribute parts, so that a lower app's page shows a higher one's.

A part that is degraded is for people to look into: it takes no server out of the balancer.
"""

import logging
from collections.abc import Callable

from shop.core.json_types import JsonMapping, JsonObject

log = logging.getLogger(__name__)

# Returns JSON; its `is_degraded` decides the word on top.
Part = Callable[[], JsonMapping]
_parts: dict[str, Part] = {}


def contribute(name: str, part: Part) -> None:
    """Add a part to the health page; the same name again replaces it."""
    _parts[name] = part


def tell() -> dict[str, JsonObject]:
    """Return every part by name; one that fails is degraded and says nothing else."""
    return {name: _report(name, part) for name, part in _parts.items()}


def _report(name: str, part: Part) -> dict[str, object]:
    try:
        return dict(part())
    except Exception:  # a page about health must not fall ill
        log.exception("The health of %s cannot be told", name)
        return {"is_degraded": True}
