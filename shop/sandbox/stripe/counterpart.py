"""Stripe's place in the sandbox (`shop.sandbox.counterparts` finds it here)."""

from __future__ import annotations

from shop.sandbox.engine import Counterpart
from shop.sandbox.faults import PAYMENT
from shop.sandbox.router import Router
from shop.sandbox.stripe import (
    api,
    checkout,
    disputes,
    events,
    idempotency,
    intents,
    operator,
    options,
    pages,
    refunds,
    sessions,
)
from shop.sandbox.stripe.errors import ApiError, trouble
from shop.sandbox.webhooks import Sending

MINUTE, HOUR = 60.0, 3600.0


def _routes(router: Router) -> None:
    api.routes(router)
    pages.routes(router)


COUNTERPART = Counterpart(
    code=options.CODE,
    name="Stripe",
    prefix="/stripe",
    setting="STRIPE_API_BASE",
    routes=_routes,
    # Its Node SDK takes a host and a port, and no path.
    at_root=("/v1/", "/v2/"),
    unknown=api.unknown,
    trouble=trouble,
    writers={"stripe": events.write},
    # Documented only as "up to three days with exponential back-off".
    sending=Sending(
        schedule=(
            *(0.0, 5 * MINUTE, 30 * MINUTE),
            *(2 * HOUR, 5 * HOUR, 10 * HOUR, 12 * HOUR, 12 * HOUR, 12 * HOUR),
        ),
        timeout=10.0,
    ),
    describe_delivery=events.what,
    rows=operator.rows,
    actions=operator.ACTIONS,
    collections={
        "sessions": (sessions.KIND,),
        "intents": (intents.KIND,),
        "charges": (intents.CHARGE,),
        "events": (events.KIND,),
        "refunds": (refunds.KIND,),
        "disputes": (disputes.KIND,),
    },
    refusals=(ApiError, checkout.PaymentRefused),
    faults=PAYMENT,
    on_due={
        sessions.KIND: sessions.expire_due,
        intents.KIND: checkout.lapse,
        refunds.KIND: refunds.settle_due,
    },
    on_open=idempotency.forget_unfinished,
    configure=options.from_settings,
)
