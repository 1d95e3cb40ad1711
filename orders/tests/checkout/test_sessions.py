"""Checkout sessions: frozen, recomputed, refused with a message, paid, reopened, expired."""

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from catalog.models import Variant
from inventory.checks import runner
from inventory.models import Reservation
from inventory.reservations import InsufficientStock, Shortage
from orders.cart import carts
from orders.checkout import reservations, sessions
from orders.checkout.issues import Kind
from orders.checkout.sessions import NotReady, RateNotOffered
from orders.models import AddressSnapshot, Cart, CheckoutSession, ShippingRate
from orders.tests.factories import (
    ACTOR,
    ADDRESS,
    ShippingMethodFactory,
    ShippingRateFactory,
    active,
    expire_cart,
    make_awaiting,
    make_cart,
    make_contact,
    make_session,
    make_user,
    make_variant,
)
from shop.accounts.models import Address, User
from shop.core.models import Event
from shop.core.states import IllegalTransition
from tests.races.tools.concurrency import surprises, together

pytestmark = pytest.mark.django_db
Status = CheckoutSession.Status


def start(cart: Cart, user: User | None = None) -> CheckoutSession:
    return sessions.start(cart=cart, user=user, language="es", actor=ACTOR)


def kinds(found: Any) -> set[Any]:
    return {issue.kind for issue in found}


def refused(session: CheckoutSession) -> Any:
    with pytest.raises(NotReady) as error:
        sessions.freeze_for_payment(session, ACTOR)
    return kinds(error.value.issues)


