"""Requests below `/api/`: no cookies, and no page where something refuses them before an endpoint is reached."""

from collections.abc import Callable
from http import HTTPStatus
from typing import Final

from django.http import HttpRequest, HttpResponse

from shop.core.api import handlers, problems, throttles

# Providers send what they like; the view of their notifications reads it itself.
_NOTIFICATIONS: Final = f"{problems.PREFIX}webhooks/"
DOCUMENTATION: Final = f"{problems.PREFIX}docs"


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
        response = self._refuse(request) or self.get_response(request)
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
        return response

    def _refuse(self, request: HttpRequest) -> HttpResponse | None:
        """Refuse a body that is not JSON before anything parses it as a form."""
        has_body = request.META.get("CONTENT_LENGTH") not in {None, "", "0"}
        if not has_body or request.content_type == "application/json":
            return None
        if request.path.startswith(_NOTIFICATIONS):
            return None
        return problems.respond(request, problems.WRONG_TYPE(handlers.words_of(problems.WRONG_TYPE)))
