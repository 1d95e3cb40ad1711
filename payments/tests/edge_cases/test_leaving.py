"""Rows 11, 15 and 17: a checkout that cannot be made, a cart that changes meanwhile, a shopper who never returns."""

from datetime import timedelta

import pytest
from django.utils import timezone

from orders import payables
from orders.cart import carts
from orders.checkout import sessions
from orders.models import Order
from orders.tests.factories import ACTOR, active, make_cart, make_session, make_variant
from payments import tasks
from payments.checkout import attempts
from payments.checkout.refusals import PaymentUnavailable
from payments.models import PaymentAttempt
from payments.settlement import settle
from payments.tests.edge_cases.stack import Shop, effects, roles
from payments.tests.world import BROKEN_LINE, CHECKOUT_KINDS, CREATE, GATEWAYS, World

every = pytest.mark.parametrize("gateway", GATEWAYS)
PAID, NOTHING = (1, 1, 1), (0, 0, 0)


@every
@pytest.mark.parametrize("fault", ["timeout_after", "timeout_before"])
def test_row_11_provider_down_while_creating(shop: Shop, providers: World, gateway: str, fault: str):
    """The attempt keeps its reservations; the next click uses the same key, or looks first: one checkout there."""
    session = make_session()
    providers.fault(fault, gateway, request=CREATE[gateway], params=BROKEN_LINE)
    with pytest.raises(PaymentUnavailable):
        providers.begin(gateway, session)
    kept = PaymentAttempt.objects.get()
    assert (kept.status, kept.external_id, active(checkout_id=session.pk)) == ("created", "", 1)
    providers.handle.sandbox.faults.clear()
    attempt = providers.begin(gateway, session)
    assert (attempt.pk, attempt.status) == (kept.pk, "redirected")
    assert len(providers.records(CHECKOUT_KINDS[gateway])) == 1
    providers.pay(attempt)
    shop.deliver()
    assert effects(session) == PAID


@every
def test_row_11_and_nobody_comes_back_after_it(shop: Shop, providers: World, gateway: str):
    """The checkout that the provider made without our getting an answer was never shown: the job frees the purchase."""
    session = make_session()
    providers.fault("timeout_after", gateway, request=CREATE[gateway], params=BROKEN_LINE)
    with pytest.raises(PaymentUnavailable):
        providers.begin(gateway, session)
    providers.handle.sandbox.faults.clear()
    PaymentAttempt.objects.update(created_at=timezone.now() - timedelta(minutes=6))
    shop.keep_at(tasks.reconcile)
    session.refresh_from_db()
    assert session.status == "open"
    assert not PaymentAttempt.objects.filter(status__in=PaymentAttempt.LIVE).exists()
    assert active(cart_id=session.cart_id) == 1


@every
def test_row_15_cart_changed_after_the_redirect(shop: Shop, providers: World, gateway: str):
    """The total is frozen in the attempt; a changed purchase has a new one, and the old payment buys nothing of it."""
    variant = make_variant(units=9)
    session = make_session(make_cart((variant, 1)))
    old = providers.begin(gateway, session)
    attempts.cancel(payable=payables.of_purchase(session), actor=ACTOR)
    assert settle.ask(old).state == "expired"
    assert session.cart is not None
    carts.set_quantity(cart=session.cart, variant_id=variant.pk, quantity=3, actor=ACTOR)
    session.refresh_from_db()
    sessions.revalidate(session)
    new = providers.begin(gateway, session)
    old.refresh_from_db()
    assert (old.status, new.amount > old.amount) == ("cancelled", True)
    providers.pay(old, late=True)
    shop.deliver()
    assert (effects(session), roles()) == (NOTHING, ["mismatch"])
    providers.pay(new)
    shop.deliver()
    assert (effects(session), roles()) == (PAID, ["mismatch", "order"])
    assert Order.objects.get().total == new.amount


@every
def test_row_17_rejected_card_and_the_shopper_never_returns(shop: Shop, providers: World, gateway: str):
    """No error: the attempt waits with its reservation, still payable; when its time is over a job ends it."""
    session = make_session()
    attempt = providers.begin(gateway, session)
    providers.pay(attempt, "rejected")
    shop.deliver()
    attempt.refresh_from_db()
    assert (attempt.status, attempt.last_error, active(checkout_id=session.pk)) == ("redirected", "", 1)
    past = timezone.now() - timedelta(minutes=1)
    PaymentAttempt.objects.update(expires_at=past)
    shop.keep_at(tasks.reconcile)
    attempt.refresh_from_db()
    session.refresh_from_db()
    assert (attempt.status, session.status, effects(session)) == ("expired", "open", NOTHING)
    assert settle.ask(attempt).state == "expired"


@every
def test_row_17_rejected_and_then_paid_on_the_same_page(shop: Shop, providers: World, gateway: str):
    session = make_session()
    attempt = providers.begin(gateway, session)
    providers.pay(attempt, "rejected")
    providers.pay(attempt)
    shop.deliver()
    assert effects(session) == PAID
