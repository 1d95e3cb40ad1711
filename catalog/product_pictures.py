"""Several pictures of a product at once: each is validated alone: one bad file does not reject the others."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from django.core.exceptions import ValidationError
from django.core.files.base import File
from django.db import transaction
from django.db.models import Max

from catalog.models import Product, ProductImage

MOST: Final = 20  # At once: each is decoded while the form waits.


@dataclass(frozen=True)
class NotAdded:
    """A file that was refused, and why, in words."""

    name: str
    reason: str


def add(product: Product, files: Iterable[File[bytes]]) -> list[NotAdded]:
    """Append one picture for each file to those the product has, in the order of the files; return what was refused.

    Each is written in a transaction (a savepoint) of its own. Locks nothing but what an insert does.
    """
    last = product.images.aggregate(last=Max("sort_order"))["last"]
    refused: list[NotAdded] = []
    place = -1 if last is None else last
    for file in files:
        image = ProductImage(product=product, file=file, sort_order=place + 1)
        try:
            with transaction.atomic():
                image.full_clean()
                image.save()
        except ValidationError as error:
            refused.append(NotAdded(str(file.name), " ".join(error.messages)))
        else:
            place += 1
    return refused
