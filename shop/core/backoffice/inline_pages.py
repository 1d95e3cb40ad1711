"""Rows below a row, a page at a time: a form holds no more fields than the shop takes back, and opens at once."""

from functools import cached_property
from typing import Any, cast

from django.http import HttpRequest
from unfold.forms import PaginationInlineFormSet


class PagedFormSet(PaginationInlineFormSet):
    """A page of an inline. What is sent is found by its key, on whatever page it stands by now."""

    def get_page_num(self) -> int:
        """Return the page asked for; the first for garbage."""
        request = cast(Any, self.request)
        for asked in (request.GET, request.POST):
            text = asked.get(self.get_pagination_key(), "")
            if text.isascii() and text.isdigit() and 0 < len(text) < 9:
                return max(1, int(text))
        return 1

    @cached_property
    def _sent_objects(self) -> dict[Any, Any]:
        names = [
            f"{self.add_prefix(index)}-{self.model._meta.pk.name}"
            for index in range(self.initial_form_count())
        ]
        to_python = self._get_to_python(self.model._meta.pk)
        keys = []
        for name in names:
            try:
                keys.append(to_python(self.data.get(name)))
            except Exception:  # noqa: BLE001,S112  (no key at all: the form says so beside the row)
                continue
        rows = cast(Any, self.queryset).filter(pk__in=[key for key in keys if key is not None])
        return {row.pk: row for row in rows}

    def _existing_object(self, pk: Any) -> Any:
        return self._sent_objects.get(pk)


class PagedInline:
    """An inline that is shown a page at a time."""

    formset = PagedFormSet
    per_page = 50

    def get_queryset(self, request: HttpRequest) -> Any:
        """Return the rows in an order that pages can rely on."""
        found = cast(Any, super()).get_queryset(request)
        return found if found.ordered else found.order_by("pk")

    def get_formset(self, request: HttpRequest, obj: Any = None, **kwargs: Any) -> Any:
        """Return the formset; rows on several pages are ordered by numbers, since dragging sees one page only."""
        found = cast(Any, super()).get_formset(request, obj, **kwargs)
        own = cast(Any, self)
        if own.ordering_field and obj is not None:
            rows = own.model._base_manager.filter(**{found.fk.name: obj})[: self.per_page + 1]
            if rows.count() > self.per_page:
                own.ordering_field, own.hide_ordering_field = None, False
        return found
