"""What a list can be narrowed by, with true counts: each group is counted as if nothing of it were chosen."""

from collections.abc import Callable, Hashable, Iterable
from decimal import Decimal
from functools import reduce
from operator import and_, or_
from typing import Final, TypeVar

from catalog.models import Option
from catalog.search.bitmaps import RowSet
from catalog.search.index import Index, cents
from catalog.search.names import Names
from catalog.search.names import read as read_names
from catalog.search.port import Facet, Facets, FacetValue, PriceRange, Request

# Of one group so many values are shown: those of most rows, and what is chosen.
MOST_VALUES: Final = 40
_RANGES: Final = 4
# Rows by whose prices the bounds of ranges are chosen.
_SAMPLED: Final = 100
# So many facets, and groups of them, are kept, those that were asked for last, until a row changes: with the set of a
# list some 40 KB each of 200,000 rows, with those of one list the set once.
_KEPT: Final = 512
Counted = TypeVar("Counted")
_BRAND, _CATEGORY, _PRICE = "brand", "category", "price"


class Narrowing:
    """The sets of rows that each group of a request leaves, and what is left by all."""

    def __init__(self, base: int, request: Request, index: Index) -> None:
        self.base = base & index.bits("all", "stock") if request.in_stock else base
        self.whole = base
        self.request, self.index = request, index
        self.chosen = {code: set(wanted) for code, wanted in request.options.items() if wanted}
        self._left: dict[str, RowSet] = {}
        self._of_group = {**self._options(in_stock=request.in_stock), **self._others()}
        self._choices: dict[str, object] = {
            f"option:{option}": tuple(wanted) for option, wanted in request.options.items() if wanted
        } | {
            _BRAND: tuple(request.brands),
            _CATEGORY: tuple(request.categories),
            _PRICE: (request.lowest, request.highest),
        }

    @property
    def names(self) -> Names:
        """Return what the keys are called; asked for only where something is chosen or counted."""
        return read_names()

    def _options(self, *, in_stock: bool) -> dict[str, int]:
        """Return the rows that have a chosen value, by option; `in_stock`: with units left of it."""
        return {
            f"option:{option}": _any(
                self.index.bits(_group(in_stock), value.key)
                for value in self.names.values_of(option)
                if value.code in wanted
            )
            for option, wanted in self.chosen.items()
        }

    def _others(self) -> dict[str, int]:
        """Return the rows of the chosen brands, categories and prices."""
        request, index = self.request, self.index
        found: dict[str, int] = {}
        if request.brands:
            keys = [key for key, slug, _name in self.names.brands if slug in request.brands]
            found[_BRAND] = _any(index.bits("brand", key) for key in keys)
        if request.categories:
            categories = [one.key for one in self.names.categories if one.path in request.categories]
            found[_CATEGORY] = _any(index.bits("category", key) for key in categories)
        if request.lowest is not None or request.highest is not None:
            found[_PRICE] = priced(index, request.lowest, request.highest)
        return found

    def rows(self) -> RowSet:
        """Return the rows that all groups leave."""
        return self.without("")

    def without(self, group: str) -> RowSet:
        """Return the rows that all groups but one leave: the same object for each group without a choice."""
        if group not in self._of_group:
            group = ""
        if group not in self._left:
            self._left[group] = RowSet(self._taken(group))
        return self._left[group]

    def _taken(self, group: str) -> int:
        """Return the rows that all groups but one leave; those that all leave by what is left without prices."""
        of_group = self._of_group
        if not group and _PRICE in of_group:
            return self.without(_PRICE).bits & of_group[_PRICE]
        return reduce(and_, (of_group[name] for name in of_group if name != group), self.base)

    def key(self, group: str = "") -> tuple[object, ...]:
        """Return what `without(group)` depends on."""
        choices = tuple([chosen for chosen in self._choices.items() if chosen[0] != group])
        return (group, self.whole, self.request.in_stock, choices)

    def counts(self, group: str, kind: str, keys: tuple[object, ...]) -> list[int]:
        """Return how many rows each of these keys has of those that all groups but one leave.

        Kept until a row changes: another choice within the group leaves them as they are.
        """
        return kept(
            self.index, (*self.key(group), kind, id(keys)), keys, lambda: self._count(group, kind, keys)
        )

    def _count(self, group: str, kind: str, keys: tuple[object, ...]) -> list[int]:
        return self.index.counts(kind, keys, self.without(group))

    def in_stock(self) -> int:
        """Return how many rows would be left if only what is in stock were asked for."""
        if self.request.in_stock:
            return self.rows().size
        in_stock = (self.index.bits("all", "stock"), *self._options(in_stock=True).values())
        return reduce(and_, in_stock, self.rows().bits).bit_count()


def within(index: Index, bits: int, lowest: Decimal | None, highest: Decimal | None) -> int:
    """Return the rows of a set whose prices are from `lowest` to `highest`; what has no price is in no range."""
    cheap = index.cheap
    bits &= cheap.below(cents(None))
    if lowest is not None:
        bits &= ~cheap.below(cents(max(lowest, Decimal(0))))
    if highest is not None:
        bits &= cheap.below(cents(max(highest, Decimal(0))) + 1)
    return bits


def priced(index: Index, lowest: Decimal | None, highest: Decimal | None) -> int:
    """Return the rows whose prices are from `lowest` to `highest`: those of prices that were asked for are kept."""
    return kept(index, (_PRICE, lowest, highest), None, lambda: within(index, index.shown, lowest, highest))


