"""The page for temporary database errors: a lock, a full or unavailable server. Nothing was lost; try again soon.

It is rendered without the database.
"""

import logging
import sys
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.utils.cache import add_never_cache_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.log import log_response
from django.utils.translation import gettext as _
from django.views.defaults import server_error as djangos_server_error

from shop.core.database import timeouts
from shop.core.database.timeouts import Patience

log = logging.getLogger(__name__)

# Seconds; a lock is rarely held for longer.
RETRY_AFTER: Final = 5
ADMIN: Final = "/admin/"
_AWAY: Final = "_percha_database_is_away"


class DatabaseTimeouts:
    """Give the admin the staff's database time limits, and answer temporary database errors with a page (503)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path.startswith(ADMIN):
            with timeouts.allow(Patience.LONG):
                return self.get_response(request)
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not timeouts.is_busy(error):
            return None
        response = answer(request, error)
        if request.headers.get("HX-Request") and request.headers.get("HX-Current-URL"):
            _tell_htmx(request, response)
        return response


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer an error outside of views (`handler500`): a session that could not be saved is temporary as well."""
    error = sys.exc_info()[1]
    return answer(request, error) if timeouts.is_busy(error) else djangos_server_error(request)


def answer(request: HttpRequest, error: BaseException | None) -> HttpResponse:
    """Return the page with status 503 and Retry-After; it is logged as a warning, so that no alarm is raised."""
    context = {"back": _way_back(request), "is_staff_page": request.path.startswith(ADMIN)}
    response = HttpResponse(render_to_string("503.html", context), status=503)
    response["Retry-After"] = str(RETRY_AFTER)
    if timeouts.is_away(error):
        setattr(response, _AWAY, True)
    add_never_cache_headers(response)
    log_response(
        "Database busy at %s: %s",
        request.path,
        error,
        response=response,
        request=request,
        logger=log,
        level="warning",
    )
    return response


def says_away(response: HttpResponse) -> bool:
    """Return whether an answer is this page because the database cannot be asked at all."""
    return getattr(response, _AWAY, False)


def _way_back(request: HttpRequest) -> str:
    """Return the URL to try again: this one, or after a form the page that it was submitted from."""
    if request.method in {"GET", "HEAD"}:
        return request.get_full_path()
    came_from = request.headers.get("Referer", "")
    try:
        is_ours = url_has_allowed_host_and_scheme(came_from, allowed_hosts={request.get_host()})
        parts = urlsplit(came_from)
    except ValueError:
        return ""
    return parts._replace(scheme="", netloc="", fragment="").geturl() if is_ours and parts.netloc else ""


def _tell_htmx(request: HttpRequest, response: HttpResponse) -> None:
    """Have htmx reload a page whose change was refused, with the reason; after a GET the page stays as it is."""
    if request.method != "POST" or not hasattr(request, "_messages"):
        return
    words = _("The shop is busy at the moment and this was not done. Nothing was lost: try it again.")
    messages.warning(request, words)
    response["HX-Refresh"] = "true"
