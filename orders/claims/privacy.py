"""What is known of people by claims and exchanges: exported, and erased with their order."""

from django.utils import timezone

from orders.models import Claim, Order
from shop.core.privacy import personal_data
from shop.core.privacy.personal_data import Person


def export(order: Order) -> list[dict[str, object]]:
    """Return the claims of an order as their buyer gets them."""
    names = ("number", "reason", "status", "outcome", "note", "answer", "created_at")
    return [personal_data.plain(claim, *names) for claim in order.claims.all()]


def export_exchanges(order: Order) -> list[dict[str, object]]:
    """Return the exchanges of an order as their buyer gets them."""
    names = ("number", "status", "settlement", "created_at")
    return [personal_data.plain(one, *names) for one in order.exchanges.all()]


def erase(order: Order, person: Person) -> None:
    """Forget what people wrote and photographed at home; what was decided stays with the order."""
    for claim in Claim.objects.filter(order=order):
        Claim.objects.filter(pk=claim.pk).update(
            note="", email="", answer=personal_data.scrub(claim.answer, person)
        )
        claim.files.filter(purged_at=None).update(content=b"", size=0, purged_at=timezone.now())
