"""A new checkout of a cart, with what its predecessor knew of the buyer."""

from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone

from orders import clocks
from orders.checkout.contact import BUYER
from orders.models import Cart, CheckoutSession
from shop.accounts.models import User
from shop.core.database.kept_queries import Asked, KeptQuery, remember
from shop.core.money import ZERO


def _of_account(cart_id: UUID, user_id: UUID) -> "QuerySet[CheckoutSession]":
    rows = CheckoutSession.objects.filter(Q(user=None) | Q(user_id=user_id), cart_id=cart_id)
    return rows.exclude(email="")[:1]


def _of_guest(cart_id: UUID) -> "QuerySet[CheckoutSession]":
    return CheckoutSession.objects.filter(cart_id=cart_id, user=None).exclude(email="")[:1]


# What the database would fill in, said here, so that nobody waits for what it wrote.
_EMPTY: Final[dict[str, Any]] = {
    "branch_code": "",
    "branch_name": "",
    "tax_condition": "",
    "payment_way": "",
    "adjustment_total": ZERO,
}
_OF_ACCOUNT: Final = KeptQuery(_of_account, UUID, UUID)
_OF_GUEST: Final = KeptQuery(_of_guest, UUID)


def asked_before(cart: Cart, user: User | None) -> Asked[CheckoutSession]:
    """Return what asks for the checkout before of this cart whose buyer a new one may take over."""
    return _OF_ACCOUNT.asked(cart.pk, user.pk) if user else _OF_GUEST.asked(cart.pk)


def make(cart: Cart, user: User | None, language: str, before: CheckoutSession | None) -> CheckoutSession:
    """Make the session of a locked cart that has no live one; the checkout before it lends the buyer's data.

    It is written with its sums (`frozen_lines.freeze`).
    """
    session = CheckoutSession(
        cart=cart,
        user=user,
        language=language,
        currency=settings.SHOP_CURRENCY,
        expires_at=timezone.now() + clocks.checkout(),
        **_EMPTY,
    )
    if before is not None:
        for name in BUYER:
            setattr(session, name, getattr(before, name))
        session.shipping_address_id, session.billing_address_id = (
            before.shipping_address_id,
            before.billing_address_id,
        )
    # A new one has neither yet.
    remember(session, "lines", [])
    remember(session, "adjustments", [])
    return session
