"""Rows of daily stock work: alerts, a purchase order received in part, a finished count."""

from datetime import datetime, timedelta

from django.utils import timezone

from catalog.models import Category, Variant
from inventory import counts, purchasing
from inventory.counts.errors import NothingToCount
from inventory.models import Location, StockAlert
from inventory.purchasing import replenishment
from shop.demo.catalogue.stock import SHOWROOM, WAREHOUSE
from shop.demo.logins import STAFF
from shop.demo.logins import WAREHOUSE as CLERK

BUYER = f"staff:{STAFF.email}"
COUNTER = f"staff:{CLERK.email}"
WATCHED = "BCA01-OLI-M"
COUNTED = "accesorios"


def work(*, now: datetime) -> int:
    """Set alerts, order and receive in part, count the showroom's accessories; return how many things were made."""
    return _watch() + _buy(now) + _count()


def _watch() -> int:
    """Make a default alert for every main category, and one for a single variant."""
    kinds = StockAlert.Kind
    roots = {category.slug: category for category in Category.objects.filter(depth=1)}
    rules = [StockAlert(kind=kinds.LOW, category=category) for category in roots.values()]
    rules += [StockAlert(kind=kinds.OUT, category=category) for category in roots.values()]
    rules.append(StockAlert(kind=kinds.OVERSTOCK, category=roots["accesorios"], threshold=40))
    watched = Variant.objects.filter(sku=WATCHED).first()
    if watched:
        rules.append(StockAlert(kind=kinds.LOW, variant=watched, threshold=6, email="compras@percha.test"))
    return len(StockAlert.objects.bulk_create(rules))


def _buy(now: datetime) -> int:
    """Order what is missing from one supplier; half of three lines has been received."""
    warehouse = Location.objects.get(code=WAREHOUSE)
    lacking = [
        need
        for need in replenishment.needs(location_id=warehouse.pk, below_minimum=True)
        if need.available > 0 and need.supplier_id
    ]
    first = next(iter(replenishment.by_supplier(lacking)), None)
    if first is None or first.supplier_id is None:
        return 0
    order = purchasing.draft(
        supplier_id=first.supplier_id,
        location_id=warehouse.pk,
        lines=[
            purchasing.Wanted(need.variant_id, need.suggested, need.unit_cost) for need in first.needs[:8]
        ],
        expected_date=timezone.localdate(now + timedelta(days=9)),
        note="Entregar por la mañana, portón de Los Patos.",
        actor=BUYER,
    )
    purchasing.place(order_id=order.pk, actor=BUYER)
    purchasing.receive(
        order_id=order.pk,
        delivered=[purchasing.Delivered(line.pk, (line.quantity + 1) // 2) for line in order.lines.all()[:3]],
        delivery_note="R-0001-00004512",
        note="Primera caja",
        actor=COUNTER,
    )
    return 1


def _count() -> int:
    """Count the showroom's accessories: all but two lines are as the books have them."""
    place = Location.objects.get(code=SHOWROOM)
    category = Category.objects.get(path_slug=COUNTED)
    try:
        count = counts.open_count(
            location_id=place.pk, category_id=category.pk, note="Conteo de apertura", actor=COUNTER
        )
    except NothingToCount:
        return 0
    figures = {line.level_id: line.expected for line in count.lines.all()}
    for place_in_list, level_id in enumerate(sorted(figures)[:2]):
        figures[level_id] += 1 if place_in_list else -min(1, figures[level_id])
    counts.put(count_id=count.pk, figures=figures, actor=COUNTER)
    counts.submit(count_id=count.pk, actor=COUNTER)
    counts.approve(count_id=count.pk, actor=BUYER)
    return 1
