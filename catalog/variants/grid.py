"""The grid that makes variants: every combination of the values of two options, made in one submit.

It replaces adding variants one by one.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from uuid import UUID

from django.db import transaction
from django.utils.text import slugify

from catalog.models import Option, OptionValue, Product, Variant, VariantValue
from catalog.variants import naming
from shop.core import codes, states

# A cell of the grid: the keys of its values, one per option, in the options' order.
Cell = tuple[UUID, ...]


class BadPattern(ValueError):
    """The SKU pattern cannot tell variants apart, or names something unknown. Another pattern helps."""


class SkuTaken(Exception):
    """Some SKUs belong to other variants already. Another pattern helps."""

    def __init__(self, skus: Collection[str]) -> None:
        super().__init__(", ".join(sorted(skus)))
        self.skus = sorted(skus)


def existing(product: Product, options: Iterable[Option]) -> dict[Cell, Variant]:
    """Return the product's variants by their values of `options` (variants lacking one of them are left out)."""
    order = [option.pk for option in options]
    found: dict[Cell, Variant] = {}
    for variant in product.variants.prefetch_related("variant_values"):
        values = {entry.option_id: entry.value_id for entry in variant.variant_values.all()}
        if values.keys() == set(order):
            found[tuple(values[key] for key in order)] = variant
    return found


def sku(pattern: str, product: Product, values: Iterable[OptionValue]) -> str:
    """Return the SKU of one cell: `{product}-{option1}-{option2}` → `REMERA-BOXY-NEGRO-M`.

    Raises:
        BadPattern: the pattern names something else, or leaves out what tells two cells apart.
    """
    codes = [value.code for value in values]
    names = {"product": product.slug, **{f"option{n}": code for n, code in enumerate(codes, start=1)}}
    if any(f"{{option{n}}}" not in pattern for n in range(1, len(codes) + 1)):
        raise BadPattern(pattern)
    text = pattern
    for name, word in names.items():
        text = text.replace(f"{{{name}}}", word)
    if "{" in text or "}" in text:
        raise BadPattern(pattern)
    return slugify(text).upper()[:60]


def create_missing(
    product: Product,
    *,
    options: list[Option],
    cells: Collection[Cell],
    pattern: str,
    price: Decimal,
    compare_at_price: Decimal | None = None,
    weight_grams: int = 0,
    is_active: bool = True,
    actor: str,
) -> list[Variant]:
    """Make the variants of `cells` that do not exist yet, all or nothing; return them.

    Prices are in the shop's currency, taxes included. Locks the product's row, so that the same grid sent twice at
    once makes each variant once.

    Raises:
        BadPattern: see `sku`.
        SkuTaken: a SKU belongs to another variant already, or two cells would share one.
    """
    with transaction.atomic():
        Product.objects.select_for_update(no_key=True).only("pk").get(pk=product.pk)
        there = existing(product, options)
        wanted = [cell for cell in cells if cell not in there]
        values = OptionValue.objects.select_related("option").in_bulk(
            {key for cell in wanted for key in cell}
        )
        variants = [
            _variant(
                product,
                [values[key] for key in cell],
                pattern,
                price,
                compare_at_price,
                weight_grams,
                is_active,
            )
            for cell in wanted
        ]
        _write(variants, wanted, values)
        product.options.add(*options)
        if variants:
            skus = [variant.sku for variant in variants]
            states.record(product, "variants created", actor=actor, data={"skus": skus})
    return variants


def _write(variants: Sequence[Variant], cells: Sequence[Cell], values: Mapping[UUID, OptionValue]) -> None:
    """Write new variants with the values of their cells. Raises: SkuTaken."""
    _refuse_taken([variant.sku for variant in variants])
    Variant.objects.bulk_create(variants)
    VariantValue.objects.bulk_create(
        VariantValue(variant=variant, option_id=values[key].option_id, value_id=key)
        for variant, cell in zip(variants, cells, strict=True)
        for key in cell
    )


def _variant(
    product: Product,
    values: list[OptionValue],
    pattern: str,
    price: Decimal,
    compare_at_price: Decimal | None,
    weight_grams: int,
    is_active: bool,
) -> Variant:
    """Build one variant; its place in the product follows the order of its values."""
    return Variant(
        product=product,
        sku=sku(pattern, product, values),
        name=naming.name_of(values),
        price=price,
        compare_at_price=compare_at_price,
        weight_grams=weight_grams,
        is_active=is_active,
        sort_order=naming.sort_order_of(values),
    )


def _refuse_taken(skus: list[str]) -> None:
    twice = {text for text in skus if skus.count(text) > 1}
    there = Variant.objects.annotate(folded=codes.folded("sku"))
    taken = twice | set(there.filter(folded__in=map(codes.fold, skus)).values_list("sku", flat=True))
    if taken:
        raise SkuTaken(taken)
