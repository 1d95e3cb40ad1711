"""A new checkout of a cart, with what its predecessor knew of the buyer."""

from typing import Final
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from orders import clocks
from orders.checkout.contact import BUYER
from orders.models import Cart, CheckoutSession
from shop.accounts.models import User
from shop.core.database.kept_queries import KeptQuery, remember, together
from shop.core.database.kept_rows import insert


def _of_account(cart_id: UUID, user_id: UUID) -> "QuerySet[CheckoutSession]":
    rows = CheckoutSession.objects.filter(Q(user=None) | Q(user_id=user_id), cart_id=cart_id)
    return rows.exclude(email="")[:1]


def _of_guest(cart_id: UUID) -> "QuerySet[CheckoutSession]":
    return CheckoutSession.objects.filter(cart_id=cart_id, user=None).exclude(email="")[:1]


_OF_ACCOUNT: Final = KeptQuery(_of_account, UUID, UUID)
_OF_GUEST: Final = KeptQuery(_of_guest, UUID)


def create(cart: Cart, user: User | None, language: str) -> CheckoutSession:
    """Make the session of a locked cart that has no live one; a checkout before it lends the buyer's data."""
    session = CheckoutSession(
        cart=cart,
        user=user,
        language=language,
        currency=settings.SHOP_CURRENCY,
        expires_at=timezone.now() + clocks.checkout(),
    )
    before = _OF_ACCOUNT.first(cart.pk, user.pk) if user else _OF_GUEST.first(cart.pk)
    if before is not None:
        for name in BUYER:
            setattr(session, name, getattr(before, name))
        session.shipping_address_id, session.billing_address_id = (
            before.shipping_address_id,
            before.billing_address_id,
        )
    together(insert([session]))
    # A new one has neither yet.
    remember(session, "lines", [])
    remember(session, "adjustments", [])
    return session
