"""Products, their variants and their stock, in bulk."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from zlib import crc32

from catalog.models import PriceChange, Product, Variant, VariantValue
from inventory.ledger import Receipt, receive_many
from inventory.models import Location, StockLevel
from shop.core.money import quantize
from shop.demo.catalogue import PRODUCTS, ProductSpec
from shop.demo.catalogue.codes import barcode, sku
from shop.demo.catalogue.sizes import SCALES
from shop.demo.catalogue.stock import SHOWROOM, WAREHOUSE, units
from shop.demo.seeding.taxonomy import Taxonomy

ACTOR = "demo"
COST_SHARE = Decimal("0.38")  # The cost as a share of the price.


@dataclass(frozen=True)
class Item:
    """A variant together with what it was made from."""

    spec: ProductSpec
    variant: Variant
    colour: str
    size: str


def are_there() -> bool:
    """Return whether any product of the demo is in the shop: then its catalogue is left unchanged."""
    return Product.objects.filter(slug__in=[spec.slug for spec in PRODUCTS]).exists()


def stack_products(taxonomy: Taxonomy, *, now: datetime) -> dict[str, Product]:
    """Make all products, published as long before `now` as each says; return them by model code."""
    products = {
        spec.sku: Product(
            name=spec.name,
            slug=spec.slug,
            brand=taxonomy.brands[spec.brand],
            category=taxonomy.categories[spec.family.category],
            supplier=taxonomy.suppliers[spec.family.supplier],
            summary=spec.summary,
            description=spec.description,
            care=spec.family.care,
            published_at=now - timedelta(days=spec.age_days, minutes=n),
        )
        for n, spec in enumerate(PRODUCTS)
    }
    Product.objects.bulk_create(products.values())
    through = Product.options.through
    through.objects.bulk_create(
        through(product=products[spec.sku], option=option)
        for spec in PRODUCTS
        for option in ((taxonomy.colour, taxonomy.size) if SCALES[spec.family.scale] else (taxonomy.colour,))
    )
    return products


def stack_variants(taxonomy: Taxonomy, products: dict[str, Product]) -> list[Item]:
    """Make every colour in every size; a database trigger records each one's first price."""
    items: list[Item] = []
    for spec in PRODUCTS:
        pairs = [(colour, size) for colour in spec.colours for size in SCALES[spec.family.scale] or ("",)]
        for order, (colour, size) in enumerate(pairs):
            names = [taxonomy.colours[colour].name] + ([taxonomy.sizes[size].name] if size else [])
            variant = Variant(
                product=products[spec.sku],
                sku=sku(spec.sku, colour, size),
                barcode=barcode(len(items) + 1),
                name=" / ".join(names),
                price=spec.amount,
                compare_at_price=spec.amount_before,
                weight_grams=spec.family.weight_grams,
                max_per_order=spec.max_per_order,
                sort_order=order,
            )
            items.append(Item(spec, variant, colour, size))
    Variant.objects.bulk_create(item.variant for item in items)
    values = [
        VariantValue(variant=item.variant, option=taxonomy.colour, value=taxonomy.colours[item.colour])
        for item in items
    ]
    values += [
        VariantValue(variant=item.variant, option=taxonomy.size, value=taxonomy.sizes[item.size])
        for item in items
        if item.size
    ]
    VariantValue.objects.bulk_create(values)
    _remember_prices(items)
    return items


def _remember_prices(items: list[Item]) -> None:
    """Make the history of each price before: it applied from the first day until half of today's age."""
    reduced = [item for item in items if item.variant.compare_at_price]
    for spec in {item.spec.sku: item.spec for item in reduced}.values():
        variants = [item.variant for item in reduced if item.spec is spec]
        published_at = variants[0].product.published_at
        if published_at is None:
            continue
        reduced_at = published_at + timedelta(days=spec.age_days / 2)
        PriceChange.objects.filter(variant__in=variants).update(changed_at=reduced_at)
        PriceChange.objects.bulk_create(
            PriceChange(variant=variant, price=variant.compare_at_price, changed_at=published_at)
            for variant in variants
            if variant.compare_at_price
        )


def stack_stock(items: list[Item]) -> int:
    """Make the stock levels and receive the opening deliveries through the ledger; return the units received."""
    places = {location.code: location for location in Location.objects.filter(code__in=(WAREHOUSE, SHOWROOM))}
    receipts: list[Receipt] = []
    levels: list[StockLevel] = []
    for item in items:
        counts = units(item.variant.sku, item.size, item.spec.stock)
        for code, quantity in ((WAREHOUSE, counts.warehouse), (SHOWROOM, counts.showroom)):
            # What is sold out has a level in the warehouse, too: its minimum triggers the replenishment.
            if quantity or code == WAREHOUSE:
                levels.append(_level(item, places[code]))
            if quantity:
                receipts.append(_receipt(item, places[code], quantity))
    StockLevel.objects.bulk_create(levels)
    receive_many(receipts, actor=ACTOR)
    return sum(receipt.quantity for receipt in receipts)


def _level(item: Item, place: Location) -> StockLevel:
    depth = crc32(item.spec.sku.encode())
    is_warehouse = place.code == WAREHOUSE
    return StockLevel(
        variant=item.variant,
        location=place,
        minimum=4 if is_warehouse else 1,
        optimal=20 if is_warehouse else 3,
        bin=f"{'ABCDEF'[depth % 6]}-{depth // 6 % 24 + 1:02d}-{item.variant.sort_order % 4 + 1}"
        if is_warehouse
        else "",
    )


def _receipt(item: Item, place: Location, quantity: int) -> Receipt:
    return Receipt(
        variant_id=item.variant.pk,
        location_id=place.pk,
        quantity=quantity,
        unit_cost=quantize(item.variant.price * COST_SHARE),
        reference=f"Remito {item.spec.sku}",
        note="Stock inicial",
    )
