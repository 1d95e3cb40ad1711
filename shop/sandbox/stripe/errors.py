"""Stripe's error answers."""

from __future__ import annotations

from shop.sandbox.router import Response
from shop.sandbox.store import JsonDict

VERSION = "2026-10-28.endive"


class ApiError(Exception):
    """A refusal in Stripe's shape. ``executed`` says whether the idempotency key keeps the answer."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        code: str | None = None,
        param: str | None = None,
        kind: str = "invalid_request_error",
        extra: JsonDict | None = None,
        executed: bool = False,
    ) -> None:
        super().__init__(message)
        self.message, self.status, self.code, self.param = message, status, code, param
        self.type, self.extra, self.executed = kind, extra or {}, executed

    def response(self) -> Response:
        """Return the error as an HTTP answer."""
        error: JsonDict = {"message": self.message, "type": self.type, **self.extra}
        if self.code:
            error["code"] = self.code
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        if self.param:
            error["param"] = self.param
        return Response.of_json({"error": error}, self.status)


def missing(what: str, key: str, param: str = "id") -> ApiError:
    """Return the error for something that does not exist."""
    return ApiError(f"No such {what}: '{key}'", status=404, code="resource_missing", param=param)


def unrecognized(method: str, path: str) -> ApiError:
    """Return the error for an address that the API does not have; a method that it lacks is the same to Stripe."""
    message = (
        f"Unrecognized request URL ({method}: {path}). Please see https://stripe.com/docs or we can help at"
        " https://support.stripe.com/."
    )
    return ApiError(message, status=404)


def trouble(status: int) -> Response:
    """Answer with an injected 429 or 500."""
    if status == 429:
        message = "Too many requests hit the API too quickly."
        return ApiError(message, status=429, code="rate_limit").response()
    return ApiError("An unknown error occurred", status=500, kind="api_error").response()
