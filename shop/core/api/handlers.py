"""What becomes of an exception below `/api/`: a refusal in the shape of its path, never a page."""

from collections.abc import Callable, Iterator
from typing import Any, TypeVar, cast

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, AuthorizationError, HttpError, Throttled, ValidationError

from shop.core.api import problems, value_words
from shop.core.api.problems import FieldProblem, Problem, ProblemKind, respond
from shop.core.database import timeouts
from shop.core.json_types import JsonMapping
from shop.core.web.busy_page import RETRY_AFTER

E = TypeVar("E", bound=Exception)

_PLACES = {"body", "form", "query", "path", "header", "cookie", "file"}


def install(api: NinjaAPI) -> None:
    """Have the API answer every refusal by `problems.respond`; Django reports what nobody expected."""
    for raised, kind in (
        (Http404, problems.NOT_FOUND),
        (PermissionDenied, problems.FORBIDDEN),
        (AuthenticationError, problems.UNAUTHENTICATED),
        (AuthorizationError, problems.FORBIDDEN),
        (RequestDataTooBig, problems.TOO_LARGE),
        (Throttled, problems.TOO_MANY),
    ):
        _handle(api, raised, _answering(kind))
    _handle(api, Problem, _refused)
    _handle(api, ValidationError, _invalid)
    _handle(api, HttpError, _http_error)
    _handle(api, Exception, _unexpected)


def _handle(api: NinjaAPI, raised: type[E], handler: Callable[[HttpRequest, E], HttpResponse]) -> None:
    """Register a handler. ninja's type lets a handler be given the class; what is raised is an instance."""
    api.add_exception_handler(raised, cast(Any, handler))


def _answering(kind: ProblemKind) -> Callable[[HttpRequest, Exception], HttpResponse]:
    def answer(request: HttpRequest, error: Exception) -> HttpResponse:
        return respond(request, kind(words_of(kind)))

    return answer


def words_of(kind: ProblemKind) -> str:
    """Return a refusal's sentence in the request's language, for those that need no more than their kind."""
    return {
        problems.MALFORMED: _("The request is not what is taken here."),
        problems.NOT_FOUND: _("There is nothing here that you may see."),
        problems.FORBIDDEN: _("Your account may not do this."),
        problems.UNAUTHENTICATED: _("Sign in: the token is missing, invalid or has ended."),
        problems.TOO_LARGE: _("The body is too large."),
        problems.TOO_MANY: _("Too many requests. Try again later."),
        problems.BUSY: _(
            "The shop is busy at the moment and this was not done. Nothing was lost: try it again."
        ),
        problems.WRONG_TYPE: _("Bodies are JSON here: send Content-Type application/json."),
        problems.WRONG_METHOD: _("This address has no such method."),
        problems.FAILED: _("Something failed on our side. We have been told."),
    }.get(kind, kind.meaning)


def _refused(request: HttpRequest, error: Problem) -> HttpResponse:
    return respond(request, error)


def _invalid(request: HttpRequest, error: ValidationError) -> HttpResponse:
    return respond(request, problems.INVALID(_("Some values cannot be taken."), errors=tuple(_fields(error))))


def _fields(error: ValidationError) -> Iterator[FieldProblem]:
    for found in error.errors:
        yield FieldProblem(_pointer(found), value_words.words_of(found))


def _pointer(found: JsonMapping) -> str:
    """Return where a value stands: `#/lines/0/quantity` in the body (`#`: all of it), `query/limit` elsewhere.

    ninja's place is ("body", <name of the argument>, key, …): the argument's name is the code's own.
    """
    place, *path = [str(part) for part in found["loc"]]
    if place == "body":
        return "#" + "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path[1:])
    return "/".join([place, *path]) if place in _PLACES else place


def _http_error(request: HttpRequest, error: HttpError) -> HttpResponse:
    """Answer a refusal of ninja's own; where it hides one of ours (the parser's), that one."""
    if isinstance(error.__cause__, Problem):
        return respond(request, error.__cause__)
    kind = problems.of_status(error.status_code)
    return respond(request, kind(words_of(kind)))


def _unexpected(request: HttpRequest, error: Exception) -> HttpResponse:
    """Answer a busy database; anything else goes to Django, which logs it and tells the people in charge."""
    if timeouts.is_busy(error):
        return respond(
            request, problems.BUSY(words_of(problems.BUSY), headers={"Retry-After": str(RETRY_AFTER)})
        )
    raise error


def replace_page(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Return the refusal that stands for an error page below `/api/`, with the headers that say what to do."""
    kind = problems.of_status(response.status_code)
    kept = {name: response[name] for name in ("Allow", "Retry-After") if response.has_header(name)}
    answer = respond(request, kind(words_of(kind), headers=kept))
    answer.status_code = response.status_code
    return answer
