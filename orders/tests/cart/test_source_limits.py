"""What one source may reserve, through the shop's own forms and steps: no way around it, and a clear message."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.db import connection
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from catalog.models import Variant
from inventory.models import Reservation
from inventory.reservations import ReservationRefused, cash_vouchers, concentration
from inventory.tests.factories import let_expire, make_drop
from orders.cart import carts, merging
from orders.checkout import sessions
from orders.checkout.issues import Kind, NotReady
from orders.models import Cart, CartLine
from orders.tests.factories import ACTOR, active, make_cart, make_session, make_user, make_variant
from shop.accounts.models import User
from shop.accounts.tests.staff_clients import boss
from shop.core.web import visitors
from tests.support.languages import PageClient

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
DRAWER = {"HX-Request": "true", "HX-Target": "cart-drawer"}


def goods(units: int = 50, **fields: Any) -> Variant:
    """Return a variant of a drop that is open."""
    variant = make_variant(units, **fields)
    make_drop(variant.product, starts_at=timezone.now() - HOUR, ends_at=timezone.now() + HOUR)
    return variant


@contextmanager
def visiting(address: str = "203.0.113.9", user: User | None = None) -> Iterator[None]:
    """Act as a visitor whose request is being answered."""
    request = RequestFactory().get("/", REMOTE_ADDR=address)
    request.user = user or AnonymousUser()
    with visitors.answering(request):
        yield


def press(
    variant: Variant, *, address: str = "203.0.113.9", client: Client | None = None, quantity: int = 1
) -> Any:
    return (client or PageClient("en")).post(
        reverse("orders:cart_add"),
        {"variant": variant.pk, "quantity": quantity},
        headers=DRAWER,
        REMOTE_ADDR=address,
    )


def test_new_cookies_do_not_help_and_the_refusal_leaves_nothing(settings):
    variant = goods()
    answers = [press(variant) for _n in range(12)]
    assert [answer.status_code for answer in answers] == [200] * 5 + [422] * 7
    assert (active(), Cart.objects.count(), CartLine.objects.count()) == (5, 5, 5)
    assert press(variant, address="198.51.100.1").status_code == 200
    notified = answers[-1].content.decode()
    assert "At most 5 units of limited goods are held for one internet connection" in notified
    assert "sign in" in notified
    assert "203.0.113" not in notified


@pytest.mark.parametrize("language", ["es", "pt-br"])
def test_it_is_told_in_the_language_of_the_shopper(language):
    variant = goods()
    for _n in range(5):
        press(variant)
    data = {"variant": variant.pk, "quantity": 1}
    notified = (
        PageClient(language)
        .post(reverse("orders:cart_add"), data, headers=DRAWER, REMOTE_ADDR="203.0.113.9")
        .content.decode()
    )
    assert "limited goods" not in notified
    assert "5 unidades" in notified


def test_every_road_to_more_units_is_limited():
    """A second line, a greater quantity, a reservation that expired, the checkout: all ask."""
    variant, other = goods(), goods()
    for _n in range(4):
        press(variant)
    mine = PageClient("en")
    assert press(variant, client=mine).status_code == 200
    cart = Cart.objects.get(token=mine.cookies[carts.COOKIE].value)
    assert press(other, client=mine).status_code == 422
    more = {"variant": variant.pk, "quantity": 2}
    answer = mine.post(reverse("orders:cart_update"), more, headers=DRAWER, REMOTE_ADDR="203.0.113.9")
    assert answer.status_code == 422
    let_expire(cart_id=cart.pk)
    assert press(variant).status_code == 200  # somebody else behind the same address takes the place
    again = {"variant": variant.pk}
    answer = mine.post(reverse("orders:cart_restore"), again, headers=DRAWER, REMOTE_ADDR="203.0.113.9")
    assert answer.status_code == 422
    with visiting(), pytest.raises(NotReady) as caught:
        sessions.start(cart=cart, user=None, language="es", actor=ACTOR)
    assert [issue.kind for issue in caught.value.issues] == [Kind.SOURCE_LIMIT]
    assert active(expires_at__gt=timezone.now()) == 5


def test_expired_units_cannot_be_taken_by_the_pay_button():
    variant = goods()
    with visiting():
        session = make_session(make_cart((variant, 1)))
        let_expire(cart_id=session.cart_id)
        for _n in range(5):
            make_cart((variant, 1))
        with pytest.raises(NotReady) as caught:
            sessions.freeze_for_payment(session, ACTOR)
    assert [issue.kind for issue in caught.value.issues] == [Kind.SOURCE_LIMIT]


def test_signing_in_makes_a_guests_holds_the_accounts(settings):
    variant = goods()
    with visiting():
        guest = make_cart((variant, 2))
        user = make_user()
        kept = merging.merge(guest=guest, user=user, actor=ACTOR)
        assert set(Reservation.objects.values_list("source_account", flat=True)) == {user.pk}
        # Its clock is an account's now.
        sessions.start(cart=kept, user=user, language="es", actor=ACTOR)
    (reservation,) = Reservation.objects.filter(status="active")
    assert reservation.expires_at > timezone.now() + settings.GUEST_DROP_TTL + timedelta(minutes=2)
    with visiting("198.51.100.1", user), pytest.raises(ReservationRefused) as caught:
        carts.add(cart=kept, variant_id=variant.pk, quantity=4, actor=ACTOR)
    assert caught.value.scope in {"cart", "account"}


def test_taking_out_and_putting_in_again_keeps_the_age_in_the_shop():
    variant = make_variant()
    cart = make_cart((variant, 1))
    before = timezone.now() - timedelta(minutes=50)
    Reservation.objects.update(first_reserved_at=before)
    carts.remove(cart=cart, variant_id=variant.pk, actor=ACTOR)
    carts.add(cart=cart, variant_id=variant.pk, quantity=1, actor=ACTOR)
    assert Reservation.objects.get(status="active").first_reserved_at == before


def test_whose_time_is_over_may_start_to_buy_and_pay_but_not_hold(settings):
    variant = make_variant()
    session = make_session(make_cart((variant, 1)))
    cart = session.cart
    Reservation.objects.update(first_reserved_at=timezone.now() - settings.RESERVATION_MAX_AGE)
    let_expire(cart_id=cart.pk)
    with pytest.raises(ReservationRefused) as caught:
        carts.restore_reservation(cart=cart, variant_id=variant.pk, actor=ACTOR)
    assert caught.value.scope == "age"
    with pytest.raises(NotReady):
        sessions.reserve_again(session, ACTOR)
    sessions.start(cart=cart, user=None, language="es", actor=ACTOR)
    assert Reservation.objects.filter(status="active", expires_at__gt=timezone.now()).count() == 0
    sessions.freeze_for_payment(session, ACTOR)
    assert active(checkout_id=session.pk) == 1


# -- Cash vouchers ----------------------------------------------------------------------------------------------------------


def with_cash_voucher(address: str, variant: Variant, units: int = 1, user: User | None = None) -> bool:
    """Buy up to the choice of a cash voucher; return whether it may be kept."""
    with visiting(address, user):
        session = make_session(make_cart((variant, units), user=user), user=user)
        session = sessions.freeze_for_payment(session, ACTOR)
        wanted = {variant.pk: units}
        has_share_left = cash_vouchers.has_share_left(wanted=wanted, percent=100, checkout_id=session.pk)
        from django.db import transaction

        with transaction.atomic():
            kept = cash_vouchers.take_share(checkout_id=session.pk, wanted=wanted, percent=100)
        assert kept is has_share_left
        return kept


def test_cash_vouchers_of_one_address_and_network_are_few(settings):
    settings.RESERVED_PER_NETWORK = 50
    variant = goods()
    assert [with_cash_voucher("203.0.113.9", variant) for _n in range(3)] == [True, True, False]
    assert [with_cash_voucher(f"203.0.113.{n}", variant) for n in range(20, 23)] == [True, True, False]
    assert with_cash_voucher("198.51.100.1", variant, 2)
    assert not with_cash_voucher("198.51.101.1", variant, 3)


def test_cash_vouchers_of_goods_outside_drops_have_only_their_share():
    variant = make_variant(50)
    assert all(with_cash_voucher("203.0.113.9", variant, 2) for _n in range(3))


def test_cash_vouchers_of_one_mailbox_are_few(settings):
    settings.RESERVED_PER_NETWORK = settings.RESERVED_PER_IP = 50
    variant = goods()
    users = [make_user(f"ana+{n}@example.com") for n in range(3)]
    kept = [with_cash_voucher(f"203.{n}.113.9", variant, user=user) for n, user in enumerate(users)]
    assert kept == [True, True, False]


# -- What the staff sees --------------------------------------------------------------------------------------------


def test_a_source_that_holds_much_of_a_drop_is_shown_to_the_staff(settings):
    page = boss().get(reverse("admin:index"), headers={"accept-language": "en"}).content.decode()
    assert "Held by one source" not in page
    variant = goods(20)
    for _n in range(5):
        press(variant)
    press(variant, address="198.51.100.1")
    most = concentration.found()[0]
    assert (most.scope, most.units, most.of_units, most.carts, most.percent) == ("ip", 5, 20, 5, 25)
    page = boss().get(reverse("admin:index"), headers={"accept-language": "en"}).content.decode()
    assert "one address holds 5 of 20 units left of" in page
    assert "203.0.113" not in page
    settings.RESERVED_ALERT_SHARE = 26
    assert concentration.found() == []


@pytest.mark.parametrize("limits", ["drops", "always"])
@pytest.mark.parametrize("is_in_drop", [True, False])
def test_the_first_line_of_a_new_cart_is_judged_where_limits_hold(settings, limits: str, is_in_drop: bool):
    """It says whose it is and is counted there alone; elsewhere nothing is asked of it."""
    settings.RESERVATION_LIMITS, settings.RESERVED_PER_IP, settings.RESERVED_SHARE_PER_IP = limits, 1, 0
    settings.GUEST_DROP_TTL = timedelta(minutes=5)
    variant = goods() if is_in_drop else make_variant(50)
    is_limited = is_in_drop or limits == "always"
    statuses = [press(variant).status_code for _visitor in range(2)]
    assert statuses == [200, 422 if is_limited else 200]
    for reservation in Reservation.objects.all():
        assert (reservation.source_ip is not None, reservation.source_network is not None) == (
            is_limited,
            is_limited,
        )
        minutes = 5 if is_limited else 15
        assert reservation.expires_at - reservation.created_at == timedelta(minutes=minutes)
    assert Cart.objects.count() == CartLine.objects.count() == statuses.count(200)


def test_the_first_line_of_a_new_cart_is_reserved_no_longer_than_any(settings):
    settings.RESERVATION_MAX_AGE = timedelta(minutes=7)
    press(make_variant(50))
    reservation = Reservation.objects.get()
    assert reservation.expires_at - reservation.created_at == timedelta(minutes=7)


def test_nothing_is_judged_where_no_limit_holds_for_a_new_cart():
    """It would cost the call that every buyer of a drop makes first."""
    judged = {}
    for variant in (make_variant(50), goods()):
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL track_functions = 'pl'")
            press(variant)
            cursor.execute(
                "SELECT coalesce(sum(calls), 0) FROM pg_stat_xact_user_functions WHERE funcname = %s",
                ["inventory_validate_source"],
            )
            (judged[variant.pk],) = cursor.fetchone()
    assert list(judged.values()) == [0, 1]
