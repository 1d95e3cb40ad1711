"""Conekta's error answers: `{"details": [{"code", "param", "message", …}], "type", "object": "error"}`."""

from __future__ import annotations

from shop.sandbox.router import Response

PREFIX = "conekta.errors"
TYPES = {
    401: "authentication_error",
    402: "processing_error",
    404: "resource_not_found_error",
    405: "method_not_allowed_error",
    409: "processing_error",
    422: "parameter_validation_error",
    429: "too_many_requests",
    500: "api_error",
}


class ApiError(Exception):
    """A refusal in Conekta's shape: HTTP status, code below ``conekta.errors``, parameter and message."""

    def __init__(self, status: int, code: str, message: str, param: str | None = None) -> None:
        super().__init__(message)
        self.status, self.code, self.message, self.param = status, f"{PREFIX}.{code}", message, param

    def response(self) -> Response:
        """Return the error as an HTTP answer."""
        detail = {
            "code": self.code,
            "param": self.param,
            "message": self.message,
            "debug_message": self.message,
        }
        body = {"details": [detail], "log_id": None, "type": TYPES[self.status], "object": "error"}
        return Response.of_json(body, self.status)


def unauthorized() -> Response:
    """Answer a call without a known key."""
    return ApiError(401, "authentication.missing_key", "Acceso no autorizado.").response()


def not_found(what: str) -> ApiError:
    """Return the error for something that does not exist."""
    return ApiError(404, "resource_not_found.entity", f"The resource {what} was not found.")


def invalid(param: str, message: str) -> ApiError:
    """Return the error for a parameter that breaks a rule."""
    return ApiError(422, f"parameter_validation.{param or 'body'}.invalid", message, param or None)


def unknown(allowed: list[str]) -> Response:
    """Answer an address that the API does not have, or a method that an address does not take (``allowed``: those)."""
    if not allowed:
        return ApiError(
            404, "resource_not_found.route", "The requested resource could not be found."
        ).response()
    response = ApiError(405, "method_not_allowed", "This method is not allowed here.").response()
    response.headers["Allow"] = ", ".join(allowed)
    return response


def trouble(status: int) -> Response:
    """Answer with an injected 429 or 500."""
    words = {429: "Too many requests", 500: "Internal server error"}
    return ApiError(status, f"api.{status}", words[status]).response()
