"""Write a validated catalogue file: a few statements for each five hundred rows, all in the caller's transaction."""

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from django.db.models import Model
from django.utils import timezone

from catalog.exchange.validation import CataloguePlan
from catalog.listing import category_tree
from catalog.models import Brand, Category, OptionValue, Product, Supplier, Variant, VariantValue
from shop.core.spreadsheets.import_rows import Tell

BATCH = 500
M = TypeVar("M", bound=Model)


def write(plan: CataloguePlan, *, tell: Tell) -> None:
    """Create and change what the plan says, which is validated in the same transaction, with `lock`, without issues.

    Locks the category tree when categories are new.
    """
    index = plan.index
    if plan.issues or index is None:
        raise ValueError("A file with errors is never written.")
    Brand.objects.bulk_create(index.new_brands)
    Supplier.objects.bulk_create(index.new_suppliers)
    OptionValue.objects.bulk_create(index.new_values)
    addresses = {path: category.pk for path, category in index.categories.items()}
    addresses |= _make_categories(index.new_categories)
    for draft in plan.products:
        draft.product.category_id = addresses[draft.category]
    _write(Product, plan.products, lambda draft: draft.product, tell, "products")
    _let_barcodes_go(plan)
    _write(Variant, plan.variants, lambda draft: draft.variant, tell, "variants")
    _write_values(plan)


def _make_categories(wanted: dict[str, str]) -> dict[str, int]:
    made: dict[str, int] = {}
    for path in sorted(wanted, key=lambda path: path.count("/")):
        above, _slash, slug = path.rpartition("/")
        parent = Category.objects.get(path_slug=above) if above else None
        made[path] = category_tree.place(Category(name=wanted[path][:80], slug=slug[:80]), parent=parent).pk
    return made


def _write(model: type[M], drafts: Sequence[Any], row: Any, tell: Tell, stage: str) -> None:
    """Create the new rows and update the changed fields of the others."""
    new = [row(draft) for draft in drafts if draft.is_new]
    old = [row(draft) for draft in drafts if not draft.is_new and draft.fields]
    fields = sorted({name for draft in drafts if not draft.is_new for name in draft.fields})
    done, now = 0, timezone.now()
    for batch in _batches(new):
        model._default_manager.bulk_create(batch)
        done += len(batch)
        tell(stage, done, len(new) + len(old))
    for batch in _batches(old):
        for instance in batch:
            instance.updated_at = now
        model._default_manager.bulk_update(batch, [*fields, "updated_at"])
        done += len(batch)
        tell(stage, done, len(new) + len(old))


def _let_barcodes_go(plan: CataloguePlan) -> None:
    """Clear the barcodes that move to other variants, so that two variants may swap theirs."""
    moving = [draft.variant.pk for draft in plan.variants if not draft.is_new and "barcode" in draft.fields]
    Variant.objects.filter(pk__in=moving).update(barcode="")


def _write_values(plan: CataloguePlan) -> None:
    changed = [draft for draft in plan.variants if draft.values is not None]
    VariantValue.objects.filter(
        variant_id__in=[draft.variant.pk for draft in changed if not draft.is_new]
    ).delete()
    entries = [
        VariantValue(variant_id=draft.variant.pk, option_id=option_id, value_id=value.pk)
        for draft in changed
        for option_id, value in (draft.values or {}).items()
    ]
    VariantValue.objects.bulk_create(entries, batch_size=2000)
    through: Any = Product.options.through
    pairs = {(draft.variant.product_id, key) for draft in changed for key in (draft.values or {})}
    through.objects.bulk_create(
        [through(product_id=product, option_id=option) for product, option in sorted(pairs)],
        ignore_conflicts=True,
        batch_size=2000,
    )


def _batches(rows: list[M]) -> Iterator[list[M]]:
    for start in range(0, len(rows), BATCH):
        yield rows[start : start + BATCH]
