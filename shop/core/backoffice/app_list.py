"""The list of all apps and models: made only for a page that shows it."""

from collections.abc import Callable
from functools import wraps
from typing import Any, cast

from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject


def when_read(
    get_app_list: Callable[[HttpRequest, str | None], list[Any]],
) -> Callable[[HttpRequest, str | None], list[Any]]:
    """Return `AdminSite.get_app_list` with an answer that is worked out when somebody reads it.

    Django's admin asks for it on each page; the sidebar here has a list of its own (`shop.admin_site`).
    """

    @wraps(get_app_list)
    def later(request: HttpRequest, app_label: str | None = None) -> list[Any]:
        return cast("list[Any]", SimpleLazyObject(lambda: get_app_list(request, app_label)))

    return later
