"""Active reservations: found, renewed, extended, assigned to a checkout, released, expired."""

from datetime import timedelta
from functools import partial
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone

from inventory import reservations
from inventory.models import Reservation, StockLevel
from inventory.tests.factories import TTL, active_units, let_expire, stocked
from shop.core.ids import uuid7

pytestmark = pytest.mark.django_db
ACTOR = "shopper"


@pytest.fixture
def cart_id() -> UUID:
    return uuid7()


@pytest.fixture
def level() -> StockLevel:
    return stocked(10)


def reservation(level: StockLevel, quantity: int = 1, **values: Any) -> Reservation:
    return reservations.reserve(
        variant_id=level.variant_id, quantity=quantity, ttl=TTL, actor=ACTOR, **values
    )


def reserved(level: StockLevel) -> int:
    level.refresh_from_db()
    assert level.reserved == active_units(level.pk)
    return level.reserved


def test_reserved_sums_up_by_variant_and_names_the_first_end(level, cart_id):
    first = reservation(level, 2, cart_id=cart_id)
    reservation(level, 3, cart_id=cart_id)
    reservation(level, 1, cart_id=uuid7())
    assert reservations.find_active(cart_id=cart_id) == {
        level.variant_id: reservations.ActiveReservation(quantity=5, expires_at=first.expires_at)
    }


def test_reserved_takes_one_query(level, cart_id, django_assert_num_queries):
    reservation(level, cart_id=cart_id)
    reservation(stocked(1), cart_id=cart_id)
    with django_assert_num_queries(1):
        assert len(reservations.find_active(cart_id=cart_id)) == 2


def test_an_expired_reservation_is_not_reserved(level, cart_id):
    let_expire([reservation(level, 2, cart_id=cart_id)])
    assert reservations.find_active(cart_id=cart_id) == {}


def test_both_keys_narrow(level, cart_id):
    checkout_id = uuid7()
    reservation(level, 2, cart_id=cart_id)
    reservations.assign_to_checkout(cart_id=cart_id, checkout_id=checkout_id, actor=ACTOR)
    reservation(level, 1, cart_id=cart_id)
    assert reservations.find_active(cart_id=cart_id)[level.variant_id].quantity == 3
    assert reservations.find_active(cart_id=cart_id, checkout_id=checkout_id)[level.variant_id].quantity == 2
    assert reservations.find_active(cart_id=uuid7(), checkout_id=checkout_id) == {}


@pytest.mark.parametrize(
    "act",
    [
        reservations.find_active,
        partial(reservations.renew, ttl=TTL, actor=ACTOR),
        partial(reservations.release, reason="x", actor=ACTOR),
    ],
)
def test_one_must_say_whose_holds(act):
    with pytest.raises(ValueError, match="whose holds"):
        act()


def test_release_gives_everything_back_once(level, cart_id):
    reservation(level, 2, cart_id=cart_id)
    reservation(level, 3, cart_id=cart_id)
    other = reservation(level, 1, cart_id=uuid7())
    assert reservations.release(cart_id=cart_id, reason="removed", actor=ACTOR) == 5
    assert reserved(level) == 1
    assert reservations.release(cart_id=cart_id, reason="removed", actor=ACTOR) == 0
    assert reserved(level) == 1
    ended = Reservation.objects.exclude(pk=other.pk)
    assert {(row.status, row.end_reason, row.ended_by) for row in ended} == {("released", "removed", ACTOR)}
    assert all(row.ended_at for row in ended)


def test_release_of_one_variant_leaves_the_others(level, cart_id):
    second = stocked(5)
    reservation(level, 2, cart_id=cart_id)
    reservation(second, 2, cart_id=cart_id)
    assert (
        reservations.release(cart_id=cart_id, variant_id=second.variant_id, reason="removed", actor=ACTOR)
        == 2
    )
    assert list(reservations.find_active(cart_id=cart_id)) == [level.variant_id]
    assert (reserved(level), reserved(second)) == (2, 0)


def test_release_of_some_units_shrinks_the_newest_first(level, cart_id):
    old, new = reservation(level, 2, cart_id=cart_id), reservation(level, 3, cart_id=cart_id)
    assert reservations.release(cart_id=cart_id, quantity=4, reason="fewer", actor=ACTOR) == 4
    old.refresh_from_db()
    new.refresh_from_db()
    assert (old.status, old.quantity, new.status, new.quantity) == ("active", 1, "released", 3)
    assert reserved(level) == 1


@pytest.mark.parametrize(("quantity", "freed"), [(0, 0), (5, 5), (9, 5)])
def test_release_frees_no_more_than_is_reserved(level, cart_id, quantity, freed):
    reservation(level, 5, cart_id=cart_id)
    assert reservations.release(cart_id=cart_id, quantity=quantity, reason="x", actor=ACTOR) == freed
    assert reserved(level) == 5 - freed


def test_release_refuses_a_negative_number(level, cart_id):
    reservation(level, 5, cart_id=cart_id)
    with pytest.raises(ValueError, match="negative"):
        reservations.release(cart_id=cart_id, quantity=-1, reason="x", actor=ACTOR)
    assert reserved(level) == 5


def test_renew_moves_the_end_later_never_earlier(level, cart_id):
    before = reservation(level, cart_id=cart_id).expires_at
    result = reservations.renew(cart_id=cart_id, ttl=TTL * 2, actor=ACTOR)
    after = result.renewed[level.variant_id].expires_at
    assert after >= before + TTL
    assert result.expired == []
    again = reservations.renew(cart_id=cart_id, ttl=timedelta(seconds=1), actor=ACTOR)
    assert again.renewed[level.variant_id].expires_at == after


