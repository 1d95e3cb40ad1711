"""A product with all that can be bought of it, read with one statement, which the ORM writes once for each process.

An answer that is new in a version of the catalogue is mostly this: four querysets cost the ORM several times what they
cost PostgreSQL. What is on show, what is available and which drops count are the querysets of the pages.
"""

import json
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from functools import cache
from typing import Any, Final, NamedTuple
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db import connection
from django.db.models import CharField, Expression, F, Func, JSONField, OuterRef, QuerySet
from django.db.models.functions import Cast, JSONObject

from catalog.listing.cards import drop_windows, on_show
from catalog.models import ProductImage, VariantValue
from catalog.variants.picker import on_sale
from shop.core.json_types import JsonObject

_COLUMNS: Final = (
    *("pk", "slug", "name", "summary", "description", "care", "published_at"),
    *("brand__name", "brand__slug", "category__path", "category__size_guide"),
)
# Stands in the statement for the slug that is asked for.
_ASKED: Final = "the slug that is asked for"


class OptionShown(NamedTuple):
    """An option, with what `catalog.variants.picker.options_of` reads of one."""

    code: str
    name: str
    kind: str
    sort_order: int


class ValueShown(NamedTuple):
    """A value of an option, with what `options_of` reads of one. The key is text, as JSON has it."""

    pk: str
    code: str
    name: str
    swatch: str
    sort_order: int
    option_id: str
    option: OptionShown


class VariantShown(NamedTuple):
    """A variant on sale, with the units left and its values by the key of their option."""

    pk: str
    public_number: int
    sku: str
    barcode: str
    name: str
    price: Decimal
    compare_at_price: Decimal | None
    max_per_order: int | None
    available: int
    by_option: dict[str, ValueShown]


class Detail(NamedTuple):
    """A product on show, as a page of it would show it."""

    pk: UUID
    slug: str
    name: str
    summary: str
    description: str
    care: str
    published_at: datetime | None
    brand_name: str
    brand_slug: str
    category_path: str
    size_guide: JsonObject
    windows: list[dict[str, Any]]
    variants: list[VariantShown]
    pictures: list[JsonObject]


def read(slug: str) -> Detail | None:
    """Return the product on show with this slug, or None. One statement."""
    statement, parameters = _statement()
    with connection.cursor() as cursor:
        cursor.execute(statement, [slug if value == _ASKED else value for value in parameters])
        row = cursor.fetchone()
    if row is None:
        return None
    *columns, guide, windows, variants, pictures = row
    offered = [_variant(found) for found in json.loads(variants)]
    own = [json.loads(guide) or {}, json.loads(windows), offered, json.loads(pictures)]
    return Detail._make([*columns, *own])


def _variant(found: dict[str, Any]) -> VariantShown:
    before = found.pop("compare_at_price")
    values = [ValueShown(option=OptionShown(**value.pop("option")), **value) for value in found.pop("values")]
    return VariantShown(
        price=Decimal(found.pop("price")),
        compare_at_price=Decimal(before) if before else None,
        by_option={value.option_id: value for value in values},
        **found,
    )


@cache
def _statement() -> tuple[str, Sequence[Any]]:
    """Return the statement and its parameters. They depend on nothing that changes while a process runs."""
    return _details().filter(slug=_ASKED).query.sql_with_params()


def _values() -> ArraySubquery:
    """Return the values of a variant with their options."""
    values = VariantValue.objects.filter(variant=OuterRef("pk")).order_by("option__sort_order", "id")
    option = JSONObject(
        code="option__code", name="option__name", kind="option__kind", sort_order="option__sort_order"
    )
    value = JSONObject(
        pk="value_id",
        code="value__code",
        name="value__name",
        swatch="value__swatch",
        sort_order="value__sort_order",
        option_id="option_id",
        option=option,
    )
    return ArraySubquery(values.values(data=value))


def _details() -> QuerySet[Any, Any]:
    variant = JSONObject(
        pk="pk",
        public_number="public_number",
        sku="sku",
        barcode="barcode",
        name="name",
        # As text: a JSON number would come back as a binary float.
        price=Cast("price", CharField()),
        compare_at_price=Cast("compare_at_price", CharField()),
        max_per_order="max_per_order",
        available=F("available"),
        values=_values(),
    )
    variants = on_sale().filter(product=OuterRef("pk"))
    pictures = ProductImage.objects.filter(product=OuterRef("pk")).exclude(file="")
    picture = JSONObject(
        file="file",
        width="width",
        height="height",
        alt="alt",
        view="view",
        colour__code="colour__code",
        renditions="renditions",
        focus_x="focus_x",
        focus_y="focus_y",
    )
    return (
        on_show()
        .values_list(
            *_COLUMNS,
            _json(drop_windows()),
            _json(ArraySubquery(variants.values(data=variant))),
            _json(ArraySubquery(pictures.order_by("sort_order", "id").values(data=picture))),
        )
        .order_by()
    )


def _json(rows: ArraySubquery) -> Expression:
    return Func(rows, function="to_jsonb", output_field=JSONField())
