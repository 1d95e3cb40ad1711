"""Envia's place in the sandbox (`shop.sandbox.counterparts` finds it here)."""

from __future__ import annotations

from shop.sandbox.engine import Counterpart
from shop.sandbox.envia import api, notifications, operator, options, shipments
from shop.sandbox.faults import CARRIER
from shop.sandbox.webhooks import Sending

COUNTERPART = Counterpart(
    code=options.CODE,
    name="Envia.com",
    prefix="/envia",
    setting="ENVIA_API_BASE",
    routes=api.routes,
    unknown=lambda _sandbox, _request, allowed: api.refusal(
        1100, "Method not allowed" if allowed else "Not found", 405 if allowed else 404
    ),
    trouble=lambda status: api.refusal(1300, "Carrier service is not available", status),
    writers={notifications.TOPIC: notifications.write},
    # How often it tries is not published: a guess, and nothing in the shop may depend on it.
    sending=Sending(schedule=(0.0, 60.0, 600.0, 3600.0), timeout=5.0),
    describe_delivery=notifications.what,
    rows=operator.rows,
    actions=operator.ACTIONS,
    collections={"envia_shipments": (shipments.KIND,)},
    refusals=(shipments.EnviaRefused,),
    faults=CARRIER,
    configure=options.from_settings,
)