def test_a_reservation_cannot_be_renewed_for_ever(level, cart_id, settings):
    settings.RESERVATION_MAX_AGE = timedelta(minutes=20)
    reserved = reservation(level, cart_id=cart_id)
    reservations.renew(cart_id=cart_id, ttl=timedelta(hours=5), actor=ACTOR)
    reserved.refresh_from_db()
    assert reserved.expires_at == reserved.first_reserved_at + timedelta(minutes=20)
    reservations.renew(cart_id=cart_id, ttl=timedelta(hours=5), max_age=timedelta(hours=1), actor=ACTOR)
    reserved.refresh_from_db()
    assert reserved.expires_at == reserved.first_reserved_at + timedelta(hours=1)


def test_renew_does_not_wake_what_has_expired(level, cart_id):
    let_expire([reservation(level, cart_id=cart_id)])
    second = stocked(1)
    reservation(second, cart_id=cart_id)
    result = reservations.renew(cart_id=cart_id, ttl=TTL, actor=ACTOR)
    assert list(result.renewed) == [second.variant_id]
    assert result.expired == [level.variant_id]
    assert list(reservations.find_active(cart_id=cart_id)) == [second.variant_id]


def test_extend_lasts_as_long_as_the_voucher_and_takes_up_what_still_blocks(level, cart_id):
    checkout_id = uuid7()
    reserved = reservation(level, 2, cart_id=cart_id)
    assert reservations.assign_to_checkout(cart_id=cart_id, checkout_id=checkout_id, actor=ACTOR) == 1
    let_expire([reserved])
    until = timezone.now() + timedelta(days=3)
    found = reservations.extend(checkout_id=checkout_id, until=until, actor=ACTOR)
    assert found == {level.variant_id: reservations.ActiveReservation(2, until)}
    sooner = reservations.extend(checkout_id=checkout_id, until=timezone.now(), actor=ACTOR)
    assert sooner[level.variant_id].expires_at == until


def test_shorten_ends_the_long_holds_of_one_checkout_sooner_and_no_others(level):
    dead, alive = uuid7(), uuid7()
    for checkout_id in (dead, alive):
        reservation(level, checkout_id=checkout_id)
        reservations.extend(checkout_id=checkout_id, until=timezone.now() + timedelta(days=3), actor=ACTOR)
    Reservation.objects.update(purpose=Reservation.Purpose.VOUCHER)

    assert reservations.shorten(checkout_id=dead, ttl=timedelta(minutes=5), actor=ACTOR) == 1

    ended, left = (Reservation.objects.get(checkout_id=checkout_id) for checkout_id in (dead, alive))
    assert ended.expires_at < timezone.now() + timedelta(minutes=6)
    assert left.expires_at > timezone.now() + timedelta(days=2)
    assert (ended.purpose, left.purpose) == ("checkout", "voucher")
    assert reservations.shorten(checkout_id=dead, ttl=timedelta(minutes=9), actor=ACTOR) == 0


def test_extend_does_not_wake_what_was_released(level):
    checkout_id = uuid7()
    let_expire([reservation(level, 2, checkout_id=checkout_id)])
    assert reservations.expire_due() == 1
    until = timezone.now() + timedelta(days=3)
    assert reservations.extend(checkout_id=checkout_id, until=until, actor=ACTOR) == {}
    assert reserved(level) == 0


def test_a_checkout_takes_over_the_reservations_of_its_cart(level, cart_id):
    checkout_id = uuid7()
    mine, other = reservation(level, 2, cart_id=cart_id), reservation(level, 1, cart_id=uuid7())
    assert reservations.assign_to_checkout(cart_id=cart_id, checkout_id=checkout_id, actor=ACTOR) == 1
    assert reservations.assign_to_checkout(cart_id=cart_id, checkout_id=checkout_id, actor=ACTOR) == 0
    mine.refresh_from_db()
    other.refresh_from_db()
    assert (mine.checkout_id, mine.cart_id, mine.purpose) == (checkout_id, cart_id, "checkout")
    assert (other.checkout_id, other.purpose) == (None, "cart")


def test_a_guests_holds_follow_into_the_account(level, cart_id):
    account = uuid7()
    reservation(level, 2, cart_id=cart_id)
    reservation(level, 1, cart_id=account)
    other = reservation(level, 1, cart_id=uuid7())
    assert reservations.transfer(from_cart_id=cart_id, to_cart_id=account, actor=ACTOR) == 1
    assert reservations.transfer(from_cart_id=cart_id, to_cart_id=account, actor=ACTOR) == 0
    assert reservations.find_active(cart_id=account)[level.variant_id].quantity == 3
    assert reservations.find_active(cart_id=cart_id) == {}
    other.refresh_from_db()
    assert other.cart_id not in {cart_id, account}
    assert reserved(level) == 4


def test_expiry_releases_what_has_expired_and_nothing_else(level):
    expired = [reservation(level, 2, cart_id=uuid7()), reservation(stocked(1), 1, cart_id=uuid7())]
    living = reservation(level, 1, cart_id=uuid7())
    let_expire(expired)
    assert reservations.expire_due() == 2
    assert reservations.expire_due() == 0
    living.refresh_from_db()
    assert living.status == "active"
    assert reserved(level) == 1
    assert set(Reservation.objects.filter(status="released").values_list("end_reason", "ended_by")) == {
        ("expired", "job:expire_holds")
    }


def test_expiry_works_through_more_than_one_batch(level):
    let_expire([reservation(level, 1, cart_id=uuid7()) for _n in range(7)])
    assert reservations.expire_due(limit=2) == 7
    assert reserved(level) == 0
