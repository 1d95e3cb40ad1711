"""A purchase with a total of zero needs no payment: confirming it places the order."""

from uuid import UUID

from django.db import transaction
from django.utils import timezone

from orders.checkout import issues, placement, sessions
from orders.checkout.issues import NotReady
from orders.checkout.placement import CannotFulfil
from orders.models import CheckoutSession, Order


class NotFree(Exception):
    """The purchase was recomputed and costs something. The shopper pays it as any other."""


def confirm(*, checkout_id: UUID, actor: str) -> Order:
    """Place a purchase whose total is zero, without any provider; repeated, it returns the existing order.

    Recomputed and reserved one last time as before a payment, then placed in the same transaction. The order's
    transaction is `free:<session>`, unique as every other. Locks the cart, the session, then the stock levels.

    Raises:
        NotReady: it cannot be bought now; the findings say why, and what was recomputed stays written.
        NotFree: it has a price.
    """
    refusal: NotReady | None = None
    with transaction.atomic():
        placed = Order.objects.filter(checkout_id=checkout_id).first()
        if placed is not None:
            return placed
        try:
            return _placed(CheckoutSession.objects.get(pk=checkout_id), actor=actor)
        except NotReady as error:
            # A concurrent request was faster: its order is visible now that it has released the session's lock.
            if placed := Order.objects.filter(checkout_id=checkout_id).first():
                return placed
            refusal = error
    raise refusal


def _placed(session: CheckoutSession, *, actor: str) -> Order:
    frozen = sessions.freeze_for_payment(session, actor)
    if frozen.total:
        raise NotFree(str(frozen))
    if frozen.status == CheckoutSession.Status.AWAITING_PAYMENT:
        raise NotReady([issues.PAYING])
    try:
        return placement.place(
            checkout_id=frozen.pk,
            transaction_id=f"free:{frozen.pk}",
            paid_at=timezone.now(),
            actor=actor,
        )
    except CannotFulfil as error:
        raise NotReady([issues.EXPIRED]) from error
