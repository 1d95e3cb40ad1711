"""Mercado Pago's place in the sandbox (`shop.sandbox.counterparts` finds it here)."""

from __future__ import annotations

from shop.sandbox.engine import Counterpart
from shop.sandbox.faults import PAYMENT, FaultKind
from shop.sandbox.mercadopago import (
    api,
    chargebacks,
    notifications,
    operator,
    options,
    pages,
    payments,
    preferences,
    refunds,
)
from shop.sandbox.mercadopago.errors import ApiError, trouble
from shop.sandbox.router import Router
from shop.sandbox.webhooks import Sending

MINUTE, HOUR = 60.0, 3600.0


def _routes(router: Router) -> None:
    api.routes(router)
    pages.routes(router)


COUNTERPART = Counterpart(
    code=options.CODE,
    name="Mercado Pago",
    prefix="/mp",
    setting="MERCADOPAGO_API_BASE",
    routes=_routes,
    # Its Node SDK ends some addresses with a slash.
    takes_last_slash=True,
    unknown=api.refuse_unknown,
    trouble=trouble,
    writers={"mp.webhook": notifications.write_webhook, "mp.ipn": notifications.write_ipn},
    # Its documented schedule.
    sending=Sending(
        schedule=(0.0, 15 * MINUTE, 30 * MINUTE, 6 * HOUR, 48 * HOUR, 96 * HOUR, 96 * HOUR, 96 * HOUR),
        timeout=22.0,
        accepted=(200, 201),
    ),
    describe_delivery=notifications.what,
    rows=operator.rows,
    actions=operator.ACTIONS,
    collections={
        "preferences": (preferences.KIND,),
        "payments": (payments.KIND,),
        "refunds": (refunds.KIND,),
        "disputes": (chargebacks.KIND,),
    },
    refusals=(ApiError, payments.PaymentRefused),
    faults=(
        *PAYMENT,
        FaultKind("webhook_ts_ms", "Firmar con ts en milisegundos", "Avisos", option="ts_ms"),
    ),
    on_due={payments.KIND: payments.expire, refunds.KIND: refunds.settle},
    configure=options.from_settings,
)
