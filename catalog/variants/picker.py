"""The variant picker: options as links, so that choosing works without JavaScript.

The choice lives in the query string: `?color=oliva&talle=m`; other options use their own code. Values that do not
exist are ignored; combinations that are sold out or do not exist can still be opened, and say so.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any, Final, TypeAlias, TypedDict
from urllib.parse import urlencode
from uuid import UUID

from django.contrib.postgres.aggregates import ArrayAgg
from django.db.models import QuerySet
from django_stubs_ext import WithAnnotations

from catalog.models import Option, OptionValue, Product, Variant
from catalog.variants.availability import with_available
from shop.core.database.kept_queries import KeptQuery, together

_OFFERED: Final = "_offered"
PARAMETERS: Final = {Option.Kind.COLOUR: "color", Option.Kind.SIZE: "talle"}
_BY_KIND: Final = {kind.value: parameter for kind, parameter in PARAMETERS.items()}


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that can be chosen.

    `state`: in, out (sold out) or none (not made), of the value together with the other chosen values; of a colour: in
    any size. `is_obtainable`: the choice as a whole, which `url` opens, is in stock. `swatch`: the colour it is drawn
    in (CSS), empty where its name is written.
    """

    value: OptionValue
    url: str
    state: str
    is_obtainable: bool
    is_chosen: bool
    swatch: str

    @property
    def part_url(self) -> str:
        """Return the address of the part of the page that this choice changes."""
        return part_of(self.url)


@dataclass(frozen=True, slots=True)
class OptionRow:
    """One option with its choices."""

    option: Option
    chosen: OptionValue | None
    choices: list[Choice]

    @property
    def is_colour(self) -> bool:
        """Return whether it is shown as swatches."""
        return self.option.kind == Option.Kind.COLOUR

    @property
    def is_size(self) -> bool:
        """Return whether the size guide belongs beside it."""
        return self.option.kind == Option.Kind.SIZE


class _Facts(TypedDict):
    available: int
    by_option: dict[UUID, OptionValue]


# A variant as it is offered: its units left, and its values by the key of their option.
Offered: TypeAlias = "WithAnnotations[Variant, _Facts]"


@dataclass(frozen=True, slots=True)
class Picker:
    """The state of the choice. `variant` is set when every option is chosen and the combination exists."""

    rows: list[OptionRow]
    variants: list[Offered]
    variant: "Offered | None"
    colour: OptionValue | None

    @property
    def missing(self) -> OptionRow | None:
        """Return the first option still to be chosen."""
        return next((row for row in self.rows if row.chosen is None), None)

    @property
    def shown(self) -> "Offered | None":
        """Return the variant whose price is shown: the chosen one, else the cheapest of the chosen colour."""
        if self.variant:
            return self.variant
        matching = [v for v in self.variants if self.colour is None or self.colour in v.by_option.values()]
        return min(matching or self.variants, key=lambda v: v.price, default=None)

    @property
    def has_range(self) -> bool:
        """Return whether the shown price is only the lowest one."""
        return self.variant is None and len({v.price for v in self.variants}) > 1

    @property
    def available(self) -> int:
        """Return the units left of all variants."""
        return sum(v.available for v in self.variants)

    @property
    def elsewhere(self) -> list[Choice]:
        """Return choices with stock that are one step away from a sold-out choice: other sizes, other colours."""
        return [c for row in self.rows for c in row.choices if c.is_obtainable and not c.is_chosen]


def part_of(url: str) -> str:
    """Return the address of the part of a product's page that a choice changes, by the address of the page."""
    path, question, query = url.partition("?")
    return f"{path}parte/{question}{query}"


def build_picker(product: Product, query: Mapping[str, str]) -> Picker:
    """Read the product's variants (two queries) and what the visitor chose among them."""
    variants = read_variants(product)
    options = options_of(variants)
    address = product.get_absolute_url()
    chosen = _chosen(options, variants, query)
    rows = [
        OptionRow(
            option,
            chosen.get(option.pk),
            [_choice(address, option, v, options, chosen, variants) for v in values],
        )
        for option, values in options
    ]
    exact = None
    if len(chosen) == len(options):
        exact = next(
            (v for v in variants if all(v.by_option.get(k) == value for k, value in chosen.items())), None
        )
    colour = next((row.chosen for row in rows if row.is_colour), None)
    return Picker(rows=rows, variants=variants, variant=exact, colour=colour)


def variant_query(variant: Offered) -> str:
    """Return the query that chooses a variant of a picker: `?color=oliva&talle=m`; nothing for one without values."""
    values = sorted(
        variant.by_option.values(), key=lambda v: (v.option.kind != Option.Kind.COLOUR, v.option.sort_order)
    )
    return choice_query(tuple([(parameter(v.option), v.code) for v in values]))


