"""No test touches the network beyond this machine: sockets refuse every other address.

The database and Redis of the environment are the exception where they are on another machine on purpose.
"""

import ipaddress
import os
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import pytest

_NAMES = {"localhost", "ip6-localhost", ""}


class NetworkRefused(RuntimeError):
    """A test tried to reach another machine; it must speak to the sandbox instead."""


def allowed_hosts() -> set[str]:
    """Return the names of the servers which the environment gives the tests on purpose."""
    urls = (os.environ.get(key, "") for key in ("DATABASE_URL", "REDIS_URL"))
    return {host for host in (urlsplit(url).hostname for url in urls) if host}


def is_local(host: Any) -> bool:
    """Tell whether the host is this machine (or a server given on purpose)."""
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if host is None or host in _NAMES or host in allowed_hosts() or host == socket.gethostname():
        return True
    try:
        address = ipaddress.ip_address(str(host).split("%")[0])
    except ValueError:
        return str(host).endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _guarded(original: Callable[..., Any], position: int) -> Callable[..., Any]:
    """Wrap a socket method whose argument at `position` (from the end when negative) is an address."""

    def guarded(self: socket.socket, *arguments: Any) -> Any:
        if self.family in (socket.AF_INET, socket.AF_INET6):
            address = arguments[position]
            if not is_local(address[0]):
                raise NetworkRefused(
                    f"A test tried to reach {address[0]}:{address[1]}. Tests stay on this machine."
                )
        return original(self, *arguments)

    return guarded


def _guarded_lookup(host: Any, *arguments: Any, **keywords: Any) -> Any:
    if not is_local(host):
        raise NetworkRefused(f"A test tried to look up {host!r}. Tests stay on this machine.")
    return _lookup(host, *arguments, **keywords)


_lookup = socket.getaddrinfo
_patch = pytest.MonkeyPatch()


def pytest_configure(config: pytest.Config) -> None:
    """Put the guard in place before the first test module is imported."""
    _patch.setattr(socket.socket, "connect", _guarded(socket.socket.connect, 0), raising=True)
    _patch.setattr(socket.socket, "connect_ex", _guarded(socket.socket.connect_ex, 0), raising=True)
    _patch.setattr(socket.socket, "sendto", _guarded(socket.socket.sendto, -1), raising=True)
    _patch.setattr(socket, "getaddrinfo", _guarded_lookup)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take the guard away again."""
    _patch.undo()
