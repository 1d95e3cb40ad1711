"""The drop's page before, at and after its opening, and what a waiting page requests."""

import json
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from catalog.drops import access, countdown
from catalog.models import AccessCode, AccessGrant, Collection, CustomerGroup, WaitingEntry
from catalog.tests.factories import CollectionFactory, make_product, put_in, stock_all
from shop.accounts.models import User
from shop.accounts.tests.staff_clients import carried
from tests.support.html import compact

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def drop() -> Collection:
    """A drop with one product, opening in an hour."""
    found = CollectionFactory.create(kind=Collection.Kind.DROP, name="Andén 90", slug="anden-90")
    product = make_product(price="50000.00", name="Buzo Andén 90")
    stock_all(product, 5)
    put_in(found, product)
    move(found, 1, 2)
    return found


def move(found: Any, opens: int, closes: int) -> None:
    now = timezone.now()
    Collection.objects.filter(pk=found.pk).update(starts_at=now + opens * HOUR, ends_at=now + closes * HOUR)
    cache.clear()


def state(client: Client, found: Any) -> tuple[Any, Any]:
    response = client.get(reverse("catalog:drop_state", args=[found.slug]))
    return response, json.loads(response.content)


@pytest.mark.parametrize(
    ("opens", "closes", "phase", "turns"),
    [(1, 2, "upcoming", 1), (-1, 1, "open", 1), (-2, -1, "closed", None)],
)
def test_the_state_is_told_by_the_databases_clock(client, drop, opens, closes, phase, turns):
    move(drop, opens, closes)
    _response, notified = state(client, drop)
    assert notified["phase"] == phase
    assert (notified["changes_at"] is None) == (turns is None)
    assert set(notified) == {"phase", "now", "changes_at"}


def test_the_state_is_tiny_the_same_for_everybody_and_may_be_kept(client, drop, django_user_model):
    client.cookies["cart"] = "x" * 32
    client.force_login(django_user_model.objects.create_user("ana@example.com", "clave-segura-123"))
    with CaptureQueriesContext(
        connection,
    ) as captured:
        response, _data = state(client, drop)
    assert len(captured.captured_queries) == 1
    assert len(response.content) < 200
    assert "public" in response["Cache-Control"]
    assert "max-age=1" in response["Cache-Control"]
    assert "Cookie" not in response.get("Vary", "")
    assert not response.cookies


def test_no_state_of_what_is_no_drop_or_hidden(client, drop):
    Collection.objects.filter(pk=drop.pk).update(is_active=False)
    assert client.get(reverse("catalog:drop_state", args=[drop.slug])).status_code == 404
    Collection.objects.filter(pk=drop.pk).update(is_active=True, kind=Collection.Kind.SEASONAL)
    assert client.get(reverse("catalog:drop_state", args=[drop.slug])).status_code == 404
    assert client.get(reverse("catalog:drop_shop", args=[drop.slug])).status_code == 404


def test_before_the_hour_the_page_waits_with_and_without_javascript(client, drop):
    page = client.get(drop.get_absolute_url()).content.decode()
    assert f'data-drop-turn="{reverse("catalog:drop_state", args=[drop.slug])}"' in page
    assert '<noscript><meta http-equiv="refresh"' in compact(page)
    assert reverse("orders:redeem", args=[drop.slug]) in page
    assert reverse("catalog:waiting_join") in page


def test_pages_without_javascript_come_back_after_the_hour_each_at_its_own_moment():
    now = timezone.now()
    waits = {countdown.refresh_seconds(now + timedelta(seconds=60), now) for _turn in range(200)}
    assert min(waits) > 60
    assert max(waits) <= 61 + countdown.SPREAD_SECONDS
    assert len(waits) > 10
    assert (
        countdown.refresh_seconds(now + 9 * HOUR, now)
        <= countdown.LONGEST_WAIT + 1 + countdown.SPREAD_SECONDS
    )
    assert countdown.refresh_seconds(None, now) == 0


def test_the_part_turns_with_the_hour(client, drop):
    part = reverse("catalog:drop_shop", args=[drop.slug])
    before = client.get(part)
    assert 'data-phase="upcoming"' in before.content.decode()
    move(drop, -1, 1)
    assert 'data-phase="open"' in client.get(part).content.decode()
    move(drop, -2, -1)
    closed = client.get(part).content.decode()
    assert "data-drop-turn" not in closed
    assert reverse("catalog:collections") in closed


def test_the_kept_part_is_of_the_page_asked_for_and_of_nobodys_query(client, drop, monkeypatch):
    """Other query parameters of a visitor, as a code, are in nobody else's links."""
    # Each piece comes in two colours.
    monkeypatch.setattr("catalog.search.query.PAGE_SIZE", 2)
    put_in(drop, make_product(name="Campera Andén 91"))
    second = drop.products.get(name="Buzo Andén 90")
    move(drop, -1, 1)
    part = reverse("catalog:drop_shop", args=[drop.slug])

    def shown(query: str) -> str:
        return re.sub(r'data-now="[^"]*"', "", client.get(f"{part}{query}").content.decode())

    last, first = shown("?page=2&codigo=SECRETO"), shown("?codigo=SECRETO")
    assert (second.name in last, second.name in first) == (True, False)
    assert first == shown("") == shown("?page=nonsense")
    assert last == shown("?page=2")
    assert "SECRETO" not in first + last
    assert f'data-part="{part}?page=2"' in last


