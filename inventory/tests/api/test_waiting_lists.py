"""Waiting lists in the API: the verbs, limits and confirmations of the pages, for guests and accounts."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import WaitingEntry
from inventory import ledger
from inventory.models import Reservation
from inventory.reservations import waiting_list
from inventory.tests.factories import LocationFactory, make_drop, make_variant
from shop.accounts.tests.factories import UserFactory
from shop.core.models import EmailLog
from tests.support.api_client import ApiClient

pytestmark = pytest.mark.django_db
LIST = "/api/v1/waiting-list"
Status = WaitingEntry.Status


@pytest.fixture(autouse=True)
def _fresh() -> None:
    cache.clear()


def test_a_guest_joins_by_an_address_confirms_by_the_mail_and_leaves():
    variant = make_variant()
    wish = {"email": " Ana@Example.com ", "variant": str(variant.pk)}
    for _turn in range(2):
        answer = ApiClient().post(LIST, wish, key="of-a-guest:-1234")
        assert (answer.status_code, answer.json()) == (202, {"next": "confirm"})
    assert answer["Idempotent-Replayed"] == "true"
    entry = WaitingEntry.objects.get()
    assert (entry.email, entry.status, entry.user) == ("ana@example.com", Status.PENDING, None)
    assert EmailLog.objects.filter(kind="waiting_confirm", to="ana@example.com").count() == 1
    link = f"{LIST}/links/{entry.token}"
    assert (ApiClient().get(link).json()["status"], ApiClient().get(f"{link}x").status_code) == (
        "pending",
        404,
    )
    for _turn in range(2):
        confirmed = ApiClient().post(f"{link}/confirm")
        assert (confirmed.json()["status"], confirmed.json()["place"]) == ("confirmed", 1)
    for _turn in range(2):
        assert ApiClient().post(f"{link}/leave").json()["status"] == "cancelled"
    late = ApiClient().post(f"{link}/confirm")
    assert (late.status_code, late.json()["code"]) == (409, "link_expired")


def test_what_cannot_be_waited_for_is_refused_and_what_is_hidden_looks_the_same():
    hidden = make_variant(product_is_active=False)
    open_already = make_drop(
        make_variant().product, starts_at=timezone.now() - timedelta(hours=1), ends_at=None
    )
    for wish in (
        {"variant": str(hidden.pk)},
        {"variant": "01a225d2-4bb5-7113-a166-0f03668b909c"},
        {"collection": open_already.slug},
        {"collection": "nothing"},
    ):
        refused = ApiClient().post(LIST, {"email": "a@example.com", **wish})
        assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_wait_for")
    for wrong in (
        {"email": "a@localhost", "collection": "nothing"},
        {"collection": "nothing"},
        {"email": "a@example.com"},
        {"email": "a@example.com", "collection": "x", "variant": str(hidden.pk)},
    ):
        assert ApiClient().post(LIST, wrong).status_code == 422
    statuses = [
        ApiClient().post(LIST, {"email": "a@example.com", "collection": "x"}).status_code
        for _turn in range(8)
    ]
    assert statuses[0] == 409
    assert statuses[-1] == 429


def test_an_account_sees_and_leaves_its_own_and_nobody_elses_at_the_same_cost():
    user, other = UserFactory.create(), UserFactory.create()
    drop = make_drop(make_variant().product, starts_at=timezone.now() + timedelta(hours=1), ends_at=None)
    client = ApiClient(user)

    def ask(**wish: Any) -> None:
        assert client.post(LIST, wish).json() == {"next": "waiting"}

    def mine() -> tuple[list[dict[str, Any]], int]:
        with CaptureQueriesContext(connection) as captured:
            found = client.get(LIST).json()
        return found["items"], len(captured)

    first = make_variant()
    assert ApiClient(other).post(LIST, {"variant": str(first.pk)}).json() == {"next": "waiting"}
    ask(variant=str(first.pk))
    ask(collection=drop.slug)
    client.get(LIST)
    (reminder, line), few = mine()
    assert (reminder["drop"]["slug"], reminder["place"], reminder["variant"]) == (drop.slug, None, None)
    assert (line["variant"]["sku"], line["place"], line["status"]) == (first.sku, 2, "confirmed")
    ask(variant=str(make_variant().pk))
    ask(variant=str(make_variant().pk))
    assert (len(mine()[0]), mine()[1]) == (4, few)
    stranger = ApiClient(other)
    assert stranger.delete(f"{LIST}/{line['id']}").status_code == 404
    assert ApiClient().delete(f"{LIST}/{line['id']}").status_code == 401
    assert ApiClient().get(LIST).status_code == 401
    for _turn in range(2):
        assert client.delete(f"{LIST}/{line['id']}").status_code == 204
    assert line["id"] not in [item["id"] for item in mine()[0]]


def test_declining_what_is_set_aside_gives_the_unit_back_at_once():
    user, variant = UserFactory.create(), make_variant()
    client = ApiClient(user)
    client.post(LIST, {"variant": str(variant.pk)})
    ledger.receive(
        variant_id=variant.pk, location_id=LocationFactory.create().pk, quantity=1, actor="staff:a@b.c"
    )
    assert waiting_list.serve() == 1
    offered = client.get(LIST).json()["items"][0]
    assert (offered["status"], offered["place"], bool(offered["offered_until"])) == ("notified", None, True)
    assert client.delete(f"{LIST}/{offered['id']}").status_code == 204
    assert not Reservation.objects.filter(status=Reservation.Status.ACTIVE).exists()
