"""Factories of the catalogue: a product with colours and sizes, pictures, a tree, collections."""

from collections.abc import Iterable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import factory
from django.db import connection
from django.utils import timezone
from django.utils.text import slugify

from catalog.models import (
    Brand,
    Category,
    Collection,
    CollectionProduct,
    Option,
    OptionValue,
    Product,
    ProductImage,
    Supplier,
    Variant,
    VariantValue,
)

COLOURS = {
    "Negro": "#23221f",
    "Crudo": "#e9e1cf",
    "Oliva": "#6b6f48",
    "Gris melange": "#a9aaa6",
    "Ladrillo": "#b4482c",
    "Azul francia": "#2b47c9",
}
SIZES = ("S", "M", "L", "XL")


class BrandFactory(factory.django.DjangoModelFactory[Brand]):
    """A brand."""

    class Meta:
        model = Brand
        django_get_or_create = ("name",)

    name = "MAAL"
    slug = factory.LazyAttribute(lambda brand: slugify(brand.name))


class SupplierFactory(factory.django.DjangoModelFactory[Supplier]):
    """A supplier."""

    class Meta:
        model = Supplier

    name = factory.Sequence(lambda number: f"Taller {number}")


def make_category(name: str, parent: Category | None = None, **fields: Any) -> Category:
    """Make a category at the root or below `parent`; treebeard requires its own methods."""
    slug = slugify(name)
    path = f"{parent.path_slug}/{slug}" if parent else slug
    existing = Category.objects.filter(path_slug=path).first()
    if existing:
        return existing
    values = {"name": name, "slug": slug, "path_slug": path, **fields}
    if parent:
        parent.refresh_from_db()
        child: Category = Category.objects.add_child(parent, values)
        return child
    root: Category = Category.objects.add_root(values)
    return root


class ProductFactory(factory.django.DjangoModelFactory[Product]):
    """A product without variants; `make_product` gives it some."""

    class Meta:
        model = Product

    name = factory.Sequence(lambda number: f"Buzo Andén {number:02d}")
    slug = factory.LazyAttribute(lambda product: slugify(product.name))
    brand = factory.SubFactory(BrandFactory)
    category = factory.LazyFunction(lambda: make_category("Buzos"))
    summary = "Frisa pesada de algodón, corte ancho."
    description = "Frisa pesada de algodón, 420 g. Corte ancho, hombro caído, capucha doble."
    published_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=60))


class CollectionFactory(factory.django.DjangoModelFactory[Collection]):
    """A visible seasonal collection."""

    class Meta:
        model = Collection

    name = factory.Sequence(lambda number: f"Andén {number:02d}")
    slug = factory.LazyAttribute(lambda collection: slugify(collection.name))
    kind = Collection.Kind.SEASONAL
    is_active = True


def colour_option() -> Option:
    """Return the colour option, made once."""
    return Option.objects.get_or_create(
        code="color", defaults={"name": "Color", "kind": Option.Kind.COLOUR, "sort_order": 0}
    )[0]


def size_option() -> Option:
    """Return the size option, made once."""
    return Option.objects.get_or_create(
        code="talle", defaults={"name": "Talle", "kind": Option.Kind.SIZE, "sort_order": 1}
    )[0]


def _value(option: str, name: str) -> OptionValue | None:
    """Return a value that is there already, with its option: one query for most calls."""
    values = OptionValue.objects.select_related("option")
    return values.filter(option__code=option, code=slugify(name)).first()


def colour_value(name: str) -> OptionValue:
    """Return a colour's value, made once."""
    order = list(COLOURS).index(name) if name in COLOURS else len(COLOURS)
    defaults = {"name": name, "swatch": COLOURS.get(name, "#888888"), "sort_order": order}
    if found := _value("color", name):
        return found
    return OptionValue.objects.get_or_create(option=colour_option(), code=slugify(name), defaults=defaults)[0]


def size_value(name: str) -> OptionValue:
    """Return a size's value, made once."""
    order = SIZES.index(name) if name in SIZES else len(SIZES)
    defaults = {"name": name, "sort_order": order}
    if found := _value("talle", name):
        return found
    return OptionValue.objects.get_or_create(option=size_option(), code=slugify(name), defaults=defaults)[0]


def make_variant(product: Product, *values: OptionValue, **fields: Any) -> Variant:
    """Make a variant with these option values. Price in the shop's currency, taxes included."""
    codes = "-".join(value.code for value in values) or "unico"
    fields.setdefault("sku", f"{product.slug[:28]}-{product.pk.hex[-4:]}-{codes}".upper()[:60])
    fields.setdefault("name", " / ".join(value.name for value in values))
    fields.setdefault("price", Decimal("84900.00"))
    variant = Variant.objects.create(product=product, **fields)
    VariantValue.objects.bulk_create(
        VariantValue(variant=variant, option_id=value.option_id, value=value) for value in values
    )
    product.options.add(*(value.option for value in values))
    return variant


def make_product(
    colours: Iterable[str] = ("Negro", "Oliva"),
    sizes: Iterable[str] = SIZES,
    price: str = "84900.00",
    **fields: Any,
) -> Product:
    """Make a product with one variant per colour and size, and a picture (front and back) per colour."""
    product = ProductFactory.create(**fields)
    size_values = [size_value(size) for size in sizes]
    order = 0
    for name in colours:
        colour = colour_value(name)
        for size in size_values:
            make_variant(product, colour, size, price=Decimal(price), sort_order=order)
            order += 1
        ProductImage.objects.bulk_create(
            ProductImage(
                product=product,
                colour=colour,
                view=view,
                file=f"products/{product.slug}-{colour.code}-{view}.svg",
            )
            for view in (ProductImage.View.FRONT, ProductImage.View.BACK)
        )
    return product


def put_in(collection: Collection, *products: Product) -> None:
    """Put products into a collection, in this order."""
    for place, product in enumerate(products):
        CollectionProduct.objects.create(collection=collection, product=product, sort_order=place)


def stock(variant: Variant, units: int, *, reserved: int = 0) -> None:
    """Stock `units` of a variant, `held` of them reserved, through the ledger as the database requires it.

    Plain SQL: the catalogue may not import the inventory, and its tests need numbers in the reverse relation only.
    """
    level_model: Any = Variant._meta.get_field("stock_levels").related_model
    location_model: Any = level_model._meta.get_field("location").related_model
    location, _made = location_model.objects.get_or_create(code="deposito", defaults={"name": "Depósito"})
    level, _made = level_model.objects.get_or_create(variant=variant, location=location)
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_stockmovement (level_id, variant_id, location_id, kind, quantity, reference,"
            " cause_type, note, actor, occurred_at, on_hand_after) VALUES (%s, %s, %s, 'purchase', %s, '', '', '',"
            " 'test', now(), 0)",
            [level.pk, variant.pk, location.pk, units],
        )
    if reserved:
        level_model.objects.filter(pk=level.pk).update(reserved=reserved)


def stock_all(product: Product, units: int) -> None:
    """Stock `units` of every variant of a product."""
    for variant in product.variants.all():
        stock(variant, units)
