"""Acts of the staff in a cluster, each in a process of its own: `python -m tests.cluster.acts ACT …`. Prints JSON."""

import json
import os
import sys
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "shop.settings")


def drop(units: str) -> dict[str, Any]:
    """Open a drop of one variant with so many units; return its keys and the address that chooses it."""
    from django.utils import timezone

    from catalog.models import Variant
    from catalog.tests.factories import ProductFactory
    from inventory.models import Location
    from inventory.tests import factories

    # Each process counts its factories from the beginning.
    location = Location.objects.filter(is_sellable=True).order_by("priority").first()
    ProductFactory.reset_sequence(  # type: ignore[attr-defined] # factory-boy's metaclass has it.
        time.time_ns() // 1_000_000
    )
    level = factories.stocked(int(units), location=location)
    variant = Variant.objects.select_related("product").get(pk=level.variant_id)
    now = timezone.now()
    factories.make_drop(
        variant.product, starts_at=now - timedelta(minutes=1), ends_at=now + timedelta(hours=1)
    )
    return {"level": str(level.pk), "variant": str(variant.pk), "page": variant.product.get_absolute_url()}


def rename(variant: str, name: str) -> dict[str, Any]:
    """Give the product of a variant another name."""
    from catalog.models import Product

    product = Product.objects.get(variants=UUID(variant))
    product.name = name
    product.save()
    return {"name": product.name}


def main(act: str, *arguments: str) -> None:
    """Run an act and print what it returns."""
    django.setup()
    acts: dict[str, Callable[..., dict[str, Any]]] = {"drop": drop, "rename": rename}
    sys.stdout.write(json.dumps(acts[act](*arguments)) + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
