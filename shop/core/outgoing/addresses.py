"""Which URLs the shop may speak to: public addresses only, so that nobody reaches the shop's own network through it.

A name is resolved, every address it has must be public, and the request goes to the very addresses that were checked
(`requests.post` is given them): a name whose answer changes a moment later (DNS rebinding) gains nothing. Checked when
an endpoint is saved, and again before each request.
"""

import ipaddress
import re
import socket
from concurrent.futures import Future
from dataclasses import dataclass
from threading import Thread
from typing import Final
from urllib.parse import SplitResult, urlsplit

from django.conf import settings
from django.utils.translation import gettext_lazy as _

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_LOOK_UP_SECONDS: Final = 5.0
_MOST_ADDRESSES: Final = 8
_HTTPS: Final = 443
# Public by their registration, and yet not the merchant's: a cloud's host agent, and former relays of IPv6.
_NOT_THEIRS: Final = tuple(
    ipaddress.ip_network(text)
    for text in ("192.0.0.0/24", "168.63.129.16/32", "192.88.99.0/24", "192.31.196.0/24", "192.52.193.0/24")
)
# Of IPv6 the addresses given out to the public (RFC 4291), less what carries an IPv4 address within (6to4, Teredo) and
# documentation. Mapped and translated addresses (::ffff:0:0/96, 64:ff9b::/96) and private ones are outside of it.
_PUBLIC_V6: Final = ipaddress.ip_network("2000::/3")
_NOT_PUBLIC_V6: Final = tuple(
    ipaddress.ip_network(text)
    for text in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "2620:4f:8000::/48")
)
_HOST: Final = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?|[0-9A-Fa-f:.]+")


class Refused(Exception):
    """The shop does not speak to this URL. `words` says why to the staff; another URL helps."""

    def __init__(self, words: object, detail: str = "") -> None:
        super().__init__(f"{words} {detail}".strip())
        self.words = words


@dataclass(frozen=True)
class Target:
    """A URL whose every address was found public just now."""

    url: str
    scheme: str
    host: str
    port: int
    path: str
    addresses: tuple[str, ...]

    @property
    def authority(self) -> str:
        """Return the value of the `Host` header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == (_HTTPS if self.scheme == "https" else 80) else f"{host}:{self.port}"


def check(url: str) -> Target:
    """Resolve the host of a URL and return where a request may go. Speaks to the DNS, for five seconds at most.

    Raises:
        Refused: not HTTPS, a port that is not allowed, a login within, no such host, or an address that is not public.
    """
    parts, port = _parsed(url)
    host = (parts.hostname or "").rstrip(".")
    found = _resolve(host, port)
    for address in found:
        # Without encryption only this machine itself, in the demo.
        allowed = is_public(address) if parts.scheme == "https" else address.is_loopback
        if not allowed:
            raise Refused(_("This address is not public: the shop only speaks to servers on the internet."))
    path = parts.path or "/"
    return Target(
        url=url,
        scheme=parts.scheme,
        host=host,
        port=port,
        path=f"{path}?{parts.query}" if parts.query else path,
        addresses=tuple(str(address) for address in found[:_MOST_ADDRESSES]),
    )


def is_public(address: Address) -> bool:
    """Return whether an address is one on the public internet."""
    if isinstance(address, ipaddress.IPv4Address):
        return (
            address.is_global
            and not address.is_multicast
            and not any(address in network for network in _NOT_THEIRS)
        )
    if address.scope_id or address not in _PUBLIC_V6 or any(address in network for network in _NOT_PUBLIC_V6):
        return False
    return address.is_global


def _parsed(url: str) -> tuple[SplitResult, int]:
    """Return the parts of a URL that may be asked for, and its port."""
    if re.search(r"[\x00-\x20\x7f\\]", url) or not url.isascii():
        raise Refused(_("A URL has plain letters only, without spaces."))
    try:
        parts = urlsplit(url)
        port = parts.port or (_HTTPS if parts.scheme == "https" else 80)
    except ValueError:
        raise Refused(_("This is not a URL.")) from None
    if parts.scheme != "https" and not _is_demo(parts.scheme):
        raise Refused(_("The URL must begin with https://."))
    if "@" in parts.netloc or parts.fragment:
        raise Refused(_("The URL must have no user name, no password and nothing after a #."))
    if not parts.hostname or not _HOST.fullmatch(parts.hostname.rstrip(".")):
        raise Refused(_("This is not a URL."))
    if parts.scheme == "https" and port not in settings.OUTGOING_WEBHOOK_PORTS:
        ports = ", ".join(str(port) for port in settings.OUTGOING_WEBHOOK_PORTS)
        raise Refused(_("This port is not allowed; allowed are:"), ports)
    return parts, port


def _is_demo(scheme: str) -> bool:
    """Return whether plain HTTP to this machine itself is allowed: for trying things out, never in production."""
    return scheme == "http" and settings.DEBUG


def _resolve(host: str, port: int) -> list[Address]:
    """Return the addresses of a host, sorted as the system prefers them."""
    outcome: Future[list[Address]] = Future()

    def look_up() -> None:
        try:
            rows = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
            outcome.set_result([ipaddress.ip_address(row[4][0]) for row in rows])
        except Exception as error:  # noqa: BLE001  (raised again where it is waited for)
            outcome.set_exception(error)

    # The system's resolver has no time limit of its own; a thread that still waits for it ends by itself.
    Thread(target=look_up, daemon=True).start()
    try:
        found = outcome.result(timeout=_LOOK_UP_SECONDS)
    except (OSError, UnicodeError, ValueError, TimeoutError) as error:
        raise Refused(_("There is no server of this name."), type(error).__name__) from error
    if not found:
        raise Refused(_("There is no server of this name."))
    return list(dict.fromkeys(found))
