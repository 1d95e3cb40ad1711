"""Waiting lists from asking to the cart: confirmed twice, served in order, claimed once."""

from datetime import timedelta
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from catalog import waiting
from catalog.models import Collection, Variant, WaitingEntry
from inventory import reservations
from inventory.ledger import history
from inventory.models import Reservation
from inventory.reservations import waiting_list
from inventory.tests.factories import let_expire, make_drop, stocked
from orders.cart import carts, offered_units
from orders.models import Cart, CartLine
from orders.tests.factories import ACTOR, make_cart, make_user, make_variant, warehouse
from shop.core.mail.outbox import as_sent
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db
Status = WaitingEntry.Status


def sold_out() -> Variant:
    return make_variant(units=0)


def in_line(variant: Variant, *names: Any) -> None:
    """Put people on the list in this order."""
    for number, name in enumerate(names):
        WaitingEntry.objects.create(
            variant=variant,
            email=f"{name}@example.com",
            status=Status.CONFIRMED,
            confirmed_at=timezone.now() - timedelta(hours=1) + timedelta(minutes=number),
            expires_at=timezone.now() + timedelta(days=9),
        )


def comes_back(variant: Variant, units: int = 1) -> None:
    stocked(units, variant=variant, location=warehouse())


def notified() -> list[Any]:
    return list(
        WaitingEntry.objects.filter(status=Status.NOTIFIED)
        .order_by("confirmed_at")
        .values_list("email", flat=True)
    )


def ask(client: Client, email: str = "ana@example.com", **what: Any) -> Any:
    return client.post(reverse("catalog:waiting_join"), {"email": email, **what})


# -- Asking -----------------------------------------------------------------------------------------------------------


def test_asking_mails_a_link_and_only_the_button_behind_it_confirms(client):
    variant = sold_out()
    assert ask(client, "Ana@Example.com", variant=variant.pk).url == reverse("catalog:waiting_sent")
    entry = WaitingEntry.objects.get()
    mail = EmailLog.objects.get()
    assert mail.to == "ana@example.com"
    assert entry.get_absolute_url() in as_sent(mail).text
    assert client.get(entry.get_absolute_url()).status_code == 200
    entry.refresh_from_db()
    assert entry.status == Status.PENDING, "a mail scanner that opens links confirms nothing"
    client.post(reverse("catalog:waiting_confirm", args=[entry.token]))
    entry.refresh_from_db()
    assert entry.status == Status.CONFIRMED
    assert waiting.place_in_line(entry) == 1
    client.post(reverse("catalog:waiting_leave", args=[entry.token]))
    entry.refresh_from_db()
    assert entry.status == Status.CANCELLED


def test_every_address_gets_the_same_answer_and_one_mail(client):
    variant = sold_out()
    in_line(variant, "ana")
    answers = {
        (answer.status_code, answer.url)
        for answer in [
            ask(client, "ana@example.com", variant=variant.pk),
            ask(client, "beto@example.com", variant=variant.pk),
            ask(client, "beto@example.com", variant=variant.pk),
        ]
    }
    assert answers == {(302, reverse("catalog:waiting_sent"))}
    assert list(EmailLog.objects.values_list("to", flat=True)) == ["beto@example.com"]
    assert WaitingEntry.objects.count() == 2


