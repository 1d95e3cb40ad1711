"""What is asked of one row, by its key, in many places: all of it in one round trip, beside the row.

A page shows many things of an order, and each is read where it is put into words. Whoever knows the order reads them
ahead; whoever needs one of them takes it by `of`, and asks by itself where nobody has read ahead. Only a row that is
shown is read ahead of: what is done under a lock reads what there is under the lock.
"""

from collections.abc import Iterable
from typing import Any, Final, TypeAlias, TypeVar
from uuid import UUID

from django.db.models import Model

from shop.core.database.kept_queries import KeptQuery, together

M = TypeVar("M")
Wanted: TypeAlias = tuple[KeptQuery[Any], UUID | str]
_FOUND: Final = "_read_ahead"


def read_ahead(row: Model, wanted: Iterable[Wanted]) -> None:
    """Ask all of it in one round trip, each query with its value, and keep what was found beside the row."""
    keys = list(dict.fromkeys(wanted))
    found = together(*[query.asked(value) for query, value in keys])
    row.__dict__[_FOUND] = dict(zip(keys, found, strict=True))


def of(row: Model, query: KeptQuery[M], value: UUID | str) -> list[M]:
    """Return the rows of a query, read ahead or asked now."""
    found: list[M] | None = row.__dict__.get(_FOUND, {}).get((query, value))
    return query(value) if found is None else found
