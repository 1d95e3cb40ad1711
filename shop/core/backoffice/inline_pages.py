"""Rows below a row, a page at a time: a form has no more fields than the shop accepts, and opens quickly."""

from functools import cached_property
from typing import Any, TypeVar, cast

from django.contrib.admin.options import InlineModelAdmin
from django.db.models import ForeignKey, Model, QuerySet
from django.forms import BaseInlineFormSet, ModelForm
from django.http import HttpRequest
from unfold.forms import PaginationInlineFormSet

M = TypeVar("M", bound=Model)
FormSet = BaseInlineFormSet[M, Model, ModelForm[M]]


class PagedFormSet(PaginationInlineFormSet[M, Model]):
    """A page of an inline. Submitted rows are found by key, on whatever page they are by now."""

    def get_page_num(self) -> int:
        """Return the requested page; the first for an invalid number."""
        request = cast(HttpRequest, self.request)
        for asked in (request.GET, request.POST):
            text = asked.get(self.get_pagination_key(), "")
            if text.isascii() and text.isdigit() and 0 < len(text) < 9:
                return max(1, int(text))
        return 1

    @cached_property
    def _sent_objects(self) -> dict[object, M]:
        key = cast("type[M]", self.model)._meta.pk
        names = [f"{self.add_prefix(index)}-{key.name}" for index in range(self.initial_form_count())]
        to_python = self._get_to_python(key)
        keys = []
        for name in names:
            try:
                keys.append(to_python(self.data.get(name)))
            except Exception:  # noqa: BLE001,S112  (no key at all: the form says so beside the row)
                continue
        rows = cast("QuerySet[M]", self.queryset).filter(pk__in=[key for key in keys if key is not None])
        return {row.pk: row for row in rows}

    def _existing_object(self, pk: object) -> M | None:
        return self._sent_objects.get(pk)


def foreign_key(formset: type[FormSet[M]]) -> "ForeignKey[Model, Model]":
    """Return the foreign key of an inline's rows to their parent row."""
    return cast("ForeignKey[Model, Model]", formset.fk)


class PagedInline(InlineModelAdmin[M, Model]):
    """An inline that is shown a page at a time."""

    formset = PagedFormSet  # type: ignore[assignment]  # Of whatever model the inline is.
    per_page: int | None = 50
    ordering_field: str | None
    hide_ordering_field: bool

    def get_queryset(self, request: HttpRequest) -> QuerySet[M]:
        """Return the rows in a stable order."""
        found = super().get_queryset(request)
        return found if found.ordered else found.order_by("pk")

    def get_formset(self, request: HttpRequest, obj: Model | None = None, **kwargs: Any) -> type[FormSet[M]]:
        """Return the formset; rows on several pages are ordered by numbers, since dragging covers one page."""
        found = super().get_formset(request, obj, **kwargs)
        most = self.per_page or 0
        if self.ordering_field and obj is not None:
            rows = self.model._base_manager.filter(**{foreign_key(found).name: obj})[: most + 1]
            if rows.count() > most:
                self.ordering_field, self.hide_ordering_field = None, False
        return found
