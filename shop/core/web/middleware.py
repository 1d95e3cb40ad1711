"""Middleware of every request: text that is none is refused, the visitor is known, the demo has the shop's 404 page."""

from collections.abc import Callable
from functools import partial
from typing import TypeVar

from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.middleware import AuthenticationMiddleware, get_user
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import BadRequest
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.functional import SimpleLazyObject

from shop.core.backoffice.error_pages import not_found
from shop.core.web import visitors

View = TypeVar("View", bound=Callable[..., HttpResponse])
# A sentence of Django's own technical page (`django/views/templates/technical_404.html`).
_TECHNICAL = b"<code>DEBUG = True</code>"


def reads_the_raw_body(view: View) -> View:
    """Mark a view that reads the request's body itself, so that it is not parsed as a form before.

    Parsing a form, and writing its files to disk, would ignore the view's own limits.
    """
    view.reads_the_raw_body = True  # type: ignore[attr-defined]
    return view


class RefuseBadText:
    """Answer 400 to a NUL byte in the path, the query string or a form field."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> None:
        texts = [request.path]
        if request.META.get("QUERY_STRING"):
            texts += [value for values in request.GET.lists() for value in (values[0], *values[1])]
        is_form = request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}
        if request.method == "POST" and is_form and not getattr(view, "reads_the_raw_body", False):
            texts += [value for values in request.POST.lists() for value in (values[0], *values[1])]
        if any("\x00" in text for text in texts):
            raise BadRequest("NUL byte in the request")


class VisitorOfSession(AuthenticationMiddleware):
    """Django's: the user is looked for when one is asked for. With an empty session nobody needs to be looked for."""

    def process_request(self, request: HttpRequest) -> None:
        super().process_request(request)
        request.user = SimpleLazyObject(partial(_user_of, request))  # type: ignore[assignment]


def _user_of(request: HttpRequest) -> AbstractBaseUser | AnonymousUser:
    """Return what Django's function does, and note as it does that the answer depends on who asks (`Vary: Cookie`)."""
    if request.session.is_empty() and not hasattr(request, "_cached_user"):
        request.session.accessed = True
        request._cached_user = AnonymousUser()  # type: ignore[attr-defined]
    return get_user(request)


class KnownVisitor:
    """Make the visitor of the request available to verbs (`shop.core.web.visitors.current`)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with visitors.answering(request):
            return self.get_response(request)


class ShopNotFound:
    """With DEBUG on, answer the shop's 404 page where Django would show its technical one: for the demo.

    The reason stays in the log (`django.request`); errors of the code (500) keep Django's page, for developers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        technical = response.status_code == 404 and not response.streaming and _TECHNICAL in response.content
        return not_found(request, Http404()) if settings.DEBUG and technical else response
