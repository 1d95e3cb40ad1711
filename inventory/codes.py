"""Codes as people type, scan and paste them: a SKU or a barcode, in whatever case, many at once."""

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q
from django.db.models.functions import Upper

from catalog.models import Variant


def variants_of(codes: Collection[str]) -> dict[str, set[UUID]]:
    """Return the variants that each code may mean: none is unknown, two are a question. One query.

    The case is folded here as well: what PostgreSQL takes for the capital of an accented letter depends on its locale.
    """
    wanted = {code.upper() for code in codes}
    rows = Variant.objects.annotate(folded_sku=Upper("sku"), folded_barcode=Upper("barcode")).filter(
        Q(sku__in=codes) | Q(barcode__in=codes) | Q(folded_sku__in=wanted) | Q(folded_barcode__in=wanted)
    )
    found: dict[str, set[UUID]] = {}
    for variant_id, sku, barcode in rows.values_list("pk", "sku", "barcode"):
        for code in {sku.upper(), barcode.upper()} - {""}:
            found.setdefault(code, set()).add(variant_id)
    return {code: found.get(code.upper(), set()) for code in codes}
