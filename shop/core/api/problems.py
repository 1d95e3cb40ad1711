"""Refusals of the API: problem details by RFC 9457, and on the paths of a client's contract the shape it has there.

A refusal has a kind, which is declared once with its status and its meaning: `/api/problems/<code>` explains it.
https://www.rfc-editor.org/rfc/rfc9457
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final, NamedTuple

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse

PREFIX: Final = "/api/"
MEDIA_TYPE: Final = "application/problem+json"


class FieldProblem(NamedTuple):
    """What is wrong with one value: a JSON pointer (RFC 6901) into the body, or `query/<name>`, and the words."""

    pointer: str
    detail: str


class Problem(Exception):
    """A refusal that ends the request; raised by endpoints. `detail` is for people, in the request's language.

    `headers` are sent with it. Where a transaction of the endpoint is open, it is rolled back.
    """

    def __init__(
        self,
        kind: "ProblemKind",
        detail: str = "",
        *,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail or kind.code)
        self.kind, self.detail, self.errors = kind, detail or kind.meaning, tuple(errors)
        self.headers = dict(headers or {})


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """A kind of refusal: HTTP status, a code that programs may compare (snake_case, never changed), what it means."""

    status: int
    code: str
    meaning: str

    def __post_init__(self) -> None:
        if self.code in KINDS:
            raise ValueError(f"Two kinds of problems are called {self.code}.")
        KINDS[self.code] = self

    def __call__(
        self,
        detail: str = "",
        *,
        errors: Sequence[FieldProblem] = (),
        headers: Mapping[str, str] | None = None,
    ) -> Problem:
        """Return a refusal of this kind, to be raised."""
        return Problem(self, detail, errors=errors, headers=headers)


KINDS: Final[dict[str, ProblemKind]] = {}

MALFORMED: Final = ProblemKind(400, "malformed", "The request is not what its form requires, such as JSON.")
BAD_CURSOR: Final = ProblemKind(
    400, "bad_cursor", "The cursor is none that a list of this API has given out."
)
UNAUTHENTICATED: Final = ProblemKind(401, "unauthenticated", "The token is missing, invalid or has ended.")
FORBIDDEN: Final = ProblemKind(403, "forbidden", "The account may not do this.")
NOT_FOUND: Final = ProblemKind(404, "not_found", "There is nothing here that you may see.")
WRONG_METHOD: Final = ProblemKind(
    405, "wrong_method", "This address has no such method; Allow names those it has."
)
STILL_RUNNING: Final = ProblemKind(
    409, "still_running", "The first request with this key is still being answered."
)
CHANGED: Final = ProblemKind(412, "changed", "It was changed since it was read: read it again.")
TOO_LARGE: Final = ProblemKind(413, "too_large", "The body is larger than is taken here.")
WRONG_TYPE: Final = ProblemKind(415, "wrong_type", "Bodies are JSON: send Content-Type application/json.")
INVALID: Final = ProblemKind(422, "invalid", "Values of the request cannot be taken; errors says which.")
KEY_REUSED: Final = ProblemKind(422, "key_reused", "This Idempotency-Key was used for a different request.")
NO_VERSION: Final = ProblemKind(
    428, "no_version", "Changing this needs If-Match with the ETag that was read."
)
TOO_MANY: Final = ProblemKind(429, "too_many", "Too many requests; Retry-After says when to try again.")
FAILED: Final = ProblemKind(500, "failed", "The shop failed; nothing that was refused has been done.")
BUSY: Final = ProblemKind(503, "busy", "The shop or its provider is busy; try again after Retry-After.")


@dataclass(frozen=True, slots=True)
class Shape:
    """How refusals look below a path: the key of the one sentence ("" for problem details), the status of bad input.

    `needs` are the statuses that the document lists for every operation besides those of its own. `language`: the one
    that the contract's sentences are in, whatever a client asks for; "" for the client's own.
    """

    key: str = ""
    invalid: int = 422
    needs: tuple[int, ...] = (429, 503)
    language: str = ""

    @property
    def media_type(self) -> str:
        return "application/json" if self.key else MEDIA_TYPE

    def respond(self, request: HttpRequest, problem: Problem) -> HttpResponse:
        """Return the response of a refusal."""
        status = self.invalid if problem.kind is INVALID else problem.kind.status
        if self.key:
            body: dict[str, object] = {self.key: problem.detail if not problem.errors else _sentence(problem)}
        else:
            body = {
                "type": type_of(problem.kind.code),
                "title": HTTPStatus(status).phrase,
                "status": status,
                "detail": problem.detail,
                "instance": request.path,
                "code": problem.kind.code,
            }
            if problem.errors:
                body["errors"] = [error._asdict() for error in problem.errors]
        readable = {"ensure_ascii": False}
        response = JsonResponse(body, status=status, content_type=self.media_type, json_dumps_params=readable)
        if status == HTTPStatus.UNAUTHORIZED:
            response["WWW-Authenticate"] = "Bearer"
        for name, value in problem.headers.items():
            response[name] = value
        return response


def _sentence(problem: Problem) -> str:
    """Return all that is wrong as one text, for contracts whose refusals are one sentence."""
    places = (error.pointer.removeprefix("#").removeprefix("/") for error in problem.errors)
    return "; ".join(
        f"{place}: {error.detail}" if place else error.detail
        for place, error in zip(places, problem.errors, strict=True)
    )


PROBLEM_DETAILS: Final = Shape()
# The longest prefix decides. The contracts are described in docs/api.md.
SHAPES: Final[tuple[tuple[str, Shape], ...]] = (
    ("/api/stock/update", Shape("error", invalid=400)),
    ("/api/stock/", Shape("message", invalid=400)),
    ("/api/ventas/", Shape("error", invalid=400, language="es")),
    ("/api/sales/", Shape("error", invalid=400)),
    ("/api/users/", Shape("error", invalid=400)),
    ("/api/admin/", Shape("error", invalid=400)),
)


def shape_of(path: str) -> Shape:
    """Return how refusals look at a path below `/api/`."""
    return next((shape for prefix, shape in SHAPES if path.startswith(prefix)), PROBLEM_DETAILS)


def respond(request: HttpRequest, problem: Problem) -> HttpResponse:
    """Return the response of a refusal, in the shape of the request's path; it is stored nowhere on the way."""
    response = shape_of(request.path).respond(request, problem)
    response["Cache-Control"] = "no-store"
    return response


def type_of(code: str) -> str:
    """Return the address that explains a kind of problem (RFC 9457 `type`)."""
    return f"{settings.SITE_URL}{PREFIX}problems/{code}"


def of_status(status: int) -> ProblemKind:
    """Return the kind for a response that something else has made: a middleware, a view of Django's."""
    kinds = (
        MALFORMED,
        UNAUTHENTICATED,
        FORBIDDEN,
        NOT_FOUND,
        WRONG_METHOD,
        TOO_LARGE,
        WRONG_TYPE,
        TOO_MANY,
        BUSY,
    )
    other = MALFORMED if status < HTTPStatus.INTERNAL_SERVER_ERROR else FAILED
    return next((kind for kind in kinds if kind.status == status), other)
