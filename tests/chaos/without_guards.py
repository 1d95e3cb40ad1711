"""The shop with guards removed, for the controls: `CHAOS_WITHOUT` names them. Production code has no such switch.

A run on such a shop must end with a broken rule; otherwise the driver proves nothing.
"""

import os
from collections.abc import Callable
from typing import Any

from django.core.wsgi import get_wsgi_application

from shop.celery import app

__all__ = ["app", "application"]


def _second_payments_stay() -> None:
    """Money that buys nothing is recognised, but not refunded."""
    from payments.settlement import settle
    from shop.core.states import move

    def keep(payment: Any, why: str, detail: str, *, actor: str, order: Any = None) -> None:
        move(payment, settle.Role.SURPLUS, field="role", actor=actor, reason=why, order=order)

    settle._send_back = keep


def _nobody_asks() -> None:
    """Neither reconciliation nor the list reading: what no webhook and no return page reports stays unknown."""
    from payments.reconciliation import due_attempts, provider_list

    due_attempts.reconcile_due = lambda **_ignored: {}
    provider_list.read_due_lists = lambda **_ignored: {}


def _anyone_signs() -> None:
    """Webhooks are accepted whoever has signed them."""
    from payments.gateways.mercadopago import webhook as mercadopago

    mercadopago._verify = lambda *_ignored, **_too: None


GUARDS: dict[str, Callable[[], None]] = {
    "refund of second payments": _second_payments_stay,
    "reconciliation and sweep": _nobody_asks,
    "signatures": _anyone_signs,
}

application = get_wsgi_application()
for name in os.environ["CHAOS_WITHOUT"].split(", "):
    GUARDS[name]()