def test_one_mailbox_has_one_place_however_its_address_is_varied(client):
    variant = sold_out()
    ask(client, "ana.li+1@gmail.com", variant=variant.pk)
    first = WaitingEntry.objects.get()
    waiting.confirm(first, actor=ACTOR)
    EmailLog.objects.all().delete()

    for again in ("ana.li+2@gmail.com", "analia@example.com", "anali@googlemail.com", "ana.li+2@gmail.com"):
        assert ask(client, again, variant=variant.pk).url == reverse("catalog:waiting_sent")

    assert set(WaitingEntry.objects.values_list("email", flat=True)) == {
        "ana.li+1@gmail.com",
        "analia@example.com",
    }
    notified = {(mail.to, mail.kind): as_sent(mail).text for mail in EmailLog.objects.all()}
    assert set(notified) == {
        ("ana.li+2@gmail.com", "waiting_once"),
        ("analia@example.com", "waiting_confirm"),
        ("anali@googlemail.com", "waiting_once"),
    }
    assert not [text for text in notified.values() if "+1" in text or first.token in text], (
        "it names no other address"
    )
    other = sold_out()
    ask(client, "ana.li+2@gmail.com", variant=other.pk)
    assert WaitingEntry.objects.filter(variant=other).exists(), "another line is another place"


def test_an_account_takes_over_what_its_mailbox_asked_for_and_nobody_confirmed(client):
    user, variant = make_user("dora@example.com"), sold_out()
    ask(client, "dora+x@example.com", variant=variant.pk)
    client.force_login(user)
    ask(client, "dora@example.com", variant=variant.pk)

    entry = WaitingEntry.objects.get()
    assert (entry.email, entry.user, entry.status) == ("dora@example.com", user, Status.CONFIRMED)


def test_the_database_keeps_one_place_for_a_mailbox_and_lets_older_entries_be():
    variant = sold_out()
    fields = {"variant": variant, "expires_at": timezone.now() + timedelta(days=1)}
    for number in range(2):
        WaitingEntry.objects.create(email=f"ana+{number}@example.com", **fields)
    WaitingEntry.objects.create(email="ana+3@example.com", mailbox="ana@example.com", **fields)
    with pytest.raises(IntegrityError), transaction.atomic():
        WaitingEntry.objects.create(email="ana+4@example.com", mailbox="ana@example.com", **fields)

    waiting.join(email="ana+5@example.com", variant=variant, language="es", actor=ACTOR)
    assert WaitingEntry.objects.count() == 3
    WaitingEntry.objects.filter(mailbox="ana@example.com").update(status=Status.CANCELLED)
    waiting.join(email="ana+5@example.com", variant=variant, language="es", actor=ACTOR)
    assert WaitingEntry.objects.count() == 4, "who left may come again"


def test_entries_from_before_mailboxes_were_kept_get_theirs_and_lose_no_place():
    fill = import_module("catalog.migrations.0007_waiting_by_mailbox").fill
    variant = sold_out()
    in_line(variant, "ana+1", "ana+2", "bea")
    later = timezone.now() + timedelta(days=1)
    WaitingEntry.objects.create(variant=variant, email="ana+0@example.com", expires_at=later)
    WaitingEntry.objects.create(variant=sold_out(), email="ana+2@example.com", expires_at=later)

    for _twice in range(2):
        fill(apps, SimpleNamespace(connection=connection))

    kept = dict(WaitingEntry.objects.filter(variant=variant).values_list("email", "mailbox"))
    assert kept == {
        "ana+1@example.com": "ana@example.com",
        "ana+2@example.com": "",
        "bea@example.com": "bea@example.com",
        "ana+0@example.com": "",
    }
    assert (
        WaitingEntry.objects.get(email="ana+2@example.com", status=Status.PENDING).mailbox
        == "ana@example.com"
    )
    assert waiting.line(variant.pk).count() == 3


def test_one_address_is_not_flooded_and_one_visitor_does_not_flood(client):
    for turn in range(8):
        waiting.join(email=f"ana+{turn}@example.com", variant=sold_out(), language="es", actor=ACTOR)
    assert EmailLog.objects.count() == waiting.CONFIRMATIONS_A_DAY
    EmailLog.objects.all().delete()
    variant = sold_out()
    for number in range(15):
        ask(client, f"p{number}@example.com", variant=variant.pk)
    assert EmailLog.objects.count() == 10


