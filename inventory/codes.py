"""Codes as people type, scan and paste them: a SKU or a barcode, in whatever case, many at once."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q

from catalog.models import Variant
from shop.core.codes import fold, fold_barcode, folded, folded_barcode


class CodeRefused(Exception):
    """The code does not name one variant. Trying again does not help."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class UnknownCode(CodeRefused):
    """No variant has this SKU or barcode."""


class AmbiguousCode(CodeRefused):
    """The code is one variant's SKU and another's barcode."""


def one(code: str) -> Variant:
    """Return the variant of a SKU or barcode, as typed or scanned, with its product. Two queries.

    Raises: UnknownCode; AmbiguousCode when it is one variant's SKU and another's barcode.
    """
    found = variants_of([code])[code]
    if len(found) > 1:
        raise AmbiguousCode(code)
    if not found:
        raise UnknownCode(code.strip())
    return Variant.objects.select_related("product").get(pk__in=found)


def find(codes: Collection[str]) -> dict[str, UUID]:
    """Return the variant of each SKU or barcode; unknown and ambiguous ones are left out. One query."""
    return {code: next(iter(found)) for code, found in variants_of(codes).items() if len(found) == 1}


def variants_of(codes: Collection[str]) -> dict[str, set[UUID]]:
    """Return the variants that each code may mean: none is unknown, two are a question. One query.

    SKUs and barcodes are compared as `shop.core.codes` says.
    """
    skus, barcodes = {fold(code) for code in codes} - {""}, {fold_barcode(code) for code in codes} - {""}
    rows = Variant.objects.annotate(
        folded_sku=folded("sku"), folded_barcode=folded_barcode("barcode")
    ).filter(Q(folded_sku__in=skus) | Q(folded_barcode__in=barcodes))
    by_sku: dict[str, set[UUID]] = {}
    by_barcode: dict[str, set[UUID]] = {}
    for variant_id, sku, barcode in rows.values_list("pk", "sku", "barcode"):
        by_sku.setdefault(fold(sku), set()).add(variant_id)
        if barcode:
            by_barcode.setdefault(fold_barcode(barcode), set()).add(variant_id)
    return {code: by_sku.get(fold(code), set()) | by_barcode.get(fold_barcode(code), set()) for code in codes}


def by_sku(skus: Collection[str]) -> dict[str, UUID]:
    """Return the variant of each SKU, however it is written; unknown ones are left out. One query."""
    rows = Variant.objects.annotate(folded=folded("sku")).filter(folded__in={fold(sku) for sku in skus})
    found = {fold(sku): variant_id for sku, variant_id in rows.values_list("sku", "pk")}
    return {sku: found[fold(sku)] for sku in skus if fold(sku) in found}
