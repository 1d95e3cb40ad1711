"""`manage.py rebuild_listing`: make the rows of the lists again, all or those of some products, by hand."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from catalog.listing import rebuilding
from catalog.models import ListingMark, Product


class Command(BaseCommand):
    help = "Make the rows of the lists again: all, or those of the products with these slugs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("slugs", nargs="*", metavar="slug")

    def handle(self, *args: Any, **options: Any) -> None:
        keys = Product.objects.filter(slug__in=options["slugs"]).values_list("pk", flat=True)
        if options["slugs"]:
            kind = ListingMark.Kind.PRODUCT
            ListingMark.objects.bulk_create(ListingMark(kind=kind, key=str(key)) for key in keys)
        else:
            rebuilding.begin_again()
        done = rebuilding.catch_up(seconds=24 * 3600)
        self.stdout.write(", ".join(f"{name}: {number}" for name, number in done.items()))
