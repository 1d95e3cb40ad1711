"""Actors: rows store a customer's key, never the address; the back office shows the address while there is one."""

from importlib import import_module
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse

from catalog.models import AccessGrant, WaitingEntry
from inventory.models import Reservation
from orders.models import CheckoutSession
from orders.tests.checkout.test_pages import CONTACT, to
from orders.tests.factories import ShippingRateFactory, make_cart, make_user, make_variant
from shop.accounts.models import User
from shop.core.audit import actors
from shop.core.models import Event

pytestmark = pytest.mark.django_db
# Every column of every table that says who did something.
COLUMNS = """
SELECT table_name, column_name FROM information_schema.columns
 WHERE table_schema = current_schema() AND data_type = 'character varying'
   AND (column_name LIKE '%actor' OR column_name IN ('ended_by', 'placed_by', 'released_by', 'decided_by', 'noted_by'))
"""


def notified() -> set[str]:
    """Return everything that any row says about who acted."""
    found: set[str] = set()
    with connection.cursor() as cursor:
        cursor.execute(COLUMNS)
        places = cursor.fetchall()
        assert {("core_event", "actor"), ("inventory_reservation", "ended_by")} <= set(places)
        for table, column in places:
            cursor.execute(f'SELECT DISTINCT "{column}" FROM "{table}"')
            found |= {word for (word,) in cursor.fetchall()}
    return found


@pytest.fixture
def buyer(client: Any) -> User:
    """Do with an account everything that records an actor: cart, checkout, signing in, waiting lists."""
    user, variant, gone = make_user("zenobia@example.org"), make_variant(), make_variant(units=0)
    client.post(reverse("orders:cart_add"), {"variant": variant.pk, "quantity": 1})
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    client.post(reverse("orders:cart_add"), {"variant": make_variant().pk, "quantity": 2})
    client.post(reverse("orders:cart_update"), {"variant": variant.pk, "quantity": 3})
    client.post(reverse("orders:checkout_start"))
    session = CheckoutSession.objects.get()
    rate = ShippingRateFactory.create()
    client.post(to("checkout_contact", session), CONTACT)
    client.post(to("checkout_shipping", session), {"rate": rate.pk, "terms": "on"})
    client.post(reverse("orders:cart_remove"), {"variant": variant.pk})
    asked = {"email": user.email, "variant": gone.pk}
    client.post(reverse("catalog:waiting_join"), asked)
    entry = WaitingEntry.objects.get()
    client.post(reverse("catalog:waiting_leave", args=[entry.token]))
    client.logout()
    client.post(reverse("catalog:waiting_join"), {**asked, "email": "guest@example.org"})
    guest = WaitingEntry.objects.get(email="guest@example.org")
    client.post(reverse("catalog:waiting_confirm", args=[guest.token]))
    client.post(reverse("catalog:waiting_leave", args=[guest.token]))
    return user


def test_no_row_names_a_shopper_by_an_address(buyer):
    words = notified()

    assert f"customer:{buyer.pk}" in words
    assert "shopper" in words
    assert not {word for word in words if "@" in word and not word.startswith("staff:")}


def test_the_back_office_shows_the_address_and_finds_by_it(buyer, admin_client):
    events = reverse("admin:core_event_changelist")
    assert "zenobia@example.org" in admin_client.get(events).content.decode()
    found = admin_client.get(events, {"q": "Zenobia@example.org"}).context["cl"].queryset
    assert {event.actor for event in found} == {f"customer:{buyer.pk}"}
    event = Event.objects.filter(actor=f"customer:{buyer.pk}").first()
    assert event is not None
    page = admin_client.get(reverse("admin:core_event_change", args=[event.pk])).content.decode()
    assert "zenobia@example.org" in page

    session = CheckoutSession.objects.get()
    timeline = admin_client.get(reverse("admin:orders_checkoutsession_change", args=[session.pk]))
    assert '<span class="bo-note">zenobia@example.org</span>' in timeline.content.decode()


def test_holds_and_their_page_say_who(admin_client):
    user = make_user("zenobia@example.org")
    make_cart(user=user)
    Reservation.objects.update(actor=f"customer:{user.pk}", ended_by=f"customer:{user.pk}")
    reservation = Reservation.objects.get()

    page = admin_client.get(
        reverse("admin:inventory_reservation_change", args=[reservation.pk])
    ).content.decode()
    why = admin_client.get(
        reverse("admin:inventory_stocklevel_why", args=[reservation.level_id])
    ).content.decode()

    assert page.count("zenobia@example.org") == 2
    assert "zenobia@example.org" in why


def test_words_of_an_erased_account_and_of_everybody_else(django_assert_num_queries):
    user = make_user("zenobia@example.org")
    key, gone = f"customer:{user.pk}", "customer:00000000-0000-7000-8000-000000000000"

    with django_assert_num_queries(1):
        names = actors.legible([key, gone, "shopper", "staff:a@percha.test", "customer:?"])
    assert names[key] == "zenobia@example.org"
    assert names["shopper"] == "un comprador"
    assert names["staff:a@percha.test"] == "a@percha.test"
    assert names[gone] == "un cliente cuya cuenta ya no existe"
    assert names["customer:?"] == names[gone]
    with django_assert_num_queries(0):
        actors.legible(["shopper", "job:x"])

    for actor in (key, gone, "shopper", "customer:?"):
        Event.objects.create(subject_type="x.y", subject_id=user.pk, kind="k", actor=actor)
    rows = actors.with_addresses(Event.objects.filter(subject_type="x.y"))
    with django_assert_num_queries(1):
        assert {row.actor: actors.of_row(row) for row in rows} == {
            actor: names[actor] for actor in (key, gone, "shopper", "customer:?")
        }


def test_old_rows_are_named_by_key_and_twice_is_harmless():
    user = make_user("zenobia@example.org")
    make_cart(user=user)
    Reservation.objects.update(actor="shopper:Zenobia@example.org", ended_by="shopper:left@example.org")
    for actor in (
        "shopper:zenobia@example.org",
        "shopper:left@example.org",
        "staff:a@percha.test",
        "shopper",
    ):
        Event.objects.create(subject_type="x.y", subject_id=user.pk, kind="k", actor=actor)
    migration = import_module("orders.migrations.0007_actors_by_key")
    assert {("catalog_accessgrant", "actor"), ("core_event", "actor")} <= set(migration.PLACES)

    for _turn in range(2):
        with connection.schema_editor() as editor:
            migration.name_by_key(apps, editor)

        reservation = Reservation.objects.get()
        assert (reservation.actor, reservation.ended_by) == (f"customer:{user.pk}", "shopper")
        assert not AccessGrant.objects.filter(actor__contains="@").exists()
        assert list(
            Event.objects.filter(subject_type="x.y").order_by("pk").values_list("actor", flat=True)
        ) == [
            f"customer:{user.pk}",
            "shopper",
            "staff:a@percha.test",
            "shopper",
        ]
