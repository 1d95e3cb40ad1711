"""The values of a row's columns as they are written: most of them are sent as they are.

Django asks each field what becomes of its value, which for a text, a key, a number or an amount is that value.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, TypeAlias
from uuid import UUID

from django.db import connection, models

# What the field of a column leaves as it is.
_AS_THEY_ARE: Final[tuple[tuple[Any, type], ...]] = (
    (models.CharField, str),
    (models.TextField, str),
    (models.UUIDField, UUID),
    (models.DecimalField, Decimal),
    (models.BooleanField, bool),
    (models.DateTimeField, datetime),
)
_CHANGERS: Final = ("get_db_prep_save", "get_db_prep_value", "get_prep_value", "to_python")
# A field; its attribute, "" where it is asked for the value itself; the type that is sent as it is, None: none.
Column: TypeAlias = tuple[Any, str, type | None]


def columns_of(fields: Iterable[Any]) -> Sequence[Column]:
    """Return how the values of fields are found and sent, to be kept with a statement."""
    return [(field, _attribute(field), _sent_as_it_is(field)) for field in fields]


def values_of(row: models.Model, columns: Iterable[Column], *, is_new: bool) -> list[Any]:
    """Return the values of a row as `save` writes them."""
    found = []
    for column in columns:
        field, attribute, _kind = column
        value = getattr(row, attribute) if attribute else field.pre_save(row, is_new)
        found.append(as_sent(value, column))
    return found


def as_sent(value: Any, column: Column) -> Any:
    """Return what a value is sent as to a column."""
    field, _attribute, kind = column
    if kind is not None:
        if value is None:
            return None
        # Of an instant without a zone Django warns.
        if type(value) is kind and not (isinstance(value, datetime) and value.tzinfo is None):
            return value
    return field.get_db_prep_save(value, connection)


def _attribute(field: Any) -> str:
    return str(field.attname) if type(field).pre_save is models.Field.pre_save else ""


@lru_cache(maxsize=1024)
def _sent_as_it_is(field: Any) -> type | None:
    if type(field) in {models.ForeignKey, models.OneToOneField}:
        return _sent_as_it_is(field.target_field)
    for base, kind in _AS_THEY_ARE:
        if isinstance(field, base):
            is_plain = all(getattr(type(field), name) is getattr(base, name) for name in _CHANGERS)
            return kind if is_plain else None
    return None
