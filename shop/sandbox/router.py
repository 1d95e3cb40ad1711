"""Requests, responses and routes of the sandbox's little web server."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, parse_qsl, unquote

from shop.sandbox.store import JsonDict

if TYPE_CHECKING:
    from shop.sandbox.engine import Sandbox

Handler = Callable[..., "Response"]
Stranger = Callable[["Sandbox", "Request", list[str]], "Response"]
# Stripe's Node SDK takes a host and a port, and no path: at the root, these are Stripe's.
ROOTS, STRIPE = ("/v1/", "/v2/"), "/stripe"
# Mercado Pago's Node SDK ends some addresses with a slash.
SLASHED = "/mp/"


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


@dataclass(slots=True)
class Request:
    """One HTTP request; header names are lower-case."""

    method: str
    path: str
    query_string: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""

    @property
    def query(self) -> dict[str, str]:
        """Return the last value of each query parameter."""
        return dict(parse_qsl(self.query_string, keep_blank_values=True))

    @property
    def form(self) -> dict[str, str]:
        """Return the last value of each field of a submitted HTML form."""
        found = parse_qs(self.body.decode("utf-8", "replace"), keep_blank_values=True)
        return {name: values[-1] for name, values in found.items()}

    def json(self) -> Any:
        """Return the decoded JSON body (None when empty).

        Raises:
            ValueError: the body is not JSON.
        """
        return json.loads(self.body, parse_constant=_no_constant) if self.body.strip() else None


@dataclass(slots=True)
class Response:
    """One HTTP response. ``hang`` sleeps that many seconds and then closes without an answer."""

    status: int = 200
    body: bytes = b""
    content_type: str = "application/json; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)
    hang: float = 0.0

    @classmethod
    def of_json(cls, payload: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
        """Answer with JSON."""
        body = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
        return cls(status=status, body=body, headers=headers or {})

    @classmethod
    def html(cls, text: str, status: int = 200) -> Response:
        """Answer with a page."""
        return cls(
            status=status, body=text.encode("utf-8", "replace"), content_type="text/html; charset=utf-8"
        )

    @classmethod
    def redirect(cls, url: str) -> Response:
        """Send the browser elsewhere by GET (303)."""
        return cls(status=303, content_type="text/plain; charset=utf-8", headers={"Location": url})

    def payload(self) -> JsonDict:
        """Return the JSON body again (for tests and the idempotency store)."""
        loaded: JsonDict = json.loads(self.body)
        return loaded


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path with ``{name}`` places, and who answers."""

    method: str
    template: str
    handler: Handler
    pattern: re.Pattern[str]


class Router:
    """Find the handler of a request."""

    def __init__(self) -> None:
        self.routes: list[Route] = []
        self.strangers: dict[str, Stranger] = {}

    def add(self, method: str, template: str, handler: Handler) -> None:
        """Register ``handler(sandbox, request, **places)`` for a method and path template."""
        pattern = re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", template)
        self.routes.append(Route(method, template, handler, re.compile(f"^{pattern}$")))

    def refuse_unknown(self, prefix: str, stranger: Stranger) -> None:
        """Let a provider answer in its own shape what it has no route for, below ``prefix``.

        It is given the methods that the path does have (none: no such path).
        """
        self.strangers[prefix] = stranger

    def match(self, method: str, path: str) -> tuple[Route, dict[str, str]] | None:
        """Return the route and its unquoted places, or None."""
        for route in self.routes:
            if route.method == method and (found := route.pattern.match(path)):
                return route, {name: unquote(value) for name, value in found.groupdict().items()}
        return None

    def allowed(self, path: str) -> list[str]:
        """Return the methods that exist for a path."""
        return sorted({route.method for route in self.routes if route.pattern.match(path)})


def canonical(path: str) -> str:
    """Return the path below which a provider's route stands, however its SDK writes it."""
    if path.startswith(ROOTS):
        return STRIPE + path
    return path.removesuffix("/") if path.startswith(SLASHED) and path != SLASHED else path


def dispatch(sandbox: Sandbox, router: Router, request: Request) -> Response:
    """Answer a request through the matching route, or 404/405 in the provider's own shape."""
    request.path = canonical(request.path)
    found = router.match("GET" if request.method == "HEAD" else request.method, request.path)
    if found:
        route, places = found
        return route.handler(sandbox, request, **places)
    allowed = router.allowed(request.path)
    for prefix, stranger in router.strangers.items():
        if request.path.startswith(f"{prefix}/"):
            return stranger(sandbox, request, allowed)
    if allowed:
        return Response.of_json({"error": "method not allowed"}, 405, {"Allow": ", ".join(allowed)})
    return Response.of_json({"error": "not found", "path": request.path}, 404)
