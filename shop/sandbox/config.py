"""The configuration of the sandbox."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from shop.sandbox.store import JsonDict

LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})


class SandboxRefused(Exception):
    """The sandbox may not run here; the message says what to set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SandboxConfig:
    """The configuration of a running sandbox.

    ``retry_scale`` multiplies the counterparts' retry schedules (0.001: fifteen minutes become 0.9 s).
    ``webhook_delay`` is the pause in seconds before the first delivery. ``seed`` makes ids repeatable. ``options`` are
    those of the counterparts (keys, secrets, their own switches), by their code.
    """

    data_path: Path
    site_url: str = "http://127.0.0.1:8000"
    retry_scale: float = 0.001
    webhook_delay: float = 0.5
    seed: str | None = None
    options: Mapping[str, JsonDict] = field(default_factory=dict)

    def may_deliver_to(self, url: str) -> bool:
        """Return whether a webhook may be sent to ``url``: this machine or the shop's own host only."""
        host = (urlsplit(url).hostname or "").lower()
        return is_loopback(host) or host == (urlsplit(self.site_url).hostname or "").lower()


def require_permission(settings: Any) -> None:
    """Let the sandbox run on a developer's machine only.

    Raises:
        SandboxRefused: DEBUG or SANDBOX_ENABLED is off.
    """
    if not settings.DEBUG:
        raise SandboxRefused("The payment sandbox only runs with DEBUG on: it accepts invented money.")
    if not getattr(settings, "SANDBOX_ENABLED", False):
        raise SandboxRefused("The payment sandbox is switched off: set SANDBOX_ENABLED=true to use it.")


def is_loopback(host: str) -> bool:
    """Return whether ``host`` names this machine."""
    return host in LOOPBACK_NAMES or host.endswith(".localhost")


def default_data_path(settings: Any) -> Path:
    """Return the default path of the sandbox's state."""
    folder = getattr(settings, "DATA_DIR", None) or Path(settings.BASE_DIR) / ".data"
    return Path(folder) / "sandbox.sqlite3"


def required(settings: Any, name: str) -> Any:
    """Return a setting that a counterpart requires.

    Raises:
        SandboxRefused: it is missing or empty.
    """
    value = getattr(settings, name, None)
    if value in (None, "", []):
        raise SandboxRefused(f"The payment sandbox needs {name}: set it in .env.")
    return value


def first(settings: Any, name: str) -> str:
    """Return the first of a setting's values: the secret with which a counterpart signs.

    Raises:
        SandboxRefused: it is missing or empty.
    """
    values: Sequence[str] | str = required(settings, name)
    return values if isinstance(values, str) else str(values[0])
