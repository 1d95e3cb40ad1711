"""Requests, responses and routes of the sandbox's web server."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import parse_qs, parse_qsl, unquote

from werkzeug.exceptions import HTTPException
from werkzeug.routing import Map, Rule

from shop.sandbox.store import Json, JsonDict

Handler = Callable[..., "Response"]


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

    def json(self) -> Json:
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
    def of_json(cls, payload: object, status: int = 200, headers: dict[str, str] | None = None) -> Response:
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


class Router:
    """Find the handler of a request: Werkzeug's map, matched with the path as it is in the request line."""

    def __init__(self) -> None:
        # A slash too many is another address to the providers, and a redirect to none of them.
        self._map = Map(merge_slashes=False, redirect_defaults=False)
        self._paths = self._map.bind("localhost")

    def add(self, method: str, template: str, handler: Handler) -> None:
        """Register ``handler(sandbox, request, **places)`` for a method and a path with ``{name}`` places."""
        rule = template.replace("{", "<").replace("}", ">")
        self._map.add(Rule(rule, methods=[method], endpoint=handler))

    def match(self, method: str, path: str) -> tuple[Handler, dict[str, str]] | None:
        """Return the handler and its unquoted places, or None."""
        try:
            handler, places = self._paths.match(path, method)
        except HTTPException:
            # Not found, another method, or the same with a slash at its end: no such route.
            return None
        return handler, {name: unquote(value) for name, value in places.items()}

    def allowed(self, path: str) -> list[str]:
        """Return the methods that exist for a path (HEAD goes with GET and is not named)."""
        return sorted(set(self._paths.allowed_methods(path)) - {"HEAD"})