def test_a_product_of_the_drop_turns_as_well(client, drop):
    product = drop.products.get()
    page = client.get(product.get_absolute_url()).content.decode()
    assert f'data-drop-turn="{reverse("catalog:drop_state", args=[drop.slug])}"' in page
    assert f'name="collection" value="{drop.pk}"' in page
    move(drop, -1, 1)
    assert "data-drop-turn" not in client.get(product.get_absolute_url()).content.decode()


def test_sold_out_offers_to_be_told(client):
    product = make_product(colours=("Negro",), sizes=("M", "L"))
    variant = product.variants.get(name="Negro / M")
    page = client.get(f"{product.get_absolute_url()}?talle=m").content.decode()
    assert f'name="variant" value="{variant.pk}"' in page
    other = client.get(product.get_absolute_url()).content.decode()
    assert 'name="variant"' not in other, "which size?"


# -- The back office --------------------------------------------------------------------------------------------------


@pytest.fixture
def staff(client: Client, django_user_model: type[User]) -> Client:
    client.force_login(django_user_model.objects.create_superuser("ada@example.com", "clave-segura-123"))
    return client


def test_codes_are_made_by_the_dozen_and_once(staff, drop):
    address = reverse("admin:catalog_accesscode_make_codes")
    form = {"collection": drop.pk, "number": 12, "max_uses": 1, "note": "press", "token": "t" * 32}
    assert staff.get(address).status_code == 200
    assert staff.post(address, form).status_code == 302
    staff.post(address, form)
    codes = list(AccessCode.objects.values_list("code", flat=True))
    assert len(set(codes)) == 12
    assert all(len(code) == 10 for code in codes)
    assert staff.get(reverse("admin:catalog_accesscode_changelist")).status_code == 200


def test_a_code_typed_by_hand_is_kept_in_capitals(staff, drop):
    form = {"collection": drop.pk, "code": "prensa-1", "max_uses": 3, "is_active": "on", "note": ""}
    form |= {"opens_at_0": "", "opens_at_1": "", "expires_at_0": "", "expires_at_1": ""}
    staff.post(reverse("admin:catalog_accesscode_add"), form)
    assert AccessCode.objects.get().code == "PRENSA-1"


def test_switching_off_and_letting_in_by_hand(staff, drop, django_user_model):
    code = access.make_codes(collection=drop, number=1)[0]
    changelist = reverse("admin:catalog_accesscode_changelist")
    act = {"action": "switch_off", "_selected_action": [str(code.pk)]}
    staff.post(changelist, act | {"apply": "1"} | carried(staff, changelist, act))
    code.refresh_from_db()
    assert not code.is_active
    user = django_user_model.objects.create_user("lia@example.com", "clave-segura-123")
    staff.post(reverse("admin:catalog_accessgrant_add"), {"collection": drop.pk, "user": user.pk})
    assert AccessGrant.objects.get().actor == "staff:ada@example.com"
    staff.force_login(user)
    assert (
        reverse("orders:cart_add")
        in staff.get(f"{drop.products.get().get_absolute_url()}?talle=m").content.decode()
    )


def test_groups_and_early_openings_have_their_pages(staff, drop, django_user_model):
    user = django_user_model.objects.create_user("lia@example.com", "clave-segura-123")
    members = {"TOTAL_FORMS": 1, "INITIAL_FORMS": 0, "0-user": user.pk}
    staff.post(
        reverse("admin:catalog_customergroup_add"),
        {
            "name": "Regulars",
            "note": "",
            **{f"CustomerGroup_members-{name}": one for name, one in members.items()},
        },
    )
    assert list(CustomerGroup.objects.get().members.all()) == [user]
    page = staff.get(reverse("admin:catalog_collection_change", args=[drop.pk])).content.decode()
    assert "early_openings-TOTAL_FORMS" in page
    assert staff.get(reverse("admin:catalog_accessgrant_changelist")).status_code == 200


def test_the_waiting_lists_are_counted_above_the_people_and_people_taken_off(staff, drop):
    variant = drop.products.get().variants.first()
    later = timezone.now() + HOUR
    fields = {"status": "confirmed", "confirmed_at": timezone.now(), "expires_at": later}
    one = WaitingEntry.objects.create(variant=variant, email="ana@example.com", **fields)
    WaitingEntry.objects.create(variant=variant, email="beto@example.com", **fields)
    WaitingEntry.objects.create(collection=drop, email="ana@example.com", expires_at=later)
    changelist = reverse("admin:catalog_waitingentry_changelist")
    page = staff.get(changelist)
    (line,) = page.context_data["lists"]["variants"]
    assert (line.line["waiting"], line.available) == (2, Decimal(5))
    assert page.context_data["lists"]["drops"][0].pending_now == 1
    act = {"action": "take_off", "_selected_action": [str(one.pk)]}
    staff.post(changelist, act | {"apply": "1"} | carried(staff, changelist, act))
    one.refresh_from_db()
    assert one.status == "cancelled"
    for query in ("?for=variant", "?for=drop", "?status__exact=pending", "?q=ana"):
        assert staff.get(changelist + query).status_code == 200
