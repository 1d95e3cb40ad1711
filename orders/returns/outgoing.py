"""What other systems may be told of returns: one type for each step, and the data it carries."""

from typing import Final

from django.utils.translation import gettext_lazy as _

from orders.models import Return
from orders.returns.states import with_state
from shop.core.json_types import JsonObject
from shop.core.models import Event
from shop.core.outgoing.types import PublicType

_RETURN: Final = "orders.return"


def rma(found: Return, event: Event) -> JsonObject:
    """Return the data of a return: keys, number, and its state as the API says it."""
    state = with_state(Return.objects.filter(pk=found.pk)).values_list("state", flat=True).get()
    return {
        "return": str(found.pk),
        "number": found.number,
        "order": str(found.order_id),
        "state": state,
        "status": found.status,
    }


TYPES: Final = (
    PublicType("return.requested", _("a return was asked for"), _RETURN, kind="requested", describe=rma),
    PublicType("return.approved", _("a return was approved"), _RETURN, to="approved", describe=rma),
    PublicType("return.rejected", _("a return was rejected"), _RETURN, to="rejected", describe=rma),
    PublicType("return.cancelled", _("a return was cancelled"), _RETURN, to="cancelled", describe=rma),
    PublicType("return.expired", _("a return was not sent in time"), _RETURN, to="expired", describe=rma),
    PublicType("return.received", _("a parcel of a return arrived"), _RETURN, kind="received", describe=rma),
    PublicType("return.inspected", _("a return was inspected"), _RETURN, kind="inspected", describe=rma),
    PublicType("return.refunded", _("a return is paid back"), _RETURN, kind="paid back", describe=rma),
    PublicType("return.closed", _("a return was closed"), _RETURN, to="closed", describe=rma),
)
