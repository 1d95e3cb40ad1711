"""Rows of the lists follow the catalogue and the stock: whatever changes them, whoever is killed, whoever is faster."""

import threading
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.core.management import call_command
from django.db import connection, transaction
from django.utils import timezone

from catalog.listing import rebuilding, rows
from catalog.models import Brand, Category, Collection, Listing, ListingMark, OptionValue, Product, Variant
from catalog.tasks import update_listing
from catalog.tests.factories import (
    CollectionFactory,
    colour_value,
    make_category,
    make_product,
    make_variant,
    put_in,
    size_value,
    stock,
)
from inventory.checks import runner
from inventory.models import Location, StockLevel

pytestmark = pytest.mark.django_db


def kept(product: Product) -> dict[str, Listing]:
    """Return the shown rows of a product by the name of their colour, after the job has run."""
    rebuilding.catch_up()
    found = Listing.objects.filter(product_id=product.pk, is_shown=True).order_by("ordinal")
    return {(row.card["colour"] or {}).get("name", ""): row for row in found}


def test_a_row_for_each_colour_with_its_picture_price_and_sizes_in_stock():
    make_category("Tops")
    hoodies = make_category("Buzos", parent=Category.objects.get(slug="tops"))
    product = make_product(("Negro", "Oliva"), ("S", "M"), "100.00", name="Buzo Andén", category=hoodies)
    Variant.objects.filter(product=product, name="Oliva / M").update(price=Decimal(80), compare_at_price=120)
    stock(Variant.objects.get(product=product, name="Oliva / S"), 2)
    found = kept(product)
    assert list(found) == ["Negro", "Oliva"]
    black, olive = found.values()
    assert (black.price, black.units, black.is_lead, black.in_stock_ids) == (Decimal(100), 0, False, [])
    assert (olive.price, olive.price_before, olive.units, olive.is_lead) == (Decimal(80), 120, 2, True)
    assert {*olive.in_stock_ids} == {colour_value("Oliva").pk, size_value("S").pk}
    assert {*olive.value_ids} == {colour_value("Oliva").pk, size_value("S").pk, size_value("M").pk}
    assert [Category.objects.get(pk=key).slug for key in olive.category_ids] == ["tops", "buzos"]
    assert [image["file"] for image in olive.card["images"]] == [
        f"products/{product.slug}-oliva-{view}.svg" for view in ("front", "back")
    ]
    assert {"anden", "oliva", "buzo", "buzos", "maal"} <= {*olive.words}


def _rename(model: Any, **fields: object) -> Callable[[Product], object]:
    return lambda product: model.objects.update(**fields)


def _save_value(product: Product) -> None:
    value = colour_value("Negro")
    value.name = "Azabache"
    value.save()


def _into_drop(product: Product) -> None:
    put_in(CollectionFactory.create(kind=Collection.Kind.DROP), product)


CHANGES: dict[str, Callable[[Product], object]] = {
    "name": _rename(Product, name="Otro"),
    "off sale": _rename(Product, is_active=False),
    "brand": _rename(Brand, name="Otra"),
    "category": _rename(Category, name="Otra", path_slug="otra"),
    "price": _rename(Variant, price=Decimal(7)),
    "variant off sale": _rename(Variant, is_active=False),
    "another variant": lambda product: make_variant(product, colour_value("Crudo"), size_value("S")),
    "value": _save_value,
    "swatch": lambda product: OptionValue.objects.filter(code="negro").update(swatch="#000000"),
    "pictures": lambda product: product.images.all().delete(),
    "drop": _into_drop,
    "place sold from": _rename(Location, is_sellable=False),
    "sold out": lambda product: StockLevel.objects.update(reserved=2),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_marks_its_product_and_the_row_follows(change: str):
    product = make_product(("Negro",), ("S",), name="Buzo")
    stock(product.variants.get(), 2)
    before = kept(product)
    assert before
    assert not rebuilding.is_due()
    CHANGES[change](product)
    assert rebuilding.is_due()
    after = kept(product)
    assert [row.fingerprint for row in after.values()] != [row.fingerprint for row in before.values()]
    assert not ListingMark.objects.exists()


def test_of_plenty_nothing_is_noted_and_what_is_as_it_was_keeps_its_revision():
    product = make_product(("Negro",), ("S",))
    stock(product.variants.get(), 900)
    (row,) = kept(product).values()
    StockLevel.objects.update(reserved=300)
    assert not rebuilding.is_due()
    ListingMark.objects.create(kind="product", key=str(product.pk))
    assert [later.revision for later in kept(product).values()] == [row.revision]


def test_a_product_deleted_or_hidden_leaves_the_lists_and_comes_back_at_its_place():
    product = make_product(("Negro",), ("S",))
    (row,) = kept(product).values()
    Product.objects.update(is_active=False)
    assert kept(product) == {}
    gone = Listing.objects.get(ordinal=row.ordinal)
    assert (gone.is_shown, gone.document, gone.value_ids) == (False, "", [])
    assert gone.revision > row.revision
    Product.objects.update(is_active=True)
    assert [again.ordinal for again in kept(product).values()] == [row.ordinal]


def test_sales_of_a_month_are_counted_by_colour():
    product = make_product(("Negro", "Oliva"), ("S",))
    variant = product.variants.get(name="Oliva / S")
    stock(variant, 9)
    kept(product)
    level = StockLevel.objects.get(variant=variant)
    sql = (
        "INSERT INTO inventory_stockmovement (level_id, variant_id, location_id, kind, quantity, reference, cause_type,"
        " note, actor, occurred_at, on_hand_after) VALUES (%s, %s, %s, 'sale', -3, '', '', '', 'test', now(), 0)"
    )
    with connection.cursor() as cursor:
        cursor.execute(sql, [level.pk, variant.pk, level.location_id])
    assert rebuilding.count_sales() == 1
    assert {name: row.sold_30d for name, row in kept(product).items()} == {"Negro": 0, "Oliva": 3}
    assert rebuilding.count_sales() == 0


def test_the_command_makes_all_again():
    product = make_product(("Negro",), ("S",))
    update_listing()
    Listing.objects.update(name="broken", fingerprint="")
    assert not rebuilding.is_due()
    call_command("rebuild_listing", product.slug)
    assert Listing.objects.get().name == product.name
    Listing.objects.update(name="broken", fingerprint="")
    call_command("rebuild_listing")
    assert Listing.objects.get().name == product.name


@pytest.mark.django_db(transaction=True)
def test_a_killed_run_loses_no_mark(monkeypatch: pytest.MonkeyPatch):
    product = make_product(("Negro",), ("S",), name="Buzo")
    marks = ListingMark.objects.count()

    class Killed(BaseException):
        """The process ends here."""

    def dies(keys: object) -> int:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(rebuilding, "write", dies)
        with pytest.raises(Killed):
            rebuilding.catch_up()
    assert ListingMark.objects.count() >= marks
    assert list(kept(product)) == ["Negro"]


@pytest.mark.race
@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "control"])
@pytest.mark.django_db(transaction=True)
def test_a_change_while_a_run_reads_is_in_the_row_in_the_end(
    monkeypatch: pytest.MonkeyPatch, *, guarded: bool
):
    """The control reads first and deletes the marks after it: the mark of the change goes with the others."""
    product = make_product(("Negro",), ("S",), name="Antes")
    rebuilding.catch_up()
    Product.objects.update(name="Luego")
    made = rows.make
    seen: list[int] = []

    def meets_a_change(keys: Any) -> Any:
        read = made(keys)
        if not seen:
            seen.append(1)
            thread = threading.Thread(target=_change, args=[product.pk])
            thread.start()
            thread.join()
            if not guarded:
                ListingMark.objects.all().delete()
        return read

    monkeypatch.setattr(rows, "make", meets_a_change)
    rebuilding.catch_up()
    rebuilding.catch_up()
    assert Listing.objects.get().name == ("Después" if guarded else "Luego")


