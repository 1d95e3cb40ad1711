"""What a page of the back office may load and run: a Content-Security-Policy of its own, stricter than the shop's.

Scripts come from the static files alone: not from the pages themselves (they have no inline script, and an injected one
would not run), and not from uploaded files, which have the same host. A page that does need an inline script gives it
`{{ request.csp_nonce }}`.

Two rules are as wide as django-unfold needs them. Alpine.js evaluates the expressions in the pages' own attributes
(`'unsafe-eval'`; its CSP build understands none of unfold's longer ones), so output must be escaped as always. Styles
may stand in the pages, since unfold writes its colours and sizes there.
"""

from collections.abc import Callable
from contextlib import suppress
from typing import Final
from urllib.parse import urlsplit

from django.conf import settings
from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

ADMIN: Final = "/admin/"
HEADER: Final = "Content-Security-Policy"


class AdminPolicy:
    """Set the policy of every response below `/admin/`, errors too. Runs inside django-csp's own middleware."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(ADMIN):
            return self.get_response(request)
        nonce = str(getattr(request, "csp_nonce", ""))
        response = self.get_response(request)
        response.headers.setdefault(HEADER, policy(request, nonce))
        return response


def policy(request: HttpRequest, nonce: str) -> str:
    """Return the header's value for this request."""
    directives = {
        "default-src": "'none'",
        "script-src": f"{' '.join(_scripts(request))} 'nonce-{nonce}' 'unsafe-eval'",
        "style-src": f"'self' {_origin(settings.STATIC_URL)} 'unsafe-inline'",
        "font-src": f"'self' {_origin(settings.STATIC_URL)}",
        "img-src": f"'self' {_origin(settings.STATIC_URL)} {_origin(settings.MEDIA_URL)} data: blob:",
        "connect-src": "'self'",
        "frame-src": "'self'",
        "manifest-src": "'self'",
        "object-src": "'none'",
        "base-uri": "'none'",
        "form-action": "'self'",
        "frame-ancestors": "'none'",
    }
    return "; ".join(f"{name} {' '.join(value.split())}" for name, value in directives.items())


def _scripts(request: HttpRequest) -> list[str]:
    """Return the allowed script sources: static files and Django's catalogue, by the requested host and ours."""
    hosts = [settings.SITE_URL]
    with suppress(DisallowedHost):
        hosts.append(f"{request.scheme}://{request.get_host()}")
    paths = [f"{ADMIN}jsi18n/", *([] if _origin(settings.STATIC_URL) else [settings.STATIC_URL])]
    elsewhere = [settings.STATIC_URL] if _origin(settings.STATIC_URL) else []
    return [f"{host}{path}" for host in dict.fromkeys(hosts) for path in paths] + elsewhere


def _origin(address: str) -> str:
    """Return scheme and host of an address on another host, "" for a path of this one."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""
