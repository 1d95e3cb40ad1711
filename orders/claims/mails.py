"""The mails of a claim, each once, in the transaction of its verb; one template tells them apart by `step`."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from orders.models import Claim, Replacement
from shop.core.mail import outbox
from shop.core.models import EmailLog


def opened(claim: Claim) -> EmailLog | None:
    """Queue the mail that the claim is here."""
    return _queue(claim, "claim_opened", {})


def resolved(claim: Claim, units: Sequence[Replacement]) -> EmailLog | None:
    """Queue the mail with what the buyer gets: new units, money, or both."""
    new = [{"name": row.name, "sku": row.sku} for row in units]
    return _queue(
        claim, "claim_resolved", {"amount": claim.money_back, "units": new, "goods_back": bool(claim.rma_id)}
    )


def ended(claim: Claim) -> EmailLog | None:
    """Queue the mail that the claim was denied, and why, or was cancelled."""
    return _queue(claim, "claim_ended", {})


def _queue(claim: Claim, kind: str, context: dict[str, Any]) -> EmailLog | None:
    """Queue a mail to whoever opened the claim, else to the buyer; None: their address was erased."""
    order = claim.order
    to = claim.email or order.email
    if not to:
        return None
    lines = [
        {"name": one.order_line.name, "sku": one.order_line.sku, "quantity": one.quantity}
        for one in claim.lines.select_related("order_line")
    ]
    return outbox.queue(
        kind=kind,
        to=to,
        template="claim",
        context={
            **context,
            "step": kind.removeprefix("claim_"),
            "claim": claim,
            "order": order,
            "lines": lines,
            "claim_url": settings.SITE_URL + claim.get_absolute_url(),
        },
        dedupe_key=f"{kind}:{claim.pk}",
        language=claim.language or order.language,
        user=order.user,
        trail=order.trail,
    )