def kept(index: Index, key: Hashable, by: object, make: Callable[[], Counted]) -> Counted:
    """Return what was counted under a key, or what `make` counts; `key` has the number (`id`) of `by`."""
    # It is kept with what was counted, so that nothing else has its number.
    known: tuple[object, Counted] | None = index.counted.pop(key, None)
    index.counted[key] = known = known or (by, make())
    while len(index.counted) > _KEPT:
        index.counted.popitem(last=False)
    return known[1]


def facets(narrowing: Narrowing) -> Facets:
    """Return the facets of a request; other pages and orders of the same list have them already."""
    request, index, names = narrowing.request, narrowing.index, narrowing.names
    key = (*narrowing.key(), request.within, id(names))
    return kept(index, key, names, lambda: _counted(narrowing, request, index, names))


def _counted(narrowing: Narrowing, request: Request, index: Index, names: Names) -> Facets:
    groups = [_of_option(narrowing, option, request, names) for option in names.options()]
    groups += [_of_brands(narrowing, request, names), _of_categories(narrowing, request, names)]
    shown = tuple(
        group for group in groups if len(group.values) > 1 or any(v.is_chosen for v in group.values)
    )
    return Facets(shown, _prices(narrowing, request, index), narrowing.in_stock())


def _group(in_stock: bool) -> str:
    return "stock" if in_stock else "value"


def _any(sets: Iterable[int]) -> int:
    known = [*sets]
    return reduce(or_, known) if known else 0


def _of_option(n: Narrowing, option: str, request: Request, names: Names) -> Facet:
    values = names.values_of(option)
    counts = n.counts(f"option:{option}", _group(request.in_stock), names.keys_of(option))
    chosen = n.chosen.get(option, set())
    counted = [
        FacetValue(
            value.code,
            value.name,
            count,
            value.code in chosen,
            value.swatch if value.kind == Option.Kind.COLOUR else "",
        )
        for value, count in zip(values, counts, strict=True)
        if count or value.code in chosen
    ]
    first = values[0]
    return Facet(first.kind, first.parameter, first.option_name, _most(counted))


def _of_brands(n: Narrowing, request: Request, names: Names) -> Facet:
    counts = n.counts(_BRAND, _BRAND, names.brand_keys)
    counted = [
        FacetValue(slug, name, count, slug in request.brands)
        for (_key, slug, name), count in zip(names.brands, counts, strict=True)
        if count or slug in request.brands
    ]
    return Facet(_BRAND, "marca", "", _most(counted))


def _of_categories(n: Narrowing, request: Request, names: Names) -> Facet:
    """Count the categories right below the one that is listed, or those at the top and below what is chosen."""
    parents: set[int | None] = {request.within}
    parents |= {one.key for one in names.categories if one.path in request.categories}
    top = min((one.depth for one in names.categories if one.above in parents), default=1)
    counts = n.counts(_CATEGORY, _CATEGORY, names.category_keys)
    counted = [
        FacetValue(one.path, one.name, count, one.path in request.categories, depth=one.depth - top)
        for one, count in zip(names.categories, counts, strict=True)
        if (count and one.above in parents) or one.path in request.categories
    ]
    return Facet(_CATEGORY, "categoria", "", tuple(counted))


def _most(found: list[FacetValue]) -> tuple[FacetValue, ...]:
    """Leave out the rarest of very many; the order stays."""
    if len(found) > MOST_VALUES:
        most = sorted(found, key=lambda value: (not value.is_chosen, -value.count))[:MOST_VALUES]
        kept = {value.code for value in most}
        found = [value for value in found if value.code in kept]
    return tuple(found)


def _prices(n: Narrowing, request: Request, index: Index) -> tuple[PriceRange, ...]:
    """Return the ranges of prices, which are the same whatever price is chosen."""
    found = kept(index, n.key(_PRICE), None, lambda: _ranges(n, index))
    return tuple(
        [
            PriceRange(
                lowest, highest, count, is_chosen=(lowest, highest) == (request.lowest, request.highest)
            )
            for lowest, highest, count in found
        ]
    )


def _ranges(n: Narrowing, index: Index) -> list[tuple[Decimal | None, Decimal | None, int]]:
    """Return up to four ranges of prices with round bounds, each of about as many rows; their counts are exact."""
    base = RowSet(within(index, n.without(_PRICE).bits, None, None))
    total = base.size
    if total < _RANGES:
        return []
    keys = index.cheap.sample(base, _SAMPLED)
    bounds = sorted({_round(int(keys[len(keys) * number // _RANGES])) for number in range(1, _RANGES)})
    below, up_to = {}, {}
    for bound in bounds:
        below[bound] = index.cheap.count_below(base, cents(bound))
        up_to[bound] = index.cheap.count_below(base, cents(bound) + 1)
    ends: list[Decimal | None] = [None, *bounds]
    ranges: list[tuple[Decimal | None, Decimal | None, int]] = []
    for number, lowest in enumerate(ends):
        highest = ends[number + 1] if number + 1 < len(ends) else None
        count = (total if highest is None else up_to[highest]) - (0 if lowest is None else below[lowest])
        if count:
            ranges.append((lowest, highest, count))
    return ranges if len(ranges) > 1 else []


def _round(hundredths: int) -> Decimal:
    """Return a price with two leading figures."""
    units = max(hundredths // 100, 1)
    step = 10 ** max(len(str(units)) - 2, 0)
    return Decimal(max(round(units / step), 1) * step)
