"""Lists in pages by keyset: the next page begins after the last row, by the sorted columns and the key.

No offset, so that a page costs the same wherever it is and rows with equal values are neither skipped nor repeated. A
cursor is signed: one that this shop has not given out for this very order is refused.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Generic, TypeVar

from django.core import signing
from django.core.exceptions import ValidationError
from django.db.models import Field, Model, Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext as _
from ninja import Query
from pydantic import Field as Annotation

from shop.core.api.problems import BAD_CURSOR
from shop.core.api.schemas import Schema

M = TypeVar("M", bound=Model)
T = TypeVar("T")

MOST: Final = 100
DEFAULT: Final = 24
_SALT: Final = "shop.core.api.paging"

# The parameters of every list.
Cursor = Annotated[
    str, Query("", max_length=600, description="`next` of the page before; empty for the first page.")
]
Limit = Annotated[int, Query(DEFAULT, ge=1, le=MOST, description="How many rows a page has.")]


class Page(Schema, Generic[T]):
    """A page of a list; `next` is the address of the page after it, null at the end."""

    items: Annotated[list[T], Annotation(max_length=MOST)]
    next: str | None


@dataclass(frozen=True, slots=True)
class Slice(Generic[M]):
    """The rows of one page in order, and the cursor of the next ("" at the end)."""

    rows: list[M]
    cursor: str


def read(rows: QuerySet[M], *, order: Sequence[str], cursor: str, limit: int) -> Slice[M]:
    """Return the page of `rows` after `cursor`, sorted by `order` (names of columns or annotations, `-` descending).

    The last of `order` must be unique. Nulls stand where PostgreSQL puts them: behind the others, descending before
    them. One query of `limit` + 1 rows.

    Raises:
        Problem: the cursor is not one of this order (400).
    """
    if cursor:
        rows = rows.filter(_after(rows, order, _values(rows, order, cursor)))
    found = list(rows.order_by(*order)[: limit + 1])
    more = len(found) > limit
    kept = found[:limit]
    return Slice(kept, _cursor(kept[-1], order) if more else "")


def page(request: HttpRequest, found: Slice[M], items: Sequence[T]) -> dict[str, Any]:
    """Return the body of a page, for endpoints that answer `Page[…]`; `items` are what is shown of its rows."""
    return {"items": list(items), "next": next_address(request, found)}


def link_next(request: HttpRequest, response: HttpResponse, found: Slice[M]) -> None:
    """Name the next page in the header `Link` (RFC 8288), for contracts whose lists are bare arrays."""
    if address := next_address(request, found):
        response["Link"] = f'<{address}>; rel="next"'


def next_address(request: HttpRequest, found: Slice[M]) -> str | None:
    """Return the absolute address of the page after this one, or None."""
    return address_with(request, found.cursor) if found.cursor else None


def address_with(request: HttpRequest, cursor: str) -> str:
    """Return the absolute address of a request with another cursor, and all of its other values."""
    query = request.GET.copy()
    query["cursor"] = cursor
    return request.build_absolute_uri(f"{request.path}?{query.urlencode()}")


def _salt(order: Sequence[str]) -> str:
    return f"{_SALT}:{','.join(order)}"


def _cursor(row: Model, order: Sequence[str]) -> str:
    texts = [_text(row, name.removeprefix("-")) for name in order]
    return signing.dumps(texts, salt=_salt(order), compress=True)


def _text(row: Model, name: str) -> str | None:
    value = getattr(row, name)
    if value is None:
        return None
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _values(rows: QuerySet[M], order: Sequence[str], cursor: str) -> list[object]:
    """Return the values in a cursor, as their columns have them."""
    try:
        texts = signing.loads(cursor, salt=_salt(order))
        return [
            None if text is None else _column(rows, name.removeprefix("-")).to_python(text)
            for name, text in zip(order, texts, strict=True)
        ]
    except (signing.BadSignature, ValidationError, ValueError, TypeError) as error:
        raise BAD_CURSOR(_("This cursor is not valid. Begin with the first page.")) from error


def _column(rows: QuerySet[M], name: str) -> "Field[Any, Any]":
    if name in rows.query.annotations:
        column: Field[Any, Any] = rows.query.annotations[name].output_field
        return column
    return rows.model._meta.get_field(name)  # type: ignore[return-value]


def _after(rows: QuerySet[M], order: Sequence[str], values: Sequence[object]) -> Q:
    """Return the condition of the rows that come after these values. The first column alone bounds the index."""
    after, equal = Q(pk__in=()), Q()
    for name, value in zip(order, values, strict=True):
        column = name.removeprefix("-")
        after |= equal & _beyond(rows, name, value)
        equal &= Q(**{f"{column}__isnull": True}) if value is None else Q(**{column: value})
    first = order[0].removeprefix("-")
    if values[0] is None or (first == order[0] and _column(rows, first).null):
        return after
    return Q(**{f"{first}__{'gte' if first == order[0] else 'lte'}": values[0]}) & after


def _beyond(rows: QuerySet[M], name: str, value: object) -> Q:
    """Return the condition of the rows that come after a value of one column, nulls as PostgreSQL sorts them."""
    column = name.removeprefix("-")
    if value is None:
        return Q(**{f"{column}__isnull": False}) if name != column else Q(pk__in=())
    if name != column:
        return Q(**{f"{column}__lt": value})
    after = Q(**{f"{column}__gt": value})
    return after | Q(**{f"{column}__isnull": True}) if _column(rows, column).null else after