def test_an_account_that_gives_its_own_address_is_in_the_line_at_once(client):
    user, variant = make_user("dora@example.com"), sold_out()
    client.force_login(user)
    ask(client, "dora@example.com", variant=variant.pk)
    ask(client, "another@example.com", variant=variant.pk)
    states = dict(WaitingEntry.objects.values_list("email", "status"))
    assert states == {"dora@example.com": Status.CONFIRMED, "another@example.com": Status.PENDING}


@pytest.mark.parametrize("what", [{}, {"variant": "x"}, {"variant": "0191f2a0-0000-7000-8000-000000000000"}])
def test_nonsense_is_refused_politely(client, what):
    assert ask(client, **what).status_code == 302
    assert not WaitingEntry.objects.exists()
    assert client.get(reverse("catalog:waiting", args=["x" * 20])).status_code == 404


# -- Being served -----------------------------------------------------------------------------------------------------


def test_as_many_are_told_as_units_came_back_in_their_order():
    variant = sold_out()
    in_line(variant, "ana", "beto", "caro")
    assert waiting_list.serve() == 0
    comes_back(variant, 2)
    assert waiting_list.serve() == 2
    assert waiting_list.serve() == 0
    assert notified() == ["ana@example.com", "beto@example.com"]
    assert EmailLog.objects.filter(kind="back_in_stock").count() == 2
    with pytest.raises(carts.InsufficientStock):
        make_cart((variant, 1))  # the unit stays reserved


def test_what_nobody_takes_goes_to_the_next_in_line():
    variant = sold_out()
    in_line(variant, "ana", "beto")
    comes_back(variant)
    waiting_list.serve()
    let_expire(variant=variant)
    reservations.expire_due()
    waiting_list.serve()
    assert notified() == ["ana@example.com", "beto@example.com"]


def test_nobody_is_told_of_what_cannot_be_bought():
    variant = sold_out()
    in_line(variant, "ana")
    now = timezone.now()
    make_drop(variant.product, starts_at=now - timedelta(hours=2), ends_at=now - timedelta(hours=1))
    comes_back(variant)
    assert waiting_list.serve() == 0
    assert not EmailLog.objects.exists()


def test_the_mail_says_until_when_and_the_link_puts_it_into_the_cart(client):
    variant = sold_out()
    in_line(variant, "ana")
    comes_back(variant)
    waiting_list.serve()
    entry = WaitingEntry.objects.get()
    page = reverse("orders:offer", args=[entry.token])
    assert page in as_sent(EmailLog.objects.get()).text
    before = Reservation.objects.get().expires_at
    ((_reservation, person),) = history.owners(Reservation.objects.all())
    assert person.words == "ana@example.com", "why is it held?"
    assert client.get(page).status_code == 200
    assert client.post(reverse("orders:offer_claim", args=[entry.token])).url == reverse("orders:cart")
    line = CartLine.objects.get()
    reservation = Reservation.objects.get(status="active")
    ((_reservation, buyer),) = history.owners([reservation])
    assert f"cart/{line.cart_id}" in buyer.url
    assert (reservation.cart_id, reservation.quantity, reservation.expires_at) == (line.cart_id, 1, before)
    client.post(reverse("orders:offer_claim", args=[entry.token]))
    assert CartLine.objects.get().quantity == 1, "claimed once"
    assert b"/carrito/" in client.get(page).content


def test_an_offer_declined_goes_to_the_next_and_cannot_be_taken_any_more(client):
    variant = sold_out()
    in_line(variant, "ana", "beto")
    comes_back(variant)
    waiting_list.serve()
    entry = WaitingEntry.objects.get(status=Status.NOTIFIED)
    client.post(reverse("orders:offer_decline", args=[entry.token]))
    waiting_list.serve()
    assert notified() == ["beto@example.com"]
    with pytest.raises(offered_units.OfferOver):
        offered_units.claim(entry, cart=Cart.objects.create(), actor=ACTOR)


