"""A new checkout of a cart, with what its predecessor knew of the buyer."""

from django.conf import settings
from django.db.models import Q
from django.utils import timezone

from orders import clocks
from orders.checkout.contact import BUYER
from orders.models import Cart, CheckoutSession
from shop.accounts.models import User


def create(cart: Cart, user: User | None, language: str) -> CheckoutSession:
    """Make the session of a locked cart that has no live one; a checkout before it lends the buyer's data."""
    session = CheckoutSession(
        cart=cart,
        user=user,
        language=language,
        currency=settings.SHOP_CURRENCY,
        expires_at=timezone.now() + clocks.checkout(),
    )
    before = (
        CheckoutSession.objects.filter(cart=cart)
        .filter(Q(user=None) | Q(user=user))
        .exclude(email="")
        .first()
    )
    if before is not None:
        for name in BUYER:
            setattr(session, name, getattr(before, name))
        session.shipping_address_id, session.billing_address_id = (
            before.shipping_address_id,
            before.billing_address_id,
        )
    session.save(force_insert=True)
    return session
