"""Lists of the back office whose address has been tampered with: 400 in words, never 500."""

import logging
from typing import Any, cast

from django.core.exceptions import ValidationError
from django.db import DataError, transaction
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _

logger = logging.getLogger(__name__)
# What garbage in a filter, a date hierarchy, an order or a page raises, from Django or from PostgreSQL.
_UNREADABLE = (ValueError, OverflowError, DataError, ValidationError)


class ReadableLists:
    """A model admin whose list answers 400 to filters that mean nothing (a year 0, a month 13, a key that is none)."""

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """Show the list; one that was asked with parameters is rendered here, where what they raise can be told."""
        view = cast(Any, super()).changelist_view
        if not request.GET or request.method != "GET":
            return view(request, extra_context)
        try:
            # A savepoint: what PostgreSQL refuses must not spoil the transaction of the page that says so.
            with transaction.atomic():
                answer = view(request, extra_context)
                return answer.render() if isinstance(answer, TemplateResponse) else answer
        except _UNREADABLE as error:
            logger.warning("A list cannot be shown as asked for: %s: %s", request.path, error)
        site, opts = cast(Any, self).admin_site, cast(Any, self).opts
        context = {**site.each_context(request), "title": _("This list cannot be shown so"), "opts": opts}
        return TemplateResponse(request, "admin/unreadable.html", context, status=400)
