"""Connections to those outside that are kept for the next call: one handshake for many calls, not one for each.

Whoever calls makes one `session` per host and lets all its threads use it. What the environment says of proxies and of
certificates is read once, when it is made; of `.netrc` nothing is.
"""

import os
import time
from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.adapters import HTTPAdapter
from requests.cookies import RequestsCookieJar
from requests.utils import get_environ_proxies
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.response import HTTPResponse

# A connection that nobody has used for longer is not used again. Servers and balancers close an idle one after 60
# seconds and more, gateways of addresses (NAT) forget one after some minutes without telling either end: a request
# written to one that is just being closed may be lost or carried out, and nobody could say which.
MOST_IDLE_SECONDS: Final = 20.0


class _Http(HTTPConnection):
    """Knows when it last received an answer (of urllib3's own class, as of every connection of its)."""

    _used_at = 0.0

    def getresponse(self) -> HTTPResponse:  # type: ignore[override]
        answer = super().getresponse()
        self._used_at = time.monotonic()
        return answer

    @property
    def is_connected(self) -> bool:
        """Say whether the next request may be written to it: neither closed by the other end, nor idle for too long."""
        return time.monotonic() - self._used_at < MOST_IDLE_SECONDS and super().is_connected


class _Https(_Http, HTTPSConnection):
    """The same with TLS."""


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = _Http


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = _Https


def keep(pools: PoolManager) -> PoolManager:
    """Let the connections of these pools, before they have made any, be used again while they are fresh."""
    pools.pool_classes_by_scheme = {"http": _HttpPool, "https": _HttpsPool}
    return pools


class _Adapter(HTTPAdapter):
    """Makes no second try of its own, and has room for the connections of all calls under way at once."""

    def __init__(self) -> None:
        super().__init__(pool_connections=4, pool_maxsize=settings.PAYMENT_CALLS_AT_ONCE)
        keep(self.poolmanager)

    def proxy_manager_for(self, proxy: str, **options: object) -> PoolManager:
        is_new = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **options)
        return keep(manager) if is_new else manager


class _NoCookies(RequestsCookieJar):
    """Keeps nothing: one call's answer tells nothing to the next call, nor to another thread's."""

    def extract_cookies(self, *_answer: object) -> None:
        """Take none."""


def ask(
    session: requests.Session,
    method: str,
    url: str,
    *,
    timeout: tuple[float, float],
    headers: Mapping[str, str] | None = None,
    params: Mapping[str, object] | None = None,
    data: str | bytes | None = None,
) -> requests.Response:
    """Make one request as `session.request` does, by one of the sessions made here.

    What these never have is not put together for each request: cookies, credentials of the environment.

    Raises: requests.RequestException.
    """
    request = requests.PreparedRequest()
    request.prepare_method(method)
    request.prepare_url(url, params or {})
    request.prepare_headers({**session.headers, **(headers or {})})
    request.prepare_body(data or {}, None)
    settings: dict[str, Any] = {"timeout": timeout, "verify": session.verify, "proxies": session.proxies}
    answer = session.get_adapter(url).send(request, **settings)
    if answer.is_redirect:
        request.prepare_cookies(RequestsCookieJar())  # Those of the way there go with it.
        *_before, answer = session.resolve_redirects(answer, request, **settings)
    # Read here, so that its connection is free for the next one.
    answer.content  # noqa: B018
    return answer


def session(base: str, *, of_environment: bool = True) -> requests.Session:
    """Return a session for calls to `base` from any thread; with `of_environment` by its proxies and certificates."""
    made = requests.Session()
    made.trust_env = False
    made.cookies = _NoCookies()
    for scheme in ("http://", "https://"):
        made.mount(scheme, _Adapter())
    if of_environment and urlsplit(base).hostname:
        made.proxies = get_environ_proxies(base)
        made.verify = os.environ.get("REQUESTS_CA_BUNDLE") or os.environ.get("CURL_CA_BUNDLE") or True
    return made
