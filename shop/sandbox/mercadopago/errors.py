"""Mercado Pago's error answers."""

from __future__ import annotations

from shop.sandbox.router import Response
from shop.sandbox.store import JsonDict


class ApiError(Exception):
    """A refusal in Mercado Pago's shape: HTTP status, ``error`` word, message and numeric cause code."""

    def __init__(self, status: int, error: str, message: str, code: int | str | None = None) -> None:
        super().__init__(message)
        self.status, self.error, self.message, self.code = status, error, message, code

    def body(self) -> JsonDict:
        """Return the JSON body; ``cause`` is null when the API names no code."""
        cause = None
        if self.code is not None:
            cause = [{"code": self.code, "description": self.message, "data": None}]
        return {"message": self.message, "error": self.error, "status": self.status, "cause": cause}

    def response(self) -> Response:
        """Return the error as an HTTP answer."""
        return Response.of_json(self.body(), self.status)


def unauthorized() -> Response:
    """Answer a call without a known access token."""
    body = {"message": "invalid access token", "error": "unauthorized", "status": 401, "cause": []}
    return Response.of_json(body, 401)


def not_found(what: str = "Payment") -> ApiError:
    """Return the error for something that does not exist."""
    return ApiError(404, "not_found", f"{what} not found", 2000)


def unknown(allowed: list[str]) -> Response:
    """Answer an address that the API does not have, or a method that an address does not take (``allowed``: those)."""
    if allowed:
        body = {"message": "method not allowed", "error": "method_not_allowed", "status": 405, "cause": []}
        return Response.of_json(body, 405, {"Allow": ", ".join(allowed)})
    body = {"message": "resource not found", "error": "not_found", "status": 404, "cause": []}
    return Response.of_json(body, 404)


def trouble(status: int) -> Response:
    """Answer with an injected 429 or 500."""
    words = {
        429: ("too_many_requests", "Too many requests"),
        500: ("internal_error", "Internal server error"),
    }
    error, message = words[status]
    return ApiError(status, error, message).response()
