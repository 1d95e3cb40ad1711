"""Rows of claims as their verbs lock and write them: the order first, then the claim."""

from orders.models import Claim, Order


class NotOpen(Exception):
    """The claim is not where this act makes sense. `status` is where it is."""

    def __init__(self, claim: Claim) -> None:
        super().__init__(f"{claim} is {claim.status}")
        self.status = claim.status


def locked(claim: Claim) -> Claim:
    """Lock the order, then the claim, and return its fresh row with the order."""
    order = Order.objects.select_for_update().get(pk=claim.order_id)
    fresh = Claim.objects.select_for_update(of=("self",)).get(pk=claim.pk)
    fresh.order = order
    return fresh


def copy(fresh: Claim, to: Claim) -> None:
    """Bring the caller's row up to date after the transaction."""
    for field in Claim._meta.concrete_fields:
        setattr(to, field.attname, getattr(fresh, field.attname))
