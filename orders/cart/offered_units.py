"""Offers of the waiting list: the reserved unit goes into the cart of whoever opens the secret link."""

from django.db import transaction
from django.db.models.functions import Now

from catalog.models import WaitingEntry
from inventory import reservations
from orders.cart import carts
from orders.models import Cart, CartLine


class OfferOver(Exception):
    """The unit is not reserved any more: the time is over, or it was taken. Trying again does not help."""


def claim(entry: WaitingEntry, *, cart: Cart, actor: str) -> CartLine:
    """Put what is reserved for an entry into a cart, with its reservation, which keeps its time.

    One transaction: locks the entry, the cart's line, the stock level of the reservations, then the reservations.

    Raises:
        OfferOver: nothing is set aside any more. LimitReached, TooManyLines, PaymentUnderWay: as `carts.add`.
        Nothing was changed.
    """
    with transaction.atomic():
        locked = WaitingEntry.objects.select_for_update(no_key=True, of=("self",)).get(pk=entry.pk)
        offer = (
            reservations.find_active(cart_id=locked.pk).get(locked.variant_id) if locked.variant_id else None
        )
        is_over = locked.status != WaitingEntry.Status.NOTIFIED or locked.claimed_at
        if offer is None or locked.variant_id is None or is_over:
            raise OfferOver(str(entry.pk))
        line = carts.put_reserved(
            cart=cart, variant_id=locked.variant_id, quantity=offer.quantity, holder_id=locked.pk, actor=actor
        )
        WaitingEntry.objects.filter(pk=locked.pk).update(claimed_at=Now(), updated_at=Now())
    return line
