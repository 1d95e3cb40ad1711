"""The search box of a list in the back office: every field of `search_fields`, folded as the shop's own search folds.

A row is found when each word is somewhere in it; a number may be written with any separators (`28.111.222`, `#10.001`,
`+54 9 11 5555-0187`), whether or not the row has them. The words are compared in one statement.
"""

from collections.abc import Iterable
from typing import Final, TypeVar, cast

from django.core.exceptions import FieldDoesNotExist
from django.db.models import Func, Model, Q, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from shop.core.backoffice.changelists import field_named
from shop.core.folding import BETWEEN, pattern, squeeze

M = TypeVar("M", bound=Model)
MAX_TEXT: Final = 100
MAX_WORDS: Final = 8
# Two writings of one phone number agree in their last digits: country, trunk and mobile prefixes vary.
PHONE_TAIL: Final = 8


def _to_many(model: type[Model], path: str) -> str:
    """Return the part of a path that ends with its first relation to many rows; "" when each row has one value.

    Raises: FieldDoesNotExist for a path that ends in a lookup instead of a field.
    """
    parts = path.split("__")
    for index, part in enumerate(parts):
        field = field_named(model, part)
        if field.one_to_many or field.many_to_many:
            return "__".join(parts[: index + 1])
        if field.is_relation and index < len(parts) - 1:
            model = cast("type[Model]", field.related_model)
        elif index < len(parts) - 1:
            raise FieldDoesNotExist(path)
    return ""


def _holding(model: type[Model], paths: Iterable[str], parts: Iterable[str]) -> QuerySet[Model, object]:
    """Return the keys of the rows which have all `parts` in the text of these fields."""
    texts = [Cast(path, TextField()) for path in paths]
    together = Func(Value(BETWEEN), *texts, function="concat_ws", output_field=TextField())
    rows = model._base_manager.alias(searched=together)
    for part in parts:
        rows = rows.filter(searched__regex=pattern(part, is_squeezed=True))
    return rows.order_by().values("pk")


def matching(model: type[Model], paths: Iterable[str], text: str) -> Q | None:
    """Return the condition of the rows that a search for `text` finds; None when it has nothing to compare.

    Paths are those of `ModelAdmin.search_fields`, without prefixes and lookups.
    """
    text = text[:MAX_TEXT]
    squeezed_text = squeeze(text)
    if not squeezed_text:
        return None
    groups: dict[str, list[str]] = {}
    for path in paths:
        groups.setdefault(_to_many(model, path), []).append(path)
    if squeezed_text.isdecimal():
        parts = [squeezed_text]
    else:
        parts = [part for word in text.split()[:MAX_WORDS] if (part := squeeze(word))]
    if len(groups) == 1:
        found = Q(pk__in=_holding(model, next(iter(groups.values())), parts))
    else:
        found = Q()
        for part in parts:
            found &= Q.create([Q(pk__in=_holding(model, own, [part])) for own in groups.values()], Q.OR)
    phones = [path for path in paths if path.endswith("phone")]
    if phones and squeezed_text.isdecimal() and len(squeezed_text) >= PHONE_TAIL:
        found |= Q(pk__in=_holding(model, phones, [squeezed_text[-PHONE_TAIL:]]))
    return found


class FoldedSearch(ModelAdmin[M]):
    """A model admin whose search box ignores case, accents and separators."""

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[M], search_term: str
    ) -> tuple[QuerySet[M], bool]:
        """Narrow `queryset` to what is found; never twice the same row."""
        paths = list(self.get_search_fields(request))
        try:
            condition = matching(queryset.model, paths, search_term) if paths else None
        except FieldDoesNotExist:  # A list that compares keys exactly (`subject_id__exact`).
            return super().get_search_results(request, queryset, search_term)
        if condition is not None:
            return queryset.filter(condition), False
        return (queryset.none() if search_term.strip() and paths else queryset), False