def _change(key: UUID) -> None:
    try:
        Product.objects.filter(pk=key).update(name="Después")
    finally:
        connection.close()


@pytest.mark.race
@pytest.mark.parametrize("guarded", [True, False], ids=["guarded", "control"])
@pytest.mark.django_db(transaction=True)
def test_an_older_reading_is_never_written_over_a_newer_one(
    monkeypatch: pytest.MonkeyPatch, *, guarded: bool
):
    """The control takes the mark of the change, and writes, without a turn: what was read before is written last."""
    product = make_product(("Negro",), ("S",), name="Antes")
    rebuilding.catch_up()
    Product.objects.update(name="Luego")
    known = ListingMark.objects.latest("id").pk
    made = rows.make
    seen: list[int] = []

    def meets_another_run(keys: Any) -> Any:
        read = made(keys)
        if not seen:
            seen.append(1)
            thread = threading.Thread(target=_change_and_write, args=[product.pk, 0 if guarded else known])
            thread.start()
            thread.join()
        return read

    monkeypatch.setattr(rows, "make", meets_another_run)
    rebuilding.catch_up()
    assert Listing.objects.get().name == ("Después" if guarded else "Luego")


def _change_and_write(key: UUID, known: int) -> None:
    try:
        Product.objects.filter(pk=key).update(name="Después")
        if not known:
            assert rebuilding.catch_up()["busy"]
            return
        with transaction.atomic():
            ListingMark.objects.filter(pk__gt=known).delete()
            rebuilding.write([key])
    finally:
        connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_mark_is_seen_when_its_change_is():
    product = make_product(("Negro",), ("S",), name="Antes")
    rebuilding.catch_up()
    with transaction.atomic():
        Product.objects.update(name="Después")
        thread = threading.Thread(target=_catch_up)
        thread.start()
        thread.join()
    assert next(iter(kept(product).values())).name == "Después"


def _catch_up() -> None:
    try:
        rebuilding.catch_up()
    finally:
        connection.close()


@pytest.mark.parametrize(
    "wrong",
    [
        "UPDATE catalog_listing SET price = 1",
        "UPDATE catalog_listing SET in_stock_ids = '{}'",
        "UPDATE catalog_listing SET is_shown = FALSE",
        "UPDATE catalog_listing SET colour_id = NULL",
    ],
)
def test_the_stock_check_finds_a_row_that_was_changed_and_the_rebuild_repairs_it(wrong: str):
    product = make_product(("Negro",), ("S", "M"))
    stock(product.variants.filter(name="Negro / S").get(), 2)
    kept(product)
    assert _reported() == set()
    with connection.cursor() as cursor:
        cursor.execute(f"{wrong}, fingerprint = ''")
    assert _reported() == {product.pk}
    call_command("rebuild_listing")
    assert _reported() == set()


def test_a_mark_excuses_for_five_minutes():
    product = make_product(("Negro",), ("S",))
    assert _reported() == set()
    ListingMark.objects.update(made_at=timezone.now() - timedelta(minutes=6))
    assert _reported() == {product.pk}


def _reported() -> set[object]:
    return {violation.subject_id for violation in runner.check(scope="") if violation.code == "listing"}
