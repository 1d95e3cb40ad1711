"""Factories of stock for tests. Units always arrive through the ledger, as in the shop."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import factory
from django.db.models.functions import Now

from catalog.models import Brand, Category, Collection, CollectionProduct, Product, Variant
from inventory import ledger
from inventory.models import Location, Reservation, StockLevel
from shop.core.ids import readable_code

TTL = timedelta(minutes=15)


class LocationFactory(factory.django.DjangoModelFactory[Location]):
    class Meta:
        model = Location

    name = factory.Sequence(lambda n: f"Depósito {n}")
    code = factory.Sequence(lambda n: f"deposito-{n}")
    priority = factory.Sequence(lambda n: n)


def make_variant(**values: Any) -> Variant:
    """Make a variant on sale, with product, brand and category of its own."""
    code = readable_code(10)
    product_values = {name: values.pop(name) for name in list(values) if name.startswith("product_")}
    brand, _made = Brand.objects.get_or_create(slug="stock-brand", defaults={"name": "Stock brand"})
    category = Category.objects.filter(path_slug="stock-category").first() or Category.objects.add_root(
        {"name": "Stock category", "slug": "stock-category", "path_slug": "stock-category"}
    )
    product = Product.objects.create(
        name=f"Remera {code}",
        slug=f"remera-{code.lower()}",
        brand=brand,
        category=category,
        **{name.removeprefix("product_"): value for name, value in product_values.items()},
    )
    return Variant.objects.create(**{"product": product, "sku": f"SKU-{code}", "price": "1000.00"} | values)


def make_drop(
    product: Product, *, starts_at: datetime | None, ends_at: datetime | None, **values: Any
) -> Collection:
    """Put a product into a drop with the window given."""
    code = readable_code(10)
    drop = Collection.objects.create(
        **{
            "name": code,
            "slug": code.lower(),
            "kind": Collection.Kind.DROP,
            "is_active": True,
            "starts_at": starts_at,
            "ends_at": ends_at,
        }
        | values
    )
    CollectionProduct.objects.create(collection=drop, product=product)
    return drop


def stocked(units: int, *, location: Location | None = None, variant: Variant | None = None) -> StockLevel:
    """Return the level of a variant (a new one unless given) with so many more units on hand."""
    variant = variant or make_variant()
    location = location or LocationFactory.create()
    if not units:
        return StockLevel.objects.create(variant=variant, location=location)
    movement = ledger.receive(
        variant_id=variant.pk, location_id=location.pk, quantity=units, actor="staff:test@example.com"
    )
    return StockLevel.objects.get(pk=movement.level_id)


def let_expire(reservations: Iterable[Reservation] | None = None, **fields: Any) -> None:
    """Let reservations expire without waiting: their end moves into the past."""
    found = Reservation.objects.filter(status="active", **fields)
    if reservations is not None:
        found = found.filter(pk__in=[reservation.pk for reservation in reservations])
    found.update(expires_at=Now() - timedelta(seconds=1))


def active_units(level_id: UUID) -> int:
    """Return Σ quantity of the active reservations of a level."""
    return sum(
        Reservation.objects.filter(level_id=level_id, status="active").values_list("quantity", flat=True)
    )
