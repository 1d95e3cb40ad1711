"""The visitor's IP address: the one place that reads it, for every limit of the shop.

Behind proxies the address of the connection is the last proxy's. Each proxy appends the address of its client to
`X-Forwarded-For`, so with `TRUSTED_PROXY_COUNT` proxies of our own the visitor's address is the entry so many places
from the right; whatever is left of it was sent by the visitor and is never read. A count is what a shop's owner knows,
and it holds for sockets, clouds and proxies whose own addresses change, where a list of addresses would not; a header
of one's own (`X-Real-IP`) would have to be cleared by every proxy on the way, or anybody could forge it.

An IPv6 customer has a /64 or more, so that limits count the /64, and never a single address of it.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from django.conf import settings
from django.http import HttpRequest

UNKNOWN: Final = "unknown"
_LONGEST: Final = 60
_PORT: Final = re.compile(r"\d{1,5}", re.ASCII)
_current: ContextVar[HttpRequest | None] = ContextVar("visitor", default=None)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whose request is being answered: the counted address (`counted_of`), its network, and the account's e-mail."""

    address: str
    network: str
    email: str


def address_of(request: HttpRequest) -> str:
    """Return the visitor's IP address, normalised; `UNKNOWN` when neither a trusted proxy nor the connection has it.

    A request with fewer entries than there are proxies did not pass all of them (a probe, a client within the network):
    it is counted under the address of the connection, as is one whose entry is not an address.
    """
    found = _address_of(request)
    return str(found) if found else UNKNOWN


def _address_of(request: HttpRequest) -> IPv4Address | IPv6Address | None:
    count = settings.TRUSTED_PROXY_COUNT
    if count:
        entries = str(request.META.get("HTTP_X_FORWARDED_FOR") or "").rsplit(",", count)
        if len(entries) >= count and (found := parse(entries[-count])):
            return found
    return parse(str(request.META.get("REMOTE_ADDR") or ""))


def counted_of(request: HttpRequest) -> str:
    """Return what limits count a visitor under: the IPv4 address, or the /64 of an IPv6 address."""
    return _counted(_address_of(request))


def counted(address: str) -> str:
    """Return the unit in which an address is counted: itself (IPv4) or its /64 (IPv6). Pure."""
    return _counted(parse(address))


def network_of(address: str) -> str:
    """Return the network an address is counted with: its /24 (IPv4) or its /48 (IPv6). Pure."""
    return _network(parse(address))


def parse(text: str) -> IPv4Address | IPv6Address | None:
    """Read one entry of X-Forwarded-For or an address of a connection; None when it is no address.

    Takes a port (`192.0.2.1:4711`, `[2001:db8::1]:4711`), brackets, quotes and a zone (`fe80::1%eth0`), as proxies
    write them. An IPv4 address within IPv6 (`::ffff:192.0.2.1`) is the IPv4 address: the same visitor either way.
    """
    text = text.strip().strip('"').strip()
    return _parse(text) if text and len(text) <= _LONGEST else None


@lru_cache(maxsize=1024)
def _parse(text: str) -> IPv4Address | IPv6Address | None:
    if text.startswith("["):
        inner, bracket, rest = text[1:].partition("]")
        if not bracket or (rest and not (rest[0] == ":" and _PORT.fullmatch(rest[1:]))):
            return None
        text = inner
    elif text.count(":") == 1:
        text, _colon, port = text.partition(":")
        if not _PORT.fullmatch(port):
            return None
    try:
        found = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (found.ipv4_mapped or found) if isinstance(found, IPv6Address) else found


@contextmanager
def answering(request: HttpRequest) -> Iterator[None]:
    """Make `current` return this request's visitor while it is being answered (`shop.core.web.middleware`)."""
    before = _current.set(request)
    try:
        yield
    finally:
        _current.reset(before)


def current() -> Visitor | None:
    """Return the visitor whose request this thread answers, or None: a job, a command.

    Called where units are reserved, so that no screen can leave out who reserves them.
    """
    request = _current.get()
    if request is None:
        return None
    address = _address_of(request)
    user = getattr(request, "user", None)
    email = str(user.email) if user is not None and user.is_authenticated else ""
    return Visitor(_counted(address), _network(address), email)


def _counted(address: IPv4Address | IPv6Address | None) -> str:
    return _widened(address, narrow_v4=32, narrow_v6=64)


def _network(address: IPv4Address | IPv6Address | None) -> str:
    return _widened(address, narrow_v4=24, narrow_v6=48)


def _widened(address: IPv4Address | IPv6Address | None, *, narrow_v4: int, narrow_v6: int) -> str:
    if address is None:
        return UNKNOWN
    prefix = narrow_v4 if isinstance(address, IPv4Address) else narrow_v6
    rest = address.max_prefixlen - prefix
    if not rest:
        return str(address)
    # What `ip_network` says of it, without a text that is read again.
    return f"{type(address)(int(address) >> rest << rest)}/{prefix}"
