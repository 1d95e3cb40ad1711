"""Retention: what is not needed any more is deleted, in batches; running twice is harmless."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from inventory import reservations
from orders.models import (
    AddressSnapshot,
    Cart,
    CartLine,
    CheckoutSession,
    InstallmentQuote,
    Order,
    ShippingQuote,
)
from shop.core.due.locked import free, in_batches

KEEP_EMPTY_CARTS: Final = timedelta(days=7)
KEEP_GUEST_CARTS: Final = timedelta(days=60)
KEEP_SESSIONS: Final = timedelta(days=90)
# What was shown and not accepted: for as long as somebody may still say that it was shown.
KEEP_QUOTES: Final = timedelta(days=90)
KEEP_CARRIER_QUOTES: Final = timedelta(days=7)
KEEP_ADDRESSES: Final = timedelta(days=1)
BATCH: Final = 500


def purge_old_carts(*, actor: str = "job:purge_old_carts") -> int:
    """Delete guests' carts that were not touched for 60 days (7 days when empty); return how many.

    A cart with a live checkout stays, and so do the carts of accounts. Reservations of a deleted cart are released.
    """
    now = timezone.now()
    live = CheckoutSession.objects.filter(cart=OuterRef("pk"), status__in=["open", "awaiting_payment"])
    busy = CartLine.objects.filter(cart=OuterRef("pk"), updated_at__gt=now - KEEP_GUEST_CARTS)
    old = Q(updated_at__lte=now - KEEP_GUEST_CARTS) | Q(updated_at__lte=now - KEEP_EMPTY_CARTS, lines=None)
    found = Cart.objects.filter(old, ~Exists(live), ~Exists(busy), user=None).order_by("updated_at")
    deleted = 0
    for cart in found[:BATCH]:
        with transaction.atomic():
            locked = free(Cart.objects.filter(pk=cart.pk, user=None)).first()
            # Checked again below the lock: a cart that was used since the list was made stays.
            if locked is not None and found.filter(pk=cart.pk).exists():
                # Sessions are locked before lines; placing a late-paid one does the same (docs/locking.md).
                list(locked.checkouts.order_by("pk").select_for_update(of=("self",), no_key=True))
                locked.delete()
                reservations.release(cart_id=cart.pk, reason="cart purged", actor=actor)
                deleted += 1
    return deleted


def purge_old_sessions() -> int:
    """Delete ended sessions without an order which nobody tried to pay, 90 days after their end; return how many."""
    ended = CheckoutSession.objects.filter(
        status__in=[CheckoutSession.Status.EXPIRED, CheckoutSession.Status.CANCELLED],
        updated_at__lte=timezone.now() - KEEP_SESSIONS,
        order=None,
        attempts=None,
    )
    keys = list(ended.order_by("updated_at").values_list("pk", flat=True)[:BATCH])
    CheckoutSession.objects.filter(pk__in=keys).delete()
    return len(keys)


def purge_addresses() -> int:
    """Delete address snapshots that no session and no order uses (a shopper corrected them); return how many."""
    unused = AddressSnapshot.objects.filter(created_at__lte=timezone.now() - KEEP_ADDRESSES)
    for model in (CheckoutSession, Order):
        for field in ("shipping_address", "billing_address"):
            unused = unused.exclude(Exists(model._default_manager.filter(**{field: OuterRef("pk")})))
    keys = list(unused.values_list("pk", flat=True)[:BATCH])
    AddressSnapshot.objects.filter(pk__in=keys).delete()
    return len(keys)


def purge_carrier_quotes() -> int:
    """Delete carriers' prices that nobody chose, a week after they expired; return how many."""
    chosen = CheckoutSession.objects.filter(shipping_quote=OuterRef("pk"))
    old = ShippingQuote.objects.filter(~Exists(chosen), expires_at__lte=timezone.now() - KEEP_CARRIER_QUOTES)
    keys = list(old.order_by("expires_at").values_list("pk", flat=True)[: BATCH * 20])
    ShippingQuote.objects.filter(pk__in=keys).delete()
    return len(keys)


def purge_quotes() -> int:
    """Delete the quotes of instalments that were never accepted, 90 days after they ended; return how many."""
    chosen = CheckoutSession.objects.filter(quote=OuterRef("pk"))
    old = InstallmentQuote.objects.filter(
        ~Exists(chosen), valid_until__lte=timezone.now() - KEEP_QUOTES, plan=None
    )
    return in_batches(old.order_by(), _delete_quotes, size=BATCH)


def _delete_quotes(keys: Sequence[UUID]) -> int:
    InstallmentQuote.objects.filter(pk__in=keys).delete()
    return len(keys)
