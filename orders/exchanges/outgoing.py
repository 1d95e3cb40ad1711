"""What other systems may be told of exchanges: keys, numbers, states and amounts."""

from django.utils.translation import gettext_lazy as _

from orders.models import Exchange
from shop.core.json_types import JsonObject
from shop.core.models import Event
from shop.core.outgoing.publishing import contribute
from shop.core.outgoing.types import PublicType, amount

_EXCHANGE = "orders.exchange"


def exchange(found: Exchange, event: Event) -> JsonObject:
    """Return the data of an exchange."""
    return {
        "exchange": str(found.pk),
        "number": found.number,
        "order": str(found.order_id),
        "return": str(found.rma_id),
        "status": found.status,
        "settlement": amount(found.settlement),
        "currency": found.order.currency,
    }


contribute(
    PublicType(
        "exchange.requested", _("an exchange was asked for"), _EXCHANGE, kind="requested", describe=exchange
    ),
    PublicType(
        "exchange.paid", _("the difference was paid"), _EXCHANGE, kind="difference paid", describe=exchange
    ),
    PublicType(
        "exchange.released", _("an exchange is to be sent"), _EXCHANGE, to="released", describe=exchange
    ),
    PublicType(
        "exchange.cancelled", _("an exchange was cancelled"), _EXCHANGE, to="cancelled", describe=exchange
    ),
)
