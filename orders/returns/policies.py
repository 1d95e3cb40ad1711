"""Which terms of the shop (`ReturnPolicy`) are those of an order's lines: the ones of the day it was placed."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Q

from catalog.models import CollectionProduct
from orders.models import Order, OrderLine, ReturnPolicy


def of_lines(order: Order, lines: Iterable[OrderLine]) -> dict[UUID, ReturnPolicy]:
    """Return the terms of each line by its key: its product's, else a collection's, else the shop's (three queries).

    Of several collections the newest row counts. A line whose variant was deleted has the shop's terms.
    """
    found = list(lines)
    products = dict(
        OrderLine.everything.filter(pk__in=[line.pk for line in found]).values_list("pk", "variant__product")
    )
    keys = {product for product in products.values() if product}
    entries = CollectionProduct.objects.filter(product__in=keys, collection__return_policies__isnull=False)
    collections: dict[UUID, set[UUID]] = {}
    for product, collection in entries.values_list("product", "collection"):
        collections.setdefault(product, set()).add(collection)
    every = {one for some in collections.values() for one in some}
    rows = list(
        ReturnPolicy.objects.filter(
            Q(product__in=keys) | Q(collection__in=every) | Q(product=None, collection=None),
            applies_from__lte=order.placed_at,
        ).order_by("-applies_from", "-pk")
    )
    return {line.pk: _of(products.get(line.pk), collections, rows) for line in found}


def _of(product: UUID | None, collections: dict[UUID, set[UUID]], rows: list[ReturnPolicy]) -> ReturnPolicy:
    mine = collections.get(product, set()) if product else set()
    own = [row for row in rows if product and row.product_id == product]
    by_collection = [row for row in rows if row.collection_id in mine]
    shop = [row for row in rows if row.product_id is None and row.collection_id is None]
    return next(iter([*own, *by_collection, *shop]), ReturnPolicy())
