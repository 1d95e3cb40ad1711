"""What the steps of a checkout write into its session, which is open and locked, in one transaction with the lock.

The lock and what is read under it are `locked_rows.lock_open`, or of a step that is sent `looking.lock`.
"""

from collections.abc import Sequence
from typing import Final

from django.utils import timezone

from orders import clocks
from orders.checkout import delivery, frozen_lines
from orders.checkout import reservations as checkout_reservations
from orders.checkout.contact import BUYER, Contact, save_address, snapshot
from orders.models import CheckoutSession
from orders.shipping import rates
from orders.shipping.rates import Quote
from shop.core.money import ZERO

# What the first and the second step write, besides the sums.
_OF_CONTACT: Final = (
    *BUYER,
    *("shipping_address", "billing_address", "branch_code", "branch_name", "expires_at"),
)

_OF_SHIPPING: Final = ("accepted_terms_at", "expires_at", "branch_code", "branch_name")


class RateNotOffered(ValueError):
    """The chosen shipping rate is not on offer for this purchase. Choosing another one helps."""


def write_contact(session: CheckoutSession, contact: Contact) -> None:
    """Store who buys and where it goes; the chosen shipping stays when it is still on offer.

    Locks the reservations of its cart.
    """
    for name in BUYER:
        setattr(session, name, getattr(contact, name))
    was_pickup, was_at = session.shipping_address_id is None, delivery.whereabouts(session)
    session.shipping_address = snapshot(session.shipping_address, contact.shipping)
    session.billing_address = (
        snapshot(session.billing_address, contact.billing) if contact.billing else session.shipping_address
    )
    if was_pickup != (contact.shipping is None):
        session.shipping_rate = None
    if was_at != delivery.whereabouts(session):
        # A carrier's price and its branch are of one place.
        session.shipping_quote, session.branch_code, session.branch_name = None, "", ""
    session.expires_at = timezone.now() + clocks.checkout()
    renewal = checkout_reservations.asked_renewal(session)
    frozen_lines.total(session, also=_OF_CONTACT, beside=renewal)
    if contact.save_address and contact.shipping and session.user_id:
        save_address(session, contact.shipping)


def write_shipping(
    session: CheckoutSession, offers: Sequence[Quote], rate_id: object, branch_code: str = ""
) -> None:
    """Store the way of these on offer by which it travels, and that the terms were accepted, its price and its branch.

    `rate_id` None: none (`needs_rate`), 0.00. Locks the reservations of its cart.

    Raises:
        RateNotOffered: it is not on offer; nothing was written.
        BranchNotOffered: it ends at a branch, and no known one near the address was named; nothing was written.
    """
    quote = rates.find(offers, rate_id) if rate_id else None
    if quote is None and (rate_id or session.needs_rate):
        raise RateNotOffered(str(rate_id))
    session.shipping_rate, session.shipping_total = (quote.rate, quote.price) if quote else (None, ZERO)
    session.shipping_quote = quote.carried if quote else None
    delivery.set_branch(session, quote, branch_code)
    session.accepted_terms_at = session.accepted_terms_at or timezone.now()
    session.expires_at = timezone.now() + clocks.checkout()
    renewal = checkout_reservations.asked_renewal(session)
    frozen_lines.total(session, also=_OF_SHIPPING, offers=offers, beside=renewal)
