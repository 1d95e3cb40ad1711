"""What one source may reserve of a drop: cart, account, e-mail, address, network; and the age of reservations."""

import hmac
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db.models import F
from django.utils import timezone
from pytest_django.fixtures import Settings

from catalog.models import Product, Variant
from inventory import reservations
from inventory.models import Reservation
from inventory.privacy import _forget_source
from inventory.reservations import InsufficientStock, ReservationRefused, source_limits
from inventory.reservations.source_limits import Terms
from inventory.tests.factories import TTL, LocationFactory, let_expire, make_drop, make_variant, stocked
from shop.core.ids import uuid7
from shop.core.privacy.personal_data import Person
from shop.core.user_input.emails import mailbox

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def terms(address: str = "198.51.100.7", network: str = "", email: str = "", **values: Any) -> Terms:
    return Terms(
        ip=source_limits.key("ip", address),
        network=source_limits.key("network", network or address.rpartition(".")[0]),
        email=source_limits.key("email", mailbox(email)) if email else None,
        **values,
    )


def drop_goods(units: int = 100, *, product: Product | None = None) -> Variant:
    """Return a variant with so many units in a drop that is open."""
    variant = make_variant(**({"product": product} if product else {}))
    if product is None:
        make_drop(variant.product, starts_at=timezone.now() - HOUR, ends_at=timezone.now() + HOUR)
    stocked(units, variant=variant)
    return variant


def reservation(
    variant: Variant, quantity: int = 1, *, by: Any = None, cart_id: UUID | None = None, **values: Any
) -> Reservation:
    return reservations.reserve(
        variant_id=variant.pk,
        quantity=quantity,
        ttl=TTL,
        cart_id=cart_id or uuid7(),
        actor="shopper",
        terms=by or terms(),
        **values,
    )


def refused(act: Any) -> ReservationRefused:
    with pytest.raises(ReservationRefused) as caught:
        act()
    return caught.value


def units_reserved(**fields: Any) -> Any | int:
    return sum(Reservation.objects.filter(status="active", **fields).values_list("quantity", flat=True))


@pytest.fixture(autouse=True)
def figures(settings: Settings) -> None:
    """Shares of many units are a test of their own."""
    settings.RESERVED_SHARE_PER_IP = settings.RESERVED_SHARE_PER_NETWORK = 0


def test_a_thousand_cookies_of_one_address_are_one_source():
    variant = drop_goods(50)
    for _n in range(5):
        reservation(variant)
    error = refused(lambda: reservation(variant))
    assert (error.scope, error.most, error.reserved) == ("ip", 5, 5)
    reservation(variant, by=terms("198.51.100.8"))
    assert units_reserved() == 6


def test_a_network_is_a_source_too(settings):
    variant = drop_goods(50)
    for number in range(settings.RESERVED_PER_NETWORK):
        reservation(variant, by=terms(f"198.51.100.{number}"))
    assert refused(lambda: reservation(variant, by=terms("198.51.100.200"))).scope == "network"
    reservation(variant, by=terms("198.51.101.1"))


def test_a_cart_is_limited_over_all_products_of_the_drop(settings):
    settings.RESERVED_PER_IP = 50
    variant, cart_id = drop_goods(), uuid7()
    other = drop_goods(product=variant.product)
    reservation(variant, 3, cart_id=cart_id)
    assert refused(lambda: reservation(other, 3, cart_id=cart_id, by=terms("203.0.113.1"))).scope == "cart"
    reservation(other, 2, cart_id=cart_id, by=terms("203.0.113.1"))


def test_an_account_is_one_source_from_wherever_it_comes(settings):
    variant, user_id = drop_goods(), uuid7()
    for number in range(settings.RESERVED_PER_ACCOUNT):
        reservation(variant, by=terms(f"203.0.{number}.1"), user_id=user_id)
    assert refused(lambda: reservation(variant, by=terms("192.0.2.1"), user_id=user_id)).scope == "account"


def test_accounts_of_one_mailbox_are_one_source(settings):
    variant = drop_goods()
    for number in range(settings.RESERVED_PER_EMAIL):
        reservation(
            variant, by=terms(f"203.0.{number}.1", email=f"A.na+{number}@googlemail.com"), user_id=uuid7()
        )
    error = refused(
        lambda: reservation(variant, by=terms("192.0.2.1", email="ana+otra@gmail.com"), user_id=uuid7())
    )
    assert error.scope == "email"
    reservation(variant, by=terms("192.0.2.1", email="berta@gmail.com"), user_id=uuid7())


def test_whoever_signed_in_finds_room_where_guests_have_taken_theirs(settings):
    """Of a carrier's address that many share: guests may reserve five, everybody together twice as many."""
    variant = drop_goods()
    for _n in range(settings.RESERVED_PER_IP):
        reservation(variant)
    refused(lambda: reservation(variant))
    for number in range(settings.RESERVED_PER_IP):
        reservation(variant, by=terms(email=f"persona{number}@example.com"), user_id=uuid7())
    error = refused(lambda: reservation(variant, by=terms(email="una.mas@example.com"), user_id=uuid7()))
    assert (error.scope, error.most) == ("ip", 10)