@lru_cache(maxsize=4096)
def choice_query(pairs: tuple[tuple[str, str], ...]) -> str:
    """Return a choice as the query of an address, with its question mark; "" for none. Products share their choices."""
    return "?" + urlencode(pairs) if pairs else ""


def read_variants(product: Product) -> list[Offered]:
    """Return the product's variants on sale in their order, with units left and values.

    One round trip; none for a product that was found with them (`catalog.product_page.find`).
    """
    known: list[Offered] | None = getattr(product, _OFFERED, None)
    if known is None:
        known = with_values(*together(VARIANTS.asked(product.slug), VALUES.asked(product.slug)))
    return known


def remember_variants(product: Product, variants: list[Offered]) -> None:
    """Let `read_variants` ask no more."""
    setattr(product, _OFFERED, variants)


def with_values(variants: list[Any], values: list[Any]) -> list[Offered]:
    """Return what `VARIANTS` found with the values that `VALUES` found."""
    by_pk: dict[UUID, Offered] = {}
    for variant in variants:
        variant.by_option = {}
        by_pk[variant.pk] = variant
    for value in values:
        for key in value.of_variants:
            if key in by_pk:
                by_pk[key].by_option[value.option_id] = value
    return variants


@cache
def on_sale() -> QuerySet[Variant]:
    """Return the variants on sale in their order, with units left: to be filtered, since it is made once."""
    return with_available(Variant.objects.filter(is_active=True)).order_by("sort_order", "sku")


def _values(slug: str) -> QuerySet[OptionValue]:
    """Return the values of a product's variants, each once, with their options and the keys of its variants."""
    used = OptionValue.objects.filter(
        variant_values__variant__product__slug=slug, variant_values__variant__is_active=True
    )
    return used.select_related("option").annotate(of_variants=ArrayAgg("variant_values__variant_id"))


# Of the product at an address: its variants on sale, and the values of these.
VARIANTS: Final = KeptQuery(lambda slug: on_sale().filter(product__slug=slug), str)
VALUES: Final = KeptQuery(_values, str)


def options_of(variants: list[Offered]) -> list[tuple[Option, list[OptionValue]]]:
    """Return the options the variants really use, colour first, each with its values in their order."""
    values = {value.pk: value for variant in variants for value in variant.by_option.values()}
    grouped: dict[UUID, list[OptionValue]] = {}
    for value in sorted(values.values(), key=lambda v: (v.sort_order, v.name)):
        grouped.setdefault(value.option_id, []).append(value)
    pairs = [(group[0].option, group) for group in grouped.values()]
    return sorted(
        pairs, key=lambda pair: (pair[0].kind != Option.Kind.COLOUR, pair[0].sort_order, pair[0].name)
    )


def parameter(option: Option) -> str:
    """Return the option's name in the query string."""
    return _BY_KIND.get(option.kind, option.code)


def _chosen(
    options: list[tuple[Option, list[OptionValue]]], variants: list[Offered], query: Mapping[str, str]
) -> dict[UUID, OptionValue]:
    chosen: dict[UUID, OptionValue] = {}
    for option, values in options:
        asked = query.get(parameter(option), "")
        value = next((v for v in values if v.code == asked), None)
        if value is None and len(values) == 1:
            value = values[0]
        if value is None and option.kind == Option.Kind.COLOUR:
            # A colour is always shown: the first that can be bought.
            in_stock = {v.by_option.get(option.pk) for v in variants if v.available > 0}
            value = next((v for v in values if v in in_stock), values[0])
        if value is not None:
            chosen[option.pk] = value
    return chosen


def _choice(
    address: str,
    option: Option,
    value: OptionValue,
    options: list[tuple[Option, list[OptionValue]]],
    chosen: dict[UUID, OptionValue],
    variants: list[Offered],
) -> Choice:
    # Each value is one object (`with_values`): a model compares itself by five questions.
    own, is_colour = option.pk, option.kind == Option.Kind.COLOUR
    wanted = {**chosen, own: value}
    with_it = [v for v in variants if v.by_option.get(own) is value]
    fitting = with_it
    for key, want in chosen.items():
        if key != own:
            fitting = [v for v in fitting if v.by_option.get(key) is want]
    if is_colour and not fitting:
        # A colour that is not made in the chosen size links to the colour alone.
        wanted, fitting = {own: value}, with_it
    is_obtainable = _has_units(fitting)
    shown = with_it if is_colour else fitting
    state = "in" if _has_units(shown) else "out" if shown else "none"
    query = choice_query(
        tuple([(parameter(o), wanted[o.pk].code) for o, _values in options if o.pk in wanted])
    )
    return Choice(
        value=value,
        url=f"{address}{query}",
        state=state,
        is_obtainable=is_obtainable,
        is_chosen=chosen.get(own) is value,
        swatch=value.swatch if is_colour else "",
    )


def _has_units(variants: list[Offered]) -> bool:
    return any(v.available > 0 for v in variants)
