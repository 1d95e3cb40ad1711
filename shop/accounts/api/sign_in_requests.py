"""What is refused before django-allauth's headless views below `/api/auth/` read a request."""

from collections.abc import Callable
from typing import Final

from allauth.headless.internal.sessionkit import new_session
from django.contrib.sessions.backends.base import UpdateError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext as _

from shop.core.api.handlers import words_of
from shop.core.api.parsing import StrictParser
from shop.core.api.problems import MALFORMED, PREFIX, UNAUTHENTICATED, Problem, respond

_PARSER: Final = StrictParser()
# Accounts are known by an e-mail address: there is no phone number to sign in with.
_UNUSED: Final = frozenset({"manage_phone", "verify_phone", "resend_phone_verification_code"})


class SignInRequests:
    """Refuses bodies that the rest of the API refuses too (deep nesting, NUL, halves of characters); unused steps: 404.

    Signing in makes rows of what it reads, and its own parser takes whatever Python calls JSON.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: object, args: object, kwargs: object
    ) -> HttpResponse | None:
        match = request.resolver_match
        if match is None or match.namespaces[:1] != ["headless"]:
            return None
        if match.url_name in _UNUSED:
            raise Http404
        if request.method in {"GET", "HEAD", "OPTIONS"}:
            return None
        try:
            _check_body(request)
        except Problem as refusal:
            return respond(request, refusal)
        return None

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer 401 where the session was ended while a step of it was being answered: it can be saved no more."""
        if not isinstance(exception, UpdateError) or not request.path.startswith(PREFIX):
            return None
        request.session = new_session()  # Not the one that is gone: Django would save it once more.
        return respond(request, UNAUTHENTICATED(words_of(UNAUTHENTICATED)))


def _check_body(request: HttpRequest) -> None:
    """Raises: Problem (400) for JSON that is not taken. What is no JSON by its type has been refused already."""
    length = request.META.get("CONTENT_LENGTH") or "0"
    if not length.isdecimal():
        raise MALFORMED(_("The body must be a JSON object."))
    if length != "0":
        _PARSER.parse_body(request)
