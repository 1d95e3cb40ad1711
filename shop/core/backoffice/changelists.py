"""Lists and forms of the back office with an invalid query: 400 with a sentence, never 500.

A list may be filtered only as its own links do. Values that are masked or hidden (a provider's answer, the text of an
error) could otherwise be found by filters, one letter after another.
"""

import logging
from typing import Final, TypeVar, cast

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db import DataError, models, transaction
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from unfold.admin import ModelAdmin

M = TypeVar("M", bound=models.Model)
logger = logging.getLogger(__name__)
# What an invalid value in a filter, a date hierarchy, an order or a page raises, from Django or from PostgreSQL.
_UNREADABLE = (ValueError, OverflowError, DataError, ValidationError)
# The look-ups of the back office's filters, date hierarchies and links; no pattern, no part of a text, no search.
_LOOKUPS: Final = frozenset(
    {
        "exact",
        "in",
        "isnull",
        "gt",
        "gte",
        "lt",
        "lte",
        "date",
        "year",
        "month",
        "day",
    }
)
# Long texts and JSON: shown masked where they may have personal data.
_UNFILTERED: Final = (models.JSONField, models.TextField)


def field_named(model: type[models.Model], name: str) -> models.Field[object, object]:
    """Return the field that a part of a look-up names (`pk`: the primary key); relations from other models too.

    Raises: FieldDoesNotExist.
    """
    found = model._meta.pk if name == "pk" else model._meta.get_field(name)
    return cast("models.Field[object, object]", found)


def is_plain_filter(model: type[models.Model], lookup: str) -> bool:
    """Return whether a filter of a list (`user__email__exact`) compares a column's value, as the back office's own do.

    A name that is not a field of the model is a filter's own parameter and is allowed.
    """
    parts = lookup.split("__")
    for place, part in enumerate(parts):
        try:
            field = field_named(model, part)
        except FieldDoesNotExist:
            return not place or set(parts[place:]) <= _LOOKUPS
        if isinstance(field, _UNFILTERED):
            return False
        if not field.is_relation:
            return set(parts[place + 1 :]) <= _LOOKUPS
        paths = getattr(field, "path_infos", None)
        model = paths[-1].to_opts.model if paths else cast("type[models.Model]", field.related_model)
    return True


def may_contain(model: type[models.Model], name: str, value: object) -> bool:
    """Return whether a field of this name can have a value from a query; True for a name that is not a field."""
    try:
        field = model._meta.get_field(name)
        related = cast("type[models.Model]", field.related_model) if field.many_to_many else None
        found_text = related._meta.pk if related else getattr(field, "target_field", field)
        target = cast("models.Field[object, object]", found_text)
        for one in value if isinstance(value, list) else [value]:
            target.to_python(one)
    except FieldDoesNotExist:
        return True
    except (ValidationError, ValueError, OverflowError):
        return False
    return True


class ReadableLists(ModelAdmin[M]):
    """A model admin whose list answers 400 to invalid filters (a year 0, a month 13, a malformed key)."""

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, object] | None = None
    ) -> HttpResponse:
        """Show the list; one with parameters is rendered here, so that what they raise is caught."""
        view = super().changelist_view
        if not request.GET or request.method != "GET":
            return view(request, extra_context)
        try:
            # A savepoint: an error of PostgreSQL must not abort the transaction of the error page.
            with transaction.atomic():
                answer = view(request, extra_context)
                return answer.render() if isinstance(answer, TemplateResponse) else answer
        except _UNREADABLE as error:
            logger.warning("A list cannot be shown as asked for: %s: %s", request.path, error)
        context = {
            **self.admin_site.each_context(request),
            "title": _("This list cannot be shown so"),
            "opts": self.opts,
        }
        return TemplateResponse(request, "admin/unreadable.html", context, status=400)
