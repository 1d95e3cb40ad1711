"""The version of the catalogue: every change gives another one, nothing else does, and asking for it is cheap."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.core.cache import cache
from django.db import connection, transaction
from django.db.models import F
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.api import versions
from catalog.listing import category_tree, version
from catalog.models import (
    AccessGrant,
    Brand,
    CatalogChange,
    Category,
    Collection,
    LowStockHint,
    Option,
    OptionValue,
    ProductImage,
    SearchSynonyms,
    Variant,
    VariantValue,
)
from catalog.tests.factories import CollectionFactory, make_product, put_in, size_value
from inventory import ledger, reservations
from inventory.models import Location, StockLevel
from inventory.tests.factories import TTL, LocationFactory
from orders.models import Cart
from shop.accounts.tests.factories import UserFactory
from shop.core.ids import uuid7
from tests.support.api_client import ApiClient

pytestmark = pytest.mark.django_db
ADDRESS = "/api/v1/products/abrigo"
ACTOR = "staff:a@b.c"


@pytest.fixture(scope="module", autouse=True)
def shop(shared_rows: Any) -> Iterator[None]:
    """Make a product of two variants, one of them in stock at two places, in an open drop."""
    with shared_rows():
        product = make_product(("Negro",), ("S", "M"), name="Abrigo")
        variant = product.variants.get(name="Negro / S")
        for location, units in ((LocationFactory.create(), 5), (LocationFactory.create(), 1)):
            ledger.receive(variant_id=variant.pk, location_id=location.pk, quantity=units, actor=ACTOR)
        drop = CollectionFactory.create(
            name="Drop", kind=Collection.Kind.DROP, starts_at=timezone.now() - timedelta(hours=1)
        )
        put_in(drop, product)
        assert version.adopt_hint()
        cache.clear()
        yield


def etag() -> str:
    return str(ApiClient().get(ADDRESS)["ETag"])


def the(name: str = "Negro / S") -> Variant:
    return Variant.objects.get(name=name)


def levels() -> list[StockLevel]:
    return list(StockLevel.objects.filter(variant=the()).order_by("-on_hand"))


def reserve(units: int) -> Any:
    return reservations.reserve(variant_id=the().pk, quantity=units, ttl=TTL, cart_id=uuid7(), actor=ACTOR)


def adjust(level: StockLevel, difference: int) -> None:
    ledger.adjust(
        variant_id=level.variant_id,
        location_id=level.location_id,
        difference=difference,
        note="counted",
        actor=ACTOR,
    )


CHANGES: dict[str, Callable[[], object]] = {
    "a brand": lambda: Brand.objects.update(name="Otra"),
    "a product": lambda: the().product.save(),
    "a price": lambda: Variant.objects.update(price=F("price") + 1),
    "a variant that is new": lambda: Variant.objects.create(product=the().product, sku="NEW", price=1),
    "a variant off sale": lambda: Variant.objects.filter(name="Negro / M").update(is_active=False),
    "an option": lambda: Option.objects.update(name="Otro"),
    "a value": lambda: OptionValue.objects.filter(code="negro").update(swatch="#000000"),
    "which value": lambda: VariantValue.objects.filter(value__code="m").update(value=size_value("L")),
    "a picture that is new": lambda: ProductImage.objects.bulk_create(
        [ProductImage(product=the().product, file="products/a.png")]
    ),
    "a picture that is gone": lambda: ProductImage.objects.all()[:1].get().delete(),
    "synonyms": lambda: SearchSynonyms.objects.create(words="campera, zamarra"),
    "a category": lambda: category_tree.place(Category.objects.get(), parent=None),
    "a drop": lambda: Collection.objects.update(ends_at=timezone.now() + timedelta(days=1)),
    "the place in a drop": lambda: Collection.objects.get().entries.update(sort_order=7),
    "a product out of a drop": lambda: Collection.objects.get().entries.all().delete(),
    "a location that is not sold from": lambda: Location.objects.update(is_sellable=False),
    "units that come to be few": lambda: reserve(4),
    "few that come to be none": lambda: [reserve(5), reserve(1)],
    "none that come to be many": lambda: ledger.receive(
        variant_id=the("Negro / M").pk, location_id=levels()[0].location_id, quantity=9, actor=ACTOR
    ),
    "units given back": lambda: reservations.release(cart_id=reserve(5).cart_id, reason="no", actor=ACTOR),
}


@pytest.mark.parametrize("change", CHANGES)
def test_every_change_gives_another_version(change: str):
    before = etag()
    assert etag() == before
    CHANGES[change]()
    assert etag() != before


def test_every_table_of_the_catalogue_notes_its_changes_or_shows_nothing_to_all():
    unseen = {
        *("AccessCode", "AccessGrant", "CatalogChange", "CustomerGroup", "EarlyOpening", "FormerAddress"),
        *("Listing", "ListingMark", "ListingState"),
        *("SearchDeletion", "SearchMiss", "SearchSnapshot", "SearchWord"),
        *("LowStockHint", "PriceChange", "Supplier", "WaitingEntry"),
    }
    silent = {
        model.__name__
        for model in apps.get_app_config("catalog").get_models()
        if "changes_catalogue" not in {trigger.name for trigger in getattr(model._meta, "triggers", ())}
    }
    assert silent == unseen


def test_what_nobody_sees_keeps_the_version():
    before = etag()
    reserve(1)
    assert levels()[0].on_hand - levels()[0].reserved == 4
    UserFactory.create()
    assert etag() == before


def test_sums_that_other_transactions_change_at_the_same_moment_are_noted_by_each(settings: Any):
    # Eight units at two places; each transaction sees only its own three go, and both together leave two.
    adjust(levels()[1], 2)
    settings.LOW_STOCK_HINT = 2
    first, second = levels()
    for level in (first, second):
        before = version.read().text
        StockLevel.objects.filter(pk=level.pk).update(reserved=level.on_hand - 1)
        assert version.read().text != before


def test_an_unchanged_answer_costs_one_statement_and_says_so():
    known = etag()
    with CaptureQueriesContext(connection) as captured:
        again = ApiClient().get(ADDRESS, if_none_match=known)
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", known)
    assert len(captured) == 1
    elsewhere = ApiClient().get("/api/v1/products", if_none_match=known)
    assert elsewhere.status_code == 200
    assert ApiClient().get("/api/v1/products/nothing", if_none_match=known).status_code == 404


def test_guests_look_once_in_a_while_and_accounts_each_time(settings: Any):
    settings.CATALOGUE_CHECKED_EVERY = 30
    known = etag()
    the().product.save()
    with CaptureQueriesContext(connection) as captured:
        again = ApiClient().get(ADDRESS, if_none_match=known)
    assert (again.status_code, len(captured)) == (304, 0)
    assert ApiClient(UserFactory.create()).get(ADDRESS)["ETag"] != known
    versions._seen.clear()
    assert etag() != known


def test_folding_keeps_the_version_and_a_later_change_is_seen():
    the().product.save()
    the().product.save()
    before = version.read().text
    assert version.fold() > 1
    # One row of what is noted for all, one of the rows of lists, one of the product whose units were received.
    assert CatalogChange.objects.count() == 3
    assert version.fold() == 0
    assert version.read().text == before
    the().product.save()
    assert version.read().text != before


def test_a_change_that_is_undone_never_was():
    before = version.read().text
    with transaction.atomic():
        the().product.save()
        assert version.read().text != before
        transaction.set_rollback(True)
    assert version.read().text == before


def test_a_drop_that_opens_or_closes_changes_what_is_shown():
    now = timezone.now()
    Collection.objects.update(starts_at=now + timedelta(hours=1))
    before = version.read()
    # As if the clock had gone on: the same rows, without a note.
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        Collection.objects.update(starts_at=now - timedelta(hours=1))
        opened = version.read()
        Collection.objects.update(ends_at=now)
        closed = version.read()
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert len({before.text, opened.text, closed.text}) == 3


def test_whoever_is_let_in_early_gets_an_answer_that_nobody_keeps():
    Collection.objects.update(starts_at=timezone.now() + timedelta(hours=1))
    plain, special = UserFactory.create(), UserFactory.create()
    AccessGrant.objects.create(collection=Collection.objects.get(), user=special)
    for client, phase in ((ApiClient(), "upcoming"), (ApiClient(plain), "upcoming")):
        answer = client.get(ADDRESS)
        assert (answer.json()["phase"], answer.json()["is_early"]) == (phase, False)
        assert answer["Cache-Control"].startswith("public")
        assert {"Authorization", "Cart-Token"} <= set(answer["Vary"].split(", ")), (
            "a proxy keeps it for others"
        )
    known = answer["ETag"]
    own = ApiClient(special).get(ADDRESS, if_none_match=known)
    assert (own.status_code, own.json()["phase"], own.json()["is_early"]) == (200, "open", True)
    assert not own.has_header("ETag")
    assert own["Cache-Control"] == "private, no-store"
    drop = ApiClient(special).get("/api/v1/collections/drop").json()
    assert (drop["phase"], drop["is_early"]) == ("upcoming", True)
    cart = Cart.objects.create()
    AccessGrant.objects.create(collection=Collection.objects.get(), cart_id=cart.pk)
    guest = ApiClient().get(ADDRESS, cart_token=cart.token)
    assert (guest.json()["phase"], guest.has_header("ETag")) == ("open", False)
    forged = ApiClient().get(ADDRESS, if_none_match=known, authorization="Bearer forged")
    assert forged.status_code == 401


def test_a_higher_hint_is_not_relied_on_before_running_statements_have_ended(settings: Any):
    before = version.read()
    assert before.is_public
    settings.LOW_STOCK_HINT = 4
    raised = version.read()
    assert (raised.is_public, raised.text == before.text) == (False, False)
    assert not ApiClient().get(ADDRESS).has_header("ETag")
    assert (version.adopt_hint(), version.adopt_hint()) == (True, False)
    assert not version.read().is_public
    settings.LOW_STOCK_HINT = 3
    assert version.adopt_hint()
    assert not version.read().is_public
    LowStockHint.objects.update(changed_at=timezone.now() - version.HINT_SETTLES * 2)
    assert version.read().is_public
    settings.LOW_STOCK_HINT = 1
    assert version.read().is_public
    assert version.adopt_hint()
    assert version.read().is_public