def test_guests_cannot_go_around_it_by_signing_in_again_and_again():
    variant = drop_goods()
    for number in range(2):
        cart_id = uuid7()
        reservation(variant, 5, cart_id=cart_id)
        reservations.recognise(
            cart_id=cart_id, user_id=uuid7(), email=f"{number}@example.com", actor="shopper"
        )
    assert refused(lambda: reservation(variant)).most == 10


def test_of_many_units_a_share_may_be_reserved(settings):
    settings.RESERVED_SHARE_PER_IP, settings.RESERVED_SHARE_PER_NETWORK = 10, 20
    settings.RESERVED_PER_CART = 1000
    variant = drop_goods(100)
    reservation(variant, 10)
    assert refused(lambda: reservation(variant)).most == 10


def test_outside_a_drop_nothing_is_limited_and_nobody_noted(settings):
    variant = make_variant()
    stocked(50, variant=variant)
    assert reservation(variant, 30).expires_at - reservation(variant).first_reserved_at >= TTL - timedelta(
        seconds=1
    )
    assert set(Reservation.objects.values_list(*Reservation.SOURCE)) == {(None, None, None, None)}
    settings.RESERVATION_LIMITS = "always"
    assert refused(lambda: reservation(variant, 6)).scope == "cart"


def test_a_drop_that_is_over_limits_nothing():
    variant = make_variant()
    make_drop(variant.product, starts_at=timezone.now() - 2 * HOUR, ends_at=timezone.now() - HOUR)
    make_drop(variant.product, starts_at=None, ends_at=None, is_active=False)
    stocked(50, variant=variant)
    verdict = source_limits.validate_source(
        variant.pk, 40, terms=terms(), ttl=TTL, cart_id=uuid7(), user_id=None
    )
    assert not verdict.is_limited


def test_jobs_and_staff_are_nobodys_source():
    variant = drop_goods(50)
    reservations.reserve(variant_id=variant.pk, quantity=40, ttl=TTL, cart_id=uuid7(), actor="job:x")
    reservation(variant, 5, by=Terms())


def test_lines_of_one_call_count_together():
    variant = drop_goods()
    other = drop_goods(product=variant.product)
    wanted = {variant.pk: 3, other.pk: 3}
    call: dict[str, Any] = {
        "wanted": wanted,
        "ttl": TTL,
        "cart_id": uuid7(),
        "actor": "shopper",
        "terms": terms(),
    }
    assert refused(lambda: reservations.reserve_many(**call)).scope == "cart"
    assert units_reserved() == 0
    rows = reservations.reserve_many(**(call | {"wanted": {variant.pk: 3, other.pk: 2}}))
    assert {row.source_network for row in Reservation.objects.all()} == {terms().network}
    assert len(rows) == 2


def test_a_line_from_several_places_counts_as_any_other():
    variant = make_variant()
    make_drop(variant.product, starts_at=None, ends_at=None)
    for units in (2, 2, 4):
        stocked(units, variant=variant, location=LocationFactory.create())
    reservation(variant, 5)
    assert units_reserved(source_network=terms().network) == 5
    refused(lambda: reservation(variant, 3))
    with pytest.raises(InsufficientStock):
        reservation(variant, 4, by=terms("203.0.113.5"))


def test_the_source_is_forgotten_when_the_reservation_ends():
    variant = drop_goods()
    carts = [uuid7() for _n in range(4)]
    for cart_id in carts:
        reservation(variant, cart_id=cart_id)
    reservations.release(cart_id=carts[0], reason="removed", actor="shopper")
    reservations.release(cart_id=carts[1], quantity=1, reason="fewer", actor="shopper")
    let_expire(cart_id=carts[2])
    reservations.expire_due()
    ended = Reservation.objects.exclude(status="active")
    assert set(ended.values_list(*Reservation.SOURCE)) == {(None, None, None, None)}
    assert ended.count() == 3
    for _n in range(4):
        reservation(variant)


def test_an_erasure_forgets_the_source_at_once():
    variant, user_id = drop_goods(), uuid7()
    reservation(variant, by=terms(email="ana+1@example.com"), user_id=user_id)
    reservation(variant, by=terms("203.0.113.1", email="berta@example.com"), user_id=uuid7())
    _forget_source(Person(frozenset({"ana@example.com"})))
    assert Reservation.objects.filter(source_network__isnull=True).count() == 1
    assert Reservation.objects.filter(source_account__isnull=True).count() == 1


def test_an_expired_reservation_counts_no_more():
    variant = drop_goods()
    for _n in range(5):
        reservation(variant)
    let_expire()
    reservation(variant)


# -- Clocks ---------------------------------------------------------------------------------------------------------


