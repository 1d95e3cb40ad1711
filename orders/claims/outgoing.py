"""What other systems may be told of claims: keys, numbers, states and reasons."""

from django.utils.translation import gettext_lazy as _

from orders.models import Claim
from shop.core.json_types import JsonObject
from shop.core.models import Event
from shop.core.outgoing.publishing import contribute
from shop.core.outgoing.types import PublicType

_CLAIM = "orders.claim"


def claim(found: Claim, event: Event) -> JsonObject:
    """Return the data of a claim."""
    return {
        "claim": str(found.pk),
        "number": found.number,
        "order": str(found.order_id),
        "status": found.status,
        "reason": found.reason,
        "outcome": found.outcome,
    }


contribute(
    PublicType("claim.opened", _("a claim was opened"), _CLAIM, kind="opened", describe=claim),
    PublicType("claim.approved", _("a claim was approved"), _CLAIM, to="approved", describe=claim),
    PublicType("claim.resolved", _("a claim is resolved"), _CLAIM, to="resolved", describe=claim),
    PublicType("claim.denied", _("a claim was denied"), _CLAIM, to="denied", describe=claim),
    PublicType("claim.cancelled", _("a claim was cancelled"), _CLAIM, to="cancelled", describe=claim),
)