def test_an_offer_that_expired_says_so(client):
    variant = sold_out()
    in_line(variant, "ana")
    comes_back(variant)
    waiting_list.serve()
    entry = WaitingEntry.objects.get()
    let_expire(variant=variant)
    client.post(reverse("orders:offer_claim", args=[entry.token]))
    assert not CartLine.objects.exists()
    assert client.get(reverse("orders:offer", args=[entry.token])).status_code == 200


# -- Reminders and forgetting -----------------------------------------------------------------------------------------


def upcoming(minutes: int) -> Collection:
    variant = make_variant()
    now = timezone.now()
    return make_drop(
        variant.product, starts_at=now + timedelta(minutes=minutes), ends_at=now + timedelta(days=1)
    )


def test_a_reminder_goes_out_half_an_hour_before_and_once():
    drop = upcoming(45)
    waiting.join(email="ana@example.com", collection=drop, language="es", actor=ACTOR)
    waiting.confirm(WaitingEntry.objects.get(), actor=ACTOR)
    assert waiting.remind_due() == 0
    type(drop).objects.filter(pk=drop.pk).update(starts_at=timezone.now() + timedelta(minutes=20))
    drop.refresh_from_db()
    assert waiting.remind_due() == 1
    waiting.join(email="ana@example.com", collection=drop, language="es", actor=ACTOR)
    waiting.confirm(WaitingEntry.objects.get(status=Status.PENDING), actor=ACTOR)
    waiting.remind_due()
    assert EmailLog.objects.filter(kind="drop_reminder").count() == 1, "one mail per person and opening"


def test_nobody_is_reminded_of_what_is_open_already():
    drop = upcoming(-5)
    with pytest.raises(waiting.NothingToWaitFor):
        waiting.join(email="ana@example.com", collection=drop, language="es", actor=ACTOR)


def test_what_is_old_is_ended_and_forgotten():
    variant = sold_out()
    waiting.join(email="ana@example.com", variant=variant, language="es", actor=ACTOR)
    WaitingEntry.objects.update(expires_at=Now() - timedelta(seconds=1))
    assert not waiting.confirm(WaitingEntry.objects.get(), actor=ACTOR)
    in_line(variant, "beto")
    assert waiting.expire_due() == 1
    assert waiting.purge() == 1, "nobody confirmed: nothing is kept"
    assert waiting.leave(WaitingEntry.objects.get(), actor=ACTOR)
    assert waiting.purge() == 0
    WaitingEntry.objects.update(updated_at=Now() - timedelta(days=31))
    assert waiting.purge() == 1
    assert Variant.objects.filter(pk=variant.pk).exists()


def test_whoever_confirmed_waits_half_a_year():
    waiting.join(email="ana@example.com", variant=sold_out(), language="es", actor=ACTOR)
    entry = WaitingEntry.objects.get()
    assert waiting.confirm(entry, actor=ACTOR)
    entry.refresh_from_db()
    assert entry.expires_at > timezone.now() + timedelta(days=150)
    assert waiting.expire_due() == 0


def test_one_waits_for_a_variant_or_for_a_drop():
    drop, variant = upcoming(45), sold_out()
    both: dict[str, Any] = {"variant": variant, "collection": drop}
    for what in ({}, both):
        with pytest.raises(ValueError, match="a variant or for a drop"):
            waiting.join(email="ana@example.com", language="es", actor=ACTOR, **what)


def test_of_two_who_confirmed_at_one_instant_the_first_to_ask_is_reminded_first():
    drop = upcoming(20)
    for name in ("first", "second"):
        WaitingEntry.objects.create(
            collection=drop,
            email=f"{name}@example.com",
            status=Status.CONFIRMED,
            confirmed_at=drop.created_at,
            expires_at=timezone.now() + timedelta(days=9),
        )
    assert waiting.remind_due(limit=1) == 1
    assert EmailLog.objects.get().to == "first@example.com"
