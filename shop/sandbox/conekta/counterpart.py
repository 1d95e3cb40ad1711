"""Conekta's place in the sandbox (`shop.sandbox.counterparts` finds it here)."""

from __future__ import annotations

from shop.sandbox.conekta import api, charges, notifications, operator, options, orders, pages
from shop.sandbox.conekta.errors import ApiError, trouble, unknown
from shop.sandbox.engine import Counterpart
from shop.sandbox.faults import PAYMENT
from shop.sandbox.router import Router
from shop.sandbox.webhooks import Sending

MINUTE, HOUR = 60.0, 3600.0


def _routes(router: Router) -> None:
    api.routes(router)
    pages.routes(router)


COUNTERPART = Counterpart(
    code=options.CODE,
    name="Conekta",
    prefix="/conekta",
    setting="CONEKTA_API_BASE",
    routes=_routes,
    unknown=lambda _sandbox, _request, allowed: unknown(allowed),
    trouble=trouble,
    writers={"conekta": notifications.write},
    rows=operator.rows,
    actions=operator.ACTIONS,
    collections={
        "orders": (orders.KIND,),
        "charges": (orders.CHARGE,),
        "refunds": (orders.REFUND,),
        "events": (notifications.KIND,),
    },
    describe_delivery=notifications.what,
    # Not published: a guess, and nothing in the shop may depend on it.
    sending=Sending(schedule=(0.0, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 12 * HOUR, 24 * HOUR), timeout=10.0),
    faults=PAYMENT,
    on_due={orders.KIND: orders.expire, orders.REFUND: charges.settle_refund},
    refusals=(ApiError, charges.PaymentRefused),
    configure=options.from_settings,
)
