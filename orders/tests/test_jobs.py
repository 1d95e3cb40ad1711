"""The orders' jobs: each runs by hand, twice without harm, and leaves a row that records its result."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.management import call_command
from django.utils import timezone

from orders import retention
from orders.checkout import sessions
from orders.models import AddressSnapshot, Cart, CartLine, CheckoutSession
from orders.tests.factories import (
    ACTOR,
    active,
    make_awaiting,
    make_cart,
    make_contact,
    make_order,
    make_session,
    make_user,
)
from shop.core.jobs import registry
from shop.core.models import JobRun

pytestmark = pytest.mark.django_db


def age(model: Any, days: int, **fields: Any) -> None:
    model.objects.filter(**fields).update(updated_at=timezone.now() - timedelta(days=days))


def test_the_jobs_are_known_and_prove_that_they_ran(capsys):
    assert {"expire_checkouts", "purge_old_carts"} <= set(registry())
    session = make_awaiting()
    CheckoutSession.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    for _turn in range(2):
        call_command("expire_checkouts")
        call_command("purge_old_carts")
    assert capsys.readouterr().out.startswith("expired 1\n")
    assert JobRun.objects.filter(job="expire_checkouts", is_ok=True).count() == 2
    session.refresh_from_db()
    assert session.status == CheckoutSession.Status.EXPIRED


def test_old_guests_carts_go_and_release_their_holds():
    old, fresh, empty, mine, paying = (
        make_cart(),
        make_cart(),
        Cart.objects.create(),
        make_cart(user=make_user()),
        None,
    )
    paying = make_awaiting().cart
    age(Cart, 61)
    age(CartLine, 61)
    Cart.objects.filter(pk=fresh.pk).update(updated_at=timezone.now())
    assert retention.purge_old_carts() == 2
    assert set(Cart.objects.values_list("pk", flat=True)) == {fresh.pk, mine.pk, paying.pk}
    assert active(cart_id=old.pk) == 0
    assert not Cart.objects.filter(pk=empty.pk).exists()
    assert retention.purge_old_carts() == 0


def test_a_cart_whose_lines_changed_lately_stays():
    make_cart()
    age(Cart, 61)
    assert retention.purge_old_carts() == 0


def test_ended_sessions_go_after_their_time_but_never_one_with_an_order():
    order, ended = make_order(), make_session()
    sessions.cancel(ended, ACTOR)
    assert retention.purge_old_sessions() == 0
    age(CheckoutSession, 91)
    assert retention.purge_old_sessions() == 1
    assert CheckoutSession.objects.get().pk == order.checkout_id


def test_corrected_addresses_go():
    session = make_session()
    first = session.shipping_address_id
    other = sessions.AddressData(
        recipient="A", street="B", city="C", state="Salta", postal_code="4400", country="AR"
    )
    session = sessions.set_contact(session, contact=make_contact(shipping=other), actor=ACTOR)
    AddressSnapshot.objects.update(created_at=timezone.now() - timedelta(days=2))
    assert retention.purge_addresses() == 1
    assert not AddressSnapshot.objects.filter(pk=first).exists()
    assert AddressSnapshot.objects.get().pk == session.shipping_address_id
