"""What the keys in rows of the lists are called: option values, brands and categories, kept while nothing changes."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final
from uuid import UUID

from catalog.listing import generations, navigation
from catalog.models import Brand, Category, Option, OptionValue
from catalog.search import lately
from catalog.search.lately import Lately
from catalog.variants.picker import PARAMETERS
from shop.core import folding

_KEY: Final = "catalog:names-of-search"


@dataclass(frozen=True, slots=True)
class ValueName:
    """A value of an option. `parameter` is the option's name in addresses."""

    key: UUID
    option: str
    parameter: str
    option_name: str
    kind: str
    code: str
    name: str
    swatch: str


@dataclass(frozen=True, slots=True)
class CategoryName:
    """A visible category; `above` is the one it stands in."""

    key: int
    name: str
    path: str
    depth: int
    above: int | None


@dataclass(frozen=True)
class Names:
    """All names: values in the order of their options and of the values."""

    values: tuple[ValueName, ...]
    brands: tuple[tuple[UUID, str, str], ...]
    categories: tuple[CategoryName, ...]

    @cached_property
    def _by_option(self) -> dict[str, tuple[tuple[ValueName, ...], tuple[UUID, ...]]]:
        found: dict[str, list[ValueName]] = {}
        for value in self.values:
            found.setdefault(value.option, []).append(value)
        return {option: (tuple(of), tuple(value.key for value in of)) for option, of in found.items()}

    def values_of(self, option: str) -> tuple[ValueName, ...]:
        """Return the values of an option by its code."""
        return self._by_option.get(option, ((), ()))[0]

    def keys_of(self, option: str) -> tuple[UUID, ...]:
        """Return the keys of these values, the same object each time."""
        return self._by_option.get(option, ((), ()))[1]

    @cached_property
    def brand_keys(self) -> tuple[UUID, ...]:
        """The keys of the brands, the same object each time."""
        return tuple(key for key, _slug, _name in self.brands)

    @cached_property
    def category_keys(self) -> tuple[int, ...]:
        """The keys of the categories, the same object each time."""
        return tuple(one.key for one in self.categories)

    def options(self) -> list[str]:
        """Return the codes of the options, colours and sizes first."""
        return list(self._by_option)

    def size(self, word: str) -> list[ValueName]:
        """Return the sizes that are called so."""
        return [
            value
            for value in self.values
            if value.kind == Option.Kind.SIZE and word in (folding.fold(value.name), value.code)
        ]


_kept: Final = Lately[Names]()


def read() -> Names:
    """Return the names of the last known version of the catalogue, the same object while nothing has changed.

    Facets are kept by that object.
    """
    return _kept.read(_KEY, _read)


def forget() -> None:
    """Read the names again: for tests."""
    _kept.forget()


def _read() -> Names:
    first = {Option.Kind.COLOUR: 0, Option.Kind.SIZE: 1}
    values = OptionValue.objects.select_related("option").order_by(
        "option__sort_order", "option__name", "sort_order", "name"
    )
    named = [
        ValueName(
            value.pk,
            value.option.code,
            PARAMETERS.get(Option.Kind(value.option.kind), value.option.code),
            value.option.name,
            value.option.kind,
            value.code,
            value.name,
            value.swatch,
        )
        for value in values
    ]
    named.sort(key=lambda value: first.get(Option.Kind(value.kind), 2))
    brands = Brand.objects.order_by("name").values_list("pk", "slug", "name")
    return Names(tuple(named), tuple(brands), tuple(_categories()))


def _categories() -> list[CategoryName]:
    entries = navigation.category_entries(generations.seen.lately(lately.KEEP_SECONDS))
    keys = {entry.tree_path: entry.key for entry in entries}
    return [
        CategoryName(
            entry.key,
            entry.name,
            entry.path_slug,
            entry.depth,
            keys.get(entry.tree_path[: -Category.steplen]),
        )
        for entry in entries
    ]
