"""What `/healthz/` shows beside the database: apps contribute parts, so that a lower app's page shows a higher one's.

A degraded part needs people's attention: it takes no server out of the load balancer.
"""

import logging
from collections.abc import Callable

from shop.core.json_types import JsonMapping, JsonObject

log = logging.getLogger(__name__)

# Returns JSON; its `is_degraded` decides the overall status.
Part = Callable[[], JsonMapping]
_parts: dict[str, Part] = {}


def contribute(name: str, part: Part) -> None:
    """Add a part to the health page; the same name again replaces it."""
    _parts[name] = part


def tell() -> dict[str, JsonObject]:
    """Return every part by name; one that raises is degraded without details."""
    return {name: _report(name, part) for name, part in _parts.items()}


def _report(name: str, part: Part) -> dict[str, object]:
    try:
        return dict(part())
    except Exception:  # the health page must not fail
        log.exception("The health of %s cannot be told", name)
        return {"is_degraded": True}
