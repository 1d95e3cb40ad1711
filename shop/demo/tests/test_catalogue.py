"""The demo brand's data obey the shop's rules."""

from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from stdnum import ean

from shop.demo.catalogue import COLLECTIONS, FAMILIES, PRODUCTS, ProductSpec
from shop.demo.catalogue.codes import barcode, ean13, sku
from shop.demo.catalogue.colours import COLOURS
from shop.demo.catalogue.sizes import GUIDES, SCALES, SIZES
from shop.demo.catalogue.stock import units
from shop.demo.catalogue.taxonomy import BRANDS, CATEGORIES, SUPPLIERS
from shop.demo.catalogue.windows import running, upcoming
from shop.demo.garments import KINDS, VIEWS, draw

BUENOS_AIRES = ZoneInfo("America/Argentina/Buenos_Aires")
PATHS = {spec.slug for spec in CATEGORIES} | {
    f"{s.slug}/{child.slug}" for s in CATEGORIES for child in s.children
}


def skus(spec: ProductSpec) -> list[tuple[str, str]]:
    """Return the SKU and size of every variant of a product."""
    sizes = SCALES[spec.family.scale] or ("",)
    return [(sku(spec.sku, colour, size), size) for colour in spec.colours for size in sizes]


def test_there_is_as_much_as_promised():
    assert len(PRODUCTS) >= 60
    assert sum(len(skus(spec)) for spec in PRODUCTS) >= 500
    assert len(COLLECTIONS) >= 4
    assert len(PATHS) >= 12
    assert len(BRANDS) >= 2
    assert len(SUPPLIERS) >= 2


def test_nothing_has_the_name_or_code_of_another():
    assert len({spec.slug for spec in PRODUCTS}) == len(PRODUCTS)
    assert len({spec.sku for spec in PRODUCTS}) == len(PRODUCTS)
    codes = [code for spec in PRODUCTS for code, _size in skus(spec)]
    assert len(set(codes)) == len(codes)
    assert len({colour.letters for colour in COLOURS.values()}) == len(COLOURS)


@pytest.mark.parametrize("spec", PRODUCTS, ids=lambda spec: spec.sku)
def test_a_product_refers_to_what_there_is(spec: ProductSpec):
    assert spec.kind in KINDS
    assert set(spec.colours) <= set(COLOURS)
    assert spec.family.category in PATHS
    assert spec.brand in {brand.slug for brand in BRANDS}
    assert spec.family.supplier in {supplier.slug for supplier in SUPPLIERS}
    assert 0 < len(spec.summary) <= 200
    assert spec.description
    assert spec.compare_at is None or spec.compare_at > spec.price
    assert spec.price % 100 == 0


@pytest.mark.parametrize("spec", PRODUCTS, ids=lambda spec: spec.sku)
def test_every_picture_of_the_shop_is_under_six_kilobytes(spec: ProductSpec):
    for colour in spec.colours:
        for view in VIEWS:
            assert len(draw(spec.kind, spec.look(colour), view).encode()) < 6000


def test_no_two_products_look_alike():
    fronts = [draw(spec.kind, spec.look(spec.colours[0]), "front") for spec in PRODUCTS]
    backs = [draw(spec.kind, spec.look(spec.colours[0]), "back") for spec in PRODUCTS]
    assert len(set(zip(fronts, backs, strict=True))) == len(PRODUCTS)


def test_every_kind_of_garment_is_sold():
    assert {spec.kind for spec in PRODUCTS} == set(KINDS) == set(FAMILIES)


def test_sizes_stand_in_the_order_in_which_they_are_worn():
    for scale in SCALES.values():
        orders = [SIZES[size][1] for size in scale]
        assert all(before < after for before, after in pairwise(orders))
    assert SCALES["letters"] == ("xs", "s", "m", "l", "xl", "xxl")
    assert SCALES["waist"][0] == "28"
    assert SCALES["waist"][-1] == "38"


def test_size_guides_are_tables_of_their_categories():
    assert set(GUIDES) <= PATHS
    for path, guide in GUIDES.items():
        assert guide["columns"][0] == "Talle"
        assert all(len(row) == len(guide["columns"]) for row in guide["rows"]), path
    assert GUIDES["pantalones/jeans"]["rows"][1] == ["30", "77", "101", "29", "101,5"]


def test_barcodes_carry_a_valid_check_digit():
    assert ean13("400638133393") == "4006381333931"
    codes = [barcode(number) for number in range(1, 1000)]
    assert all(ean.is_valid(code) for code in codes)
    assert len(set(codes)) == len(codes)


@pytest.mark.parametrize("digits", ["", "77982640000", "7798264000123", "77982640000x"])
def test_a_barcode_is_made_from_twelve_digits(digits: str):
    with pytest.raises(ValueError, match="twelve digits"):
        ean13(digits)


def test_an_sku_reads_model_colour_size():
    assert sku("RMA01", "negro", "m") == "RMA01-NEG-M"
    assert sku("MED01", "tiza", "35-38") == "MED01-TIZ-3538"
    assert sku("BOL01", "crudo") == "BOL01-CRU"


def test_the_shelves_are_uneven_as_in_a_real_shop():
    counts = {
        spec.sku: [sum(units(code, size, spec.stock)) for code, size in skus(spec)] for spec in PRODUCTS
    }
    every = [count for row in counts.values() for count in row]
    assert [code for code, row in counts.items() if not any(row)] == ["JEA04"]
    assert sum(1 for count in every if count == 0) >= 20
    assert sum(1 for count in every if 1 <= count <= 3) >= 40
    assert min(every) == 0
    assert units("RMA01-NEG-M", "m", "deep") == units("RMA01-NEG-M", "m", "deep")


def test_collections_hold_products_and_a_product_is_in_one_drop_only():
    known = {spec.sku: spec for spec in PRODUCTS}
    drops = [collection for collection in COLLECTIONS if collection.kind == "drop"]
    assert {collection.kind for collection in COLLECTIONS} == {"drop", "seasonal", "collab"}
    assert {collection.phase for collection in drops} == {"upcoming", "running"}
    for collection in COLLECTIONS:
        assert set(collection.skus) <= set(known)
        assert len(set(collection.skus)) == len(collection.skus)
    in_drops = [code for collection in drops for code in collection.skus]
    assert len(set(in_drops)) == len(in_drops)
    assert all(known[code].max_per_order for code in in_drops)


@pytest.mark.parametrize("day", range(1, 15))
@pytest.mark.parametrize("hour", [0, 19, 23])
def test_the_next_drop_opens_on_a_friday_evening_within_days(day: int, hour: int):
    now = datetime(2026, 11, day, hour, 40, tzinfo=BUENOS_AIRES)
    opens, closes = upcoming(now)
    assert (opens.weekday(), opens.hour, opens.minute) == (4, 20, 0)
    assert timedelta(days=1) < opens - now <= timedelta(days=9)
    assert closes > opens


def test_the_running_drop_is_open_and_closes_within_two_days():
    now = datetime(2026, 11, 21, 5, 40, tzinfo=BUENOS_AIRES)
    opens, closes = running(now)
    assert opens < now < closes <= now + timedelta(days=2)
