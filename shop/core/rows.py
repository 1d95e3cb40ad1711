"""Objects made of rows without the questions that `Model.__init__` asks of each: signals, keywords, defaults."""

from collections.abc import Callable, Collection, Sequence
from functools import cache
from typing import Self

from django.db import models
from django.db.models.base import ModelState
from django.db.models.fields.files import FileDescriptor, ImageFileDescriptor
from django.db.models.fields.related_descriptors import ForeignKeyDeferredAttribute
from django.db.models.query_utils import DeferredAttribute
from django.db.models.signals import post_init, pre_init

# What stands for a column in a class and, in a new object, stores a value as it is.
_PLAIN = frozenset({DeferredAttribute, ForeignKeyDeferredAttribute, FileDescriptor, ImageFileDescriptor})


class MadeOfRows(models.Model):
    """A model whose objects are made of rows, or of parts of them, at once; what is unusual, Django makes."""

    class Meta:
        abstract = True

    @classmethod
    def from_db(  # type: ignore[override]
        cls, db: str | None, field_names: Collection[str], values: Collection[object]
    ) -> Self:
        """Return the object of a row."""
        names = plain_columns(cls)
        if len(names) != len(values):
            names = _plain_among(cls, tuple(field_names))
        if len(names) != len(values):
            return super().from_db(db, field_names, values)
        new = cls.__new__(cls)
        new._state = state = ModelState()
        new.__dict__.update(zip(names, values, strict=True))
        state.adding, state.db = False, db
        return new

    @classmethod
    def unsaved(cls) -> Self:
        """Return what the class returns when it is called without values: an object of its columns' defaults."""
        if not (defaults := _defaults(cls)):
            return cls()
        new = cls.from_db(None, (), [make() if make else value for make, value in defaults])
        new._state.adding = True
        return new


@cache
def plain_columns(model: type[models.Model]) -> Sequence[str]:
    """Return the attributes of a row's columns, in their order; none where Django does more than to set them."""
    names = [field.attname for field in model._meta.concrete_fields]
    is_plain = (
        model.__init__ is models.Model.__init__
        and model.__setattr__ is models.Model.__setattr__
        and not pre_init.has_listeners(model)
        and not post_init.has_listeners(model)
        and all(type(getattr(model, name)) in _PLAIN for name in names)
    )
    return names if is_plain else ()


@cache
def _defaults(model: type[models.Model]) -> Sequence[tuple[Callable[[], object] | None, object]]:
    """Return what makes each column's default, or the one that all have; nothing where Django does more to a column."""
    fields = model._meta.concrete_fields
    is_plain = plain_columns(model) and not any(field.generated for field in fields)
    if not is_plain:
        return ()
    return [
        (field.get_default, None) if callable(field.default) else (None, field.get_default())
        for field in fields
    ]


@cache
def _plain_among(model: type[models.Model], asked: tuple[str, ...]) -> Sequence[str]:
    """Return those of the columns that were asked for, in the order of the model, as Django takes their values."""
    return [name for name in plain_columns(model) if name in asked]
