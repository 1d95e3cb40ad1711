"""Requests below `/api/`: no cookies, and no page where something refuses them before an endpoint is reached."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import translation

from shop.core.api import handlers, problems, throttles
from shop.core.web import languages

# Providers send what they like; the view of their notifications reads it itself.
_NOTIFICATIONS: Final = f"{problems.PREFIX}webhooks/"
DOCUMENTATION: Final = f"{problems.PREFIX}docs"


class Languages(LocaleMiddleware):
    """Reads a request's language: the address says that of the shop's pages, the visitor that of everything else.

    Below `/api/` a contract's sentences are in the language of the contract. `request.LANGUAGE_CODE` is the visitor's,
    in which mails about a purchase are written.
    """

    def process_request(self, request: HttpRequest) -> None:
        if languages.is_in_address(request.path_info):
            translation.activate(languages.language_of(request.path_info))
            request.LANGUAGE_CODE = translation.get_language()
            return
        super().process_request(request)
        _speak(request, translation.get_language())

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        if languages.is_in_address(request.path_info):
            response.headers.setdefault("Content-Language", languages.language_of(request.path_info))
            return response
        return super().process_response(request, response)


def _speak(request: HttpRequest, language: str) -> None:
    is_api = request.path.startswith(problems.PREFIX)
    translation.activate((is_api and problems.shape_of(request.path).language) or language)


def _leave_out_body(response: HttpResponseBase) -> None:
    """Send the headers of an answer alone, with the length that its body would have."""
    if isinstance(response, StreamingHttpResponse):
        response.streaming_content = []
    elif isinstance(response, HttpResponse):
        if response.status_code != HTTPStatus.NOT_MODIFIED:
            response["Content-Length"] = str(len(response.content))
        response.content = b""


class ApiRequests:
    """Takes the cookies off requests of the API and off its answers, and pages of refusal out of these.

    Clients are known by their token alone: a browser that is signed in to the shop cannot be made to act through the
    API by another site, since nothing that it sends by itself is read.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path.startswith(problems.PREFIX):
            return self.get_response(request)
        request.META.pop("HTTP_COOKIE", None)
        request.COOKIES = {}
        # What refuses a request before its language is read would speak that of the request before it.
        _speak(request, translation.get_language_from_request(request))
        response = self._refuse(request) or self._answer(request)
        response.cookies.clear()
        refused = response.status_code >= 400 and not response.streaming
        if refused and "json" not in response.get("Content-Type", "") and request.path != DOCUMENTATION:
            response = handlers.replace_page(request, response)
        if response.status_code == HTTPStatus.TOO_MANY_REQUESTS:
            # Limits of libraries do not say it (django-allauth's count a minute, or five).
            response.headers.setdefault("Retry-After", "60")
        throttles.describe(request, response)
        if not response.has_header("Cache-Control"):
            response["Cache-Control"] = "private, no-store"
        if request.method == "HEAD":
            _leave_out_body(response)
        return response

    def _answer(self, request: HttpRequest) -> HttpResponse:
        """Answer HEAD as GET: all that is behind this, limits and versions too, takes it for one (RFC 9110 §9.3.2)."""
        is_head = request.method == "HEAD"
        if is_head:
            request.method = "GET"
        response = self.get_response(request)
        if is_head:
            request.method = "HEAD"
        allowed = response.get("Allow", "").split(", ")
        if "GET" in allowed and "HEAD" not in allowed:
            response["Allow"] = ", ".join(sorted([*allowed, "HEAD"]))
        return response

    def _refuse(self, request: HttpRequest) -> HttpResponse | None:
        """Refuse a body that is not JSON before anything parses it as a form, and one that is too large."""
        length = request.META.get("CONTENT_LENGTH") or "0"
        if length == "0" or request.path.startswith(_NOTIFICATIONS):
            return None
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if most is not None and length.isdecimal() and int(length) > most:
            return problems.respond(request, problems.TOO_LARGE(handlers.words_of(problems.TOO_LARGE)))
        if request.content_type == "application/json":
            return None
        return problems.respond(request, problems.WRONG_TYPE(handlers.words_of(problems.WRONG_TYPE)))
