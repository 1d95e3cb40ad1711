"""Error pages: the shop's for shoppers, and pages in the back office's layout for the staff."""

import logging
from typing import Final

from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.views import defaults

log = logging.getLogger(__name__)
ADMIN: Final = "/admin/"


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404 (`handler404`). Nobody keeps it: something may get this address at any moment."""
    words = (
        _("There is no such page or row"),
        _("It was deleted, or the address was mistyped. Look for it in its list."),
    )
    response = in_the_admin(request, 404, *words) or defaults.page_not_found(request, exception)
    response.setdefault("Cache-Control", "no-cache")
    return response


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403 (`handler403`)."""
    words = (
        _("Your role may not do this"),
        _(
            "Nothing was changed. Whoever gives out the roles (People → your account) can give you the right to it."
        ),
    )
    return in_the_admin(request, 403, *words) or defaults.permission_denied(request, exception)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400 (`handler400`)."""
    words = (
        _("We did not understand that"),
        _("The address or the form held something that no page can mean. Nothing was changed."),
    )
    return in_the_admin(request, 400, *words) or defaults.bad_request(request, exception)


def stale_form(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose CSRF token is stale (403, `CSRF_FAILURE_VIEW`); nothing was changed."""
    words = (
        _("The form was too old"),
        _("Nothing was changed. Go back, load the page again and send it once more."),
    )
    return in_the_admin(request, 403, *words) or render(
        request, "403_csrf.html", {"reason": reason}, status=403
    )


def in_the_admin(request: HttpRequest, status: int, title: str, words: str) -> HttpResponse | None:
    """Return the response in the back office's layout; None outside of it, or when the user is not staff."""
    user = getattr(request, "user", None)
    if not request.path.startswith(ADMIN) or not getattr(user, "is_staff", False):
        return None
    try:
        context = {**admin.site.each_context(request), "title": title, "words": words}
        return render(request, "admin/refused.html", context, status=status)
    except Exception:  # the layout queries the database; a refusal must not become an error
        log.exception("The back office could not say no in its own frame")
        return None