def end(session: CheckoutSession) -> None:
    CheckoutSession.objects.filter(pk=session.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    session.refresh_from_db()


def test_starting_freezes_lines_and_prices():
    cart = make_cart((make_variant(price="1000.00"), 2), (make_variant(price="99.90"), 1))
    session = start(cart)
    assert (session.subtotal, session.total, session.status) == (
        Decimal("2099.90"),
        Decimal("2099.90"),
        Status.OPEN,
    )
    assert [line.quantity for line in session.lines.all()] == [2, 1]
    assert len(session.token) == 32


def test_of_many_that_are_over_the_oldest_expire_first():
    older, newer = make_awaiting(), make_awaiting()
    for hours, session in ((1, newer), (9, older)):
        CheckoutSession.objects.filter(pk=session.pk).update(
            expires_at=timezone.now() - timedelta(hours=hours)
        )
    assert sessions.expire_due(limit=1) == 1
    older.refresh_from_db()
    newer.refresh_from_db()
    assert (older.status, newer.status) == (Status.EXPIRED, Status.AWAITING_PAYMENT)


def test_starting_twice_is_one_session_that_keeps_what_was_typed():
    session = make_session()
    again = start(session.cart)
    assert (again.pk, again.email, again.shipping_total) == (
        session.pk,
        "ana@example.com",
        Decimal("6500.00"),
    )


def test_starting_refuses_an_empty_or_impossible_cart():
    with pytest.raises(NotReady) as error:
        start(Cart.objects.create())
    assert kinds(error.value.issues) == {Kind.EMPTY}
    variant = make_variant(units=1)
    cart = make_cart((variant, 1))
    expire_cart(cart)
    make_cart((variant, 1))
    with pytest.raises(NotReady) as error:
        start(cart)
    assert kinds(error.value.issues) == {Kind.SOLD_OUT}
    assert not CheckoutSession.objects.exists()


def test_starting_takes_expired_reservations_anew():
    cart = make_cart()
    expire_cart(cart)
    start(cart)
    assert active(cart_id=cart.pk) == 1
    assert Reservation.objects.get(status="active").expires_at > timezone.now()


def test_with_reserve_on_checkout_starting_holds(settings):
    settings.RESERVE_ON = "checkout"
    cart = make_cart((make_variant(), 2))
    assert active() == 0
    start(cart)
    assert active(cart_id=cart.pk, purpose="checkout") == 2


def test_the_way_to_payment():
    session = make_session()
    frozen = sessions.freeze_for_payment(session, ACTOR)
    assert frozen.total == frozen.subtotal + Decimal("6500.00")
    assert active(checkout_id=session.pk) == 1
    assert sessions.freeze_for_payment(frozen, ACTOR).pk == session.pk


def test_each_missing_step_is_named():
    session = start(make_cart())
    assert refused(session) == {Kind.CONTACT_MISSING}
    session = sessions.set_contact(session, contact=make_contact(), actor=ACTOR)
    assert refused(session) == {Kind.SHIPPING_MISSING}
    with pytest.raises(NotReady) as error:
        sessions.set_shipping(
            session, rate_id=ShippingRateFactory.create().pk, accepts_terms=False, actor=ACTOR
        )
    assert kinds(error.value.issues) == {Kind.TERMS_MISSING}
    assert refused(session) == {Kind.SHIPPING_MISSING}


def test_a_changed_price_is_refused_once_and_then_shown():
    session = make_session(make_cart((make_variant(price="1000.00"), 1)))
    Variant.objects.update(price="1200.00")
    assert refused(session) == {Kind.PRICE_CHANGED}
    session.refresh_from_db()
    assert (session.subtotal, session.total) == (Decimal("1200.00"), Decimal("7700.00"))
    assert sessions.freeze_for_payment(session, ACTOR).total == Decimal("7700.00")


def test_a_cart_changed_in_another_tab_is_refused_once_and_then_shown():
    session, other = make_session(), make_variant(price="500.00")
    carts.add(cart=session.cart, variant_id=other.pk, quantity=2, actor=ACTOR)
    assert refused(session) == {Kind.CART_CHANGED}
    assert session.lines.count() == 2
    frozen = sessions.freeze_for_payment(session, ACTOR)
    assert active(checkout_id=frozen.pk) == 3


def test_an_emptied_cart_cannot_be_paid():
    session = make_session()
    carts.remove(cart=session.cart, variant_id=session.lines.get().variant_id, actor=ACTOR)
    assert Kind.EMPTY in refused(session)


def test_an_expired_reservation_is_told_and_taken_again_while_there_is_stock():
    session = make_session()
    expire_cart(session.cart)
    assert kinds(sessions.revalidate(session)) == {Kind.RESERVATION_EXPIRED}
    sessions.freeze_for_payment(session, ACTOR)
    assert active(checkout_id=session.pk) == 1


def test_an_expired_reservation_whose_units_are_gone_is_refused():
    variant = make_variant(units=1)
    session = make_session(make_cart((variant, 1)))
    expire_cart(session.cart)
    make_cart((variant, 1))
    assert refused(session) == {Kind.SOLD_OUT}
    with pytest.raises(NotReady):
        sessions.reserve_again(session, ACTOR)
    session.refresh_from_db()
    assert session.status == Status.OPEN
    assert session.lines.count() == 1


def test_units_that_go_between_the_look_and_the_reservation_are_told_by_name(monkeypatch):
    variant = make_variant(units=5)
    session = make_session(make_cart((variant, 3)))

    def taken(**_wanted: Any) -> None:
        raise InsufficientStock([Shortage(variant.pk, 3, 2)])

    monkeypatch.setattr(reservations, "reserve_exactly", taken)
    with pytest.raises(NotReady) as error:
        sessions.reserve_again(session, ACTOR)
    (issue,) = error.value.issues
    assert (issue.kind, issue.variant_id) == (Kind.SHORT, variant.pk)
    assert variant.product.name in str(issue.message)
    assert refused(session) == {Kind.SHORT}


def test_hold_again_restarts_the_clock():
    session = make_session()
    expire_cart(session.cart)
    sessions.reserve_again(session, ACTOR)
    assert sessions.revalidate(session) == []


def test_a_rate_that_is_no_longer_offered_is_told():
    session = make_session()
    ShippingRate.objects.update(is_active=False)
    assert refused(session) == {Kind.SHIPPING_CHANGED}
    session.refresh_from_db()
    assert (session.shipping_rate_id, session.shipping_total, session.total) == (None, 0, session.subtotal)
    with pytest.raises(RateNotOffered):
        sessions.set_shipping(session, rate_id=ShippingRate.objects.get().pk, accepts_terms=True, actor=ACTOR)


def test_another_address_keeps_or_drops_the_rate():
    session = make_session()
    ShippingRate.objects.update(states=["Córdoba"])
    moved = make_contact(shipping=sessions.AddressData(**{**_address(), "state": "Córdoba"}))
    session = sessions.set_contact(session, contact=moved, actor=ACTOR)
    assert session.shipping_rate_id is not None
    session = sessions.set_contact(session, contact=make_contact(), actor=ACTOR)
    assert session.shipping_rate_id is None


def _address() -> dict[Any, Any]:
    return {name: getattr(ADDRESS, name) for name in ADDRESS.__slots__}


def test_pickup_needs_no_address():
    rate = ShippingRateFactory.create(method=ShippingMethodFactory.create(kind="pickup"), price=0)
    session = sessions.set_contact(start(make_cart()), contact=make_contact(shipping=None), actor=ACTOR)
    session = sessions.set_shipping(session, rate_id=rate.pk, accepts_terms=True, actor=ACTOR)
    frozen = sessions.freeze_for_payment(session, ACTOR)
    assert (frozen.shipping_address_id, frozen.shipping_total) == (None, 0)


def test_address_snapshots_are_never_rewritten():
    session = make_session()
    first = session.shipping_address_id
    session = sessions.set_contact(session, contact=make_contact(), actor=ACTOR)
    assert session.shipping_address_id == first
    moved = sessions.AddressData(**{**_address(), "street": "Otra 1"})
    session = sessions.set_contact(session, contact=make_contact(billing=moved), actor=ACTOR)
    assert (session.shipping_address_id, session.billing_address.street) == (first, "Otra 1")
    assert AddressSnapshot.objects.get(pk=first).street == ADDRESS.street


def test_an_account_may_keep_the_address_once():
    user = make_user()
    session = start(make_cart(user=user), user)
    for _turn in range(2):
        sessions.set_contact(session, contact=make_contact(save_address=True), actor=ACTOR)
    assert Address.objects.get(user=user).is_default


def test_awaiting_does_not_change_and_its_clocks_only_lengthen():
    session = make_awaiting()
    Variant.objects.update(price="1.00")
    assert kinds(sessions.revalidate(session)) == {Kind.PAYING}
    assert session.subtotal == Decimal("84900.00")
    with pytest.raises(NotReady):
        sessions.set_contact(session, contact=make_contact(email="otra@example.com"), actor=ACTOR)
    far = timezone.now() + timedelta(days=3)
    sessions.mark_awaiting(session, reserve_until=far, expires_at=far, actor=ACTOR)
    near = timezone.now() + timedelta(minutes=1)
    session = sessions.mark_awaiting(session, reserve_until=near, expires_at=near, actor=ACTOR)
    assert session.expires_at == far
    assert Reservation.objects.get(checkout_id=session.pk).expires_at == far
    assert start(session.cart).pk == session.pk


def test_reopening_keeps_the_reservations_and_follows_the_cart_again():
    session = sessions.reopen(make_awaiting(), ACTOR, "declined")
    assert session.status == Status.OPEN
    assert active(checkout_id=session.pk) == 1
    assert sessions.reopen(session, ACTOR).status == Status.OPEN
    assert sessions.freeze_for_payment(session, ACTOR).pk == session.pk


def test_expiry_releases_what_the_session_held_and_leaves_the_cart():
    waiting, still_open = make_awaiting(), make_session()
    for session in (waiting, still_open):
        end(session)
    assert sessions.expire_due() == 2
    assert sessions.expire_due() == 0
    assert active(checkout_id=waiting.pk) == 0
    assert active(cart_id=still_open.cart_id) == 1
    assert waiting.cart.lines.count() == 1
    assert Event.objects.filter(to_state="expired", actor="job:expire_checkouts").count() == 2
    now = timezone.now()
    with pytest.raises(IllegalTransition):
        sessions.mark_awaiting(waiting, reserve_until=now, expires_at=now, actor=ACTOR)


def test_an_expired_session_is_refused_even_before_the_job_ran():
    session = make_session()
    end(session)
    assert refused(session) == {Kind.EXPIRED}
    with pytest.raises(NotReady):
        sessions.set_contact(session, contact=make_contact(), actor=ACTOR)
    again = start(session.cart)
    assert again.pk != session.pk
    assert (again.email, again.shipping_address_id) == ("ana@example.com", session.shipping_address_id)


def test_cancelling_twice_is_harmless():
    session = make_awaiting()
    assert sessions.cancel(session, ACTOR)
    assert not sessions.cancel(session, ACTOR)
    assert active(checkout_id=session.pk) == 0


def test_a_session_of_an_account_is_seen_by_that_account_only():
    user = make_user()
    session = start(make_cart(user=user), user)
    assert sessions.visible_to(session, user)
    assert not sessions.visible_to(session, make_user())


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_double_clicks_start_one_session():
    cart = make_cart((make_variant(), 2))

    def click() -> UUID:
        return start(Cart.objects.get(pk=cart.pk)).pk

    answers = together([click] * 6)
    assert surprises(answers) == []
    assert len(set(answers)) == 1
    assert active(cart_id=cart.pk) == 2


# Where each act leads, written out: what is not here leaves the session where it was.
_AFTER = {
    ("open", "await"): "awaiting_payment",
    ("awaiting_payment", "reopen"): "open",
    ("open", "cancel"): "cancelled",
    ("awaiting_payment", "cancel"): "cancelled",
    ("open", "expire"): "expired",
    ("awaiting_payment", "expire"): "expired",
}


@settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)
@given(
    st.lists(st.sampled_from(["freeze", "await", "reopen", "cancel", "lapse", "expire", "start"]), max_size=8)
)
def test_any_history_of_a_session_goes_where_its_acts_lead(history):
    session = make_session()
    for act in history:
        session.refresh_from_db()
        before = session.status
        soon = timezone.now() + timedelta(minutes=30)
        try:
            if act == "freeze":
                sessions.freeze_for_payment(session, ACTOR)
            elif act == "await":
                sessions.mark_awaiting(session, reserve_until=soon, expires_at=soon, actor=ACTOR)
            elif act == "reopen":
                sessions.reopen(session, ACTOR)
            elif act == "cancel":
                sessions.cancel(session, ACTOR)
            elif act == "lapse":
                expire_cart(session.cart)
            elif act == "start":
                start(session.cart)
            else:
                end(session)
                sessions.expire_due()
        except (NotReady, IllegalTransition):
            pass
        session.refresh_from_db()
        assert session.status == _AFTER.get((before, act), before), (before, act)
    assert runner.check() == []
    assert (
        CheckoutSession.objects.filter(cart=session.cart, status__in=["open", "awaiting_payment"]).count()
        <= 1
    )