def test_a_guest_holds_shorter_in_a_drop(settings):
    variant = drop_goods()
    row = reservation(variant)
    row.refresh_from_db()
    assert row.expires_at - row.first_reserved_at == settings.GUEST_DROP_TTL < TTL
    known = reservation(variant, by=terms(email="ana@example.com"), user_id=uuid7())
    known.refresh_from_db()
    assert known.expires_at - known.first_reserved_at == TTL


def test_a_guest_cannot_renew_for_ever(settings):
    cart_id = uuid7()
    reservation(drop_goods(), cart_id=cart_id)
    Reservation.objects.update(
        first_reserved_at=timezone.now() - settings.GUEST_DROP_MAX_AGE + timedelta(minutes=12)
    )
    renewed = reservations.renew(cart_id=cart_id, ttl=TTL, actor="shopper").renewed
    (end,) = {reserved.expires_at for reserved in renewed.values()}
    assert end <= timezone.now() + timedelta(minutes=12)


def age(cart_id: UUID, minutes: int) -> None:
    Reservation.objects.filter(cart_id=cart_id).update(
        first_reserved_at=F("first_reserved_at") - timedelta(minutes=minutes)
    )


@pytest.mark.parametrize("in_a_drop", [False, True])
def test_taking_out_and_adding_again_does_not_make_a_reservation_young(in_a_drop, settings):
    settings.GUEST_DROP_MAX_AGE = settings.RESERVATION_MAX_AGE = HOUR
    variant = drop_goods() if in_a_drop else stocked(50).variant
    cart_id = uuid7()
    reservation(variant, cart_id=cart_id)
    age(cart_id, 55)
    before = Reservation.objects.get(cart_id=cart_id).first_reserved_at
    for _n in range(3):
        reservations.release(cart_id=cart_id, reason="removed", actor="shopper")
        row = reservation(variant, cart_id=cart_id)
        assert row.first_reserved_at == before
        assert row.expires_at == before + HOUR
        row.refresh_from_db()
        assert (row.first_reserved_at, row.expires_at) == (before, before + HOUR)


def test_a_second_unit_is_as_old_as_the_first():
    variant, cart_id = stocked(50).variant, uuid7()
    reservation(variant, cart_id=cart_id)
    age(cart_id, 55)
    assert reservation(variant, cart_id=cart_id).expires_at <= timezone.now() + timedelta(minutes=5)


def test_who_has_reserved_it_long_enough_pauses_and_may_still_pay(settings):
    variant, cart_id = stocked(50).variant, uuid7()
    reservation(variant, cart_id=cart_id)
    age(cart_id, 61)
    reservations.release(cart_id=cart_id, reason="removed", actor="shopper")
    error = refused(lambda: reservation(variant, cart_id=cart_id))
    assert error.scope == "age"
    pause_over = Reservation.objects.get().ended_at + settings.RESERVATION_PAUSE
    assert error.again_at == pause_over
    reservation(variant)  # another cart
    paid = reservation(variant, cart_id=cart_id, by=terms(for_payment=True))
    assert paid.first_reserved_at < timezone.now() - HOUR, "its age goes on"


def test_after_the_pause_an_age_begins_anew(settings):
    variant, cart_id = stocked(50).variant, uuid7()
    reservation(variant, cart_id=cart_id)
    age(cart_id, 61)
    reservations.release(cart_id=cart_id, reason="removed", actor="shopper")
    Reservation.objects.update(ended_at=timezone.now() - settings.RESERVATION_PAUSE)
    assert reservation(variant, cart_id=cart_id).first_reserved_at > timezone.now() - timedelta(minutes=1)


def test_the_pause_began_when_the_reservation_expired_not_when_it_was_swept(settings):
    variant, cart_id = stocked(50).variant, uuid7()
    reservation(variant, cart_id=cart_id)
    age(cart_id, 90)
    Reservation.objects.update(expires_at=timezone.now() - settings.RESERVATION_PAUSE)
    reservations.release(cart_id=cart_id, reason="lapsed", actor="shopper")
    reservation(variant, cart_id=cart_id)


def test_variations_of_an_address_are_one_mailbox():
    same = ["ana.lia@gmail.com", "ANALIA+x@googlemail.com", " a.n.a.l.i.a@gmail.com"]
    assert {mailbox(email) for email in same} == {"analia@gmail.com"}
    assert mailbox("ana.lia+drop@example.com") == "ana.lia@example.com"
    assert mailbox("+@example.com") == "+@example.com"


def test_the_keys_say_nothing_without_the_servers_secret(settings):
    before = source_limits.key("ip", "198.51.100.7")
    settings.SECRET_KEY = "another-secret-" + "x" * 50
    assert source_limits.key("ip", "198.51.100.7") != before != source_limits.key("network", "198.51.100.7")


def test_keys_are_the_same_from_one_release_to_the_next(settings):
    """Rows of reservations that run have them: another digest would forget what their sources hold."""
    digest = hmac.digest(settings.SECRET_KEY.encode(), b"hold-source:ip:198.51.100.7", "sha256")
    assert source_limits.key("ip", "198.51.100.7") == int.from_bytes(digest[:8], "big", signed=True)
