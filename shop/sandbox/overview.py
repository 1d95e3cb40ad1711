"""The control page's table: all providers' payments in one list, each with its sensible next actions."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from shop.sandbox import counterparts
from shop.sandbox.engine import Sandbox
from shop.sandbox.mercadopago import payments as mp
from shop.sandbox.mercadopago import preferences
from shop.sandbox.mercadopago import refunds as mp_refunds
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.stripe import disputes, events, intents, pricing, sessions
from shop.sandbox.stripe import refunds as stripe_refunds
from shop.sandbox.templating import money

LABELS = {
    "mp.pay": "Pagar",
    "mp.late": "Pagar fuera de término",
    "mp.second": "Pagar otra vez",
    "mp.approve": "Acreditar",
    "mp.reject": "Rechazar",
    "mp.expire": "Vencer",
    "mp.refund": "Devolver",
    "mp.refund_settle": "Aprobar devolución",
    "mp.refund_reject": "Rechazar devolución",
    "mp.chargeback": "Contracargo",
    "mp.chargeback_review": "Papeles recibidos",
    "mp.chargeback_win": "Contracargo ganado",
    "mp.chargeback_lose": "Contracargo perdido",
    "mp.chargeback_withdraw": "Contracargo retirado",
    "mp.mediation": "Reclamo",
    "mp.mediation_end": "Reclamo cerrado",
    "mp.mediation_refund": "Reclamo devuelto",
    "mp.notify": "Avisar de nuevo",
    "stripe.pay": "Pagar",
    "stripe.late": "Pagar fuera de término",
    "stripe.decline": "Rechazar tarjeta",
    "stripe.expire": "Vencer sesión",
    "stripe.pay_voucher": "Pagar comprobante",
    "stripe.expire_voucher": "Vencer comprobante",
    "stripe.confirm": "Confirmar",
    "stripe.confirm_declined": "Rechazar",
    "stripe.refund": "Devolver",
    "stripe.refund_settle": "Aprobar devolución",
    "stripe.refund_fail": "Fallar devolución",
    "stripe.dispute": "Disputa",
    "stripe.inquiry": "Consulta del banco",
    "stripe.dispute_escalate": "Consulta pasa a disputa",
    "stripe.dispute_review": "Evidencia recibida",
    "stripe.dispute_win": "Disputa ganada",
    "stripe.dispute_lose": "Disputa perdida",
    "stripe.dispute_withdraw": "Disputa retirada",
    "stripe.notify": "Avisar de nuevo",
}
# What may happen to a dispute, by its status.
_DISPUTE_NEXT = {
    "warning_needs_response": ["stripe.dispute_review", "stripe.dispute_escalate", "stripe.dispute_withdraw"],
    "warning_under_review": ["stripe.dispute_escalate", "stripe.dispute_withdraw"],
    "warning_closed": ["stripe.dispute"],
    "needs_response": [
        "stripe.dispute_review",
        "stripe.dispute_win",
        "stripe.dispute_lose",
        "stripe.dispute_withdraw",
    ],
    "under_review": ["stripe.dispute_win", "stripe.dispute_lose", "stripe.dispute_withdraw"],
}
TONES = {
    "approved": "good",
    "paid": "good",
    "succeeded": "good",
    "pending": "wait",
    "in_process": "wait",
    "unpaid": "wait",
    "open": "idle",
    "expired": "idle",
    "requires_payment_method": "idle",
    "requires_action": "wait",
    "canceled": "idle",
    "cancelled": "idle",
    "refunded": "idle",
}


@dataclass(slots=True)
class Row:
    """One line of the table. ``actions`` are (name, id, label); ``refundable`` asks for an amount."""

    provider: str
    id: str
    reference: str
    amount: str
    status: str
    detail: str
    at: float
    page: str = ""
    actions: list[tuple[str, str, str]] = field(default_factory=list)
    refund_action: str = ""

    @property
    def tone(self) -> str:
        """Return the colour class of the status."""
        return TONES.get(self.status, "bad")

    @property
    def clock(self) -> str:
        """Return the local time of the last change."""
        return time.strftime("%d/%m %H:%M:%S", time.localtime(self.at))


def rows(sandbox: Sandbox, limit: int = 40) -> list[Row]:
    """Return the latest payments, unpaid preferences and sessions, newest first."""
    found = [_mp_row(sandbox, payment) for payment in sandbox.store.find(mp.KIND, limit=limit)]
    found += [_preference_row(sandbox, p) for p in sandbox.store.find(preferences.KIND, limit=limit)]
    found += [_session_row(sandbox, session) for session in sandbox.store.find(sessions.KIND, limit=limit)]
    found += [_intent_row(i) for i in sandbox.store.find(intents.KIND, parent="", limit=limit)]
    for joined in counterparts.found().values():
        found += joined.rows(sandbox, limit)
    return sorted(found, key=lambda row: row.at, reverse=True)[:limit]


def labels() -> dict[str, str]:
    """Return what every action is called."""
    joined = counterparts.found().values()
    return LABELS | {name: label for counterpart in joined for name, label in counterpart.labels.items()}


def actions_for(names: list[str], subject: str) -> list[tuple[str, str, str]]:
    """Return the buttons for these actions on an object."""
    called = labels()
    return [(name, subject, called[name]) for name in names]


def _preference_row(sandbox: Sandbox, preference: Record) -> Row:
    expired = preferences.is_expired(sandbox, preference)
    total = money(preferences.total(preference), preference.body["items"][0]["currency_id"])
    return Row(
        "Mercado Pago",
        preference.id,
        preference.ref,
        total,
        "expired" if expired else "open",
        "preferencia",
        preference.created_at,
        page=preference.body["init_point"],
        actions=actions_for(["mp.late" if expired else "mp.pay"], preference.id),
    )


def _mp_row(sandbox: Sandbox, payment: Record) -> Row:
    body = payment.body
    row = Row(
        "Mercado Pago",
        payment.id,
        payment.ref,
        money(body["transaction_amount"], body["currency_id"]),
        payment.status,
        f"{body['payment_method_id']} · {body['status_detail']}",
        payment.updated_at,
        page=body["transaction_details"]["external_resource_url"] or "",
    )
    names = {
        "pending": ["mp.approve", "mp.expire", "mp.reject"],
        "in_process": ["mp.approve", "mp.reject"],
        "cancelled": ["mp.approve"],
        "approved": ["mp.second", "mp.chargeback", "mp.mediation"],
        "in_mediation": ["mp.mediation_end", "mp.mediation_refund", "mp.chargeback"],
    }.get(payment.status, [])
    if payment.status == "charged_back" and body["status_detail"] == "in_process":
        names = ["mp.chargeback_review", "mp.chargeback_win", "mp.chargeback_lose", "mp.chargeback_withdraw"]
    row.actions = actions_for([*names, "mp.notify"], payment.id)
    row.refund_action = "mp.refund" if payment.status == "approved" else ""
    for refund in sandbox.store.find(mp_refunds.KIND, parent=payment.id, status="in_process"):
        row.actions += actions_for(["mp.refund_settle", "mp.refund_reject"], refund.id)
    return row


def _session_row(sandbox: Sandbox, session: Record) -> Row:
    body = session.body
    status = session.status if session.status != "complete" else body["payment_status"]
    row = Row(
        "Stripe",
        session.id,
        session.ref,
        pricing.display(body["amount_total"], body["currency"]),
        status,
        "sesión",
        session.updated_at,
        page=body["url"] or "",
    )
    names = {
        "open": ["stripe.pay", "stripe.decline", "stripe.expire"],
        "expired": ["stripe.late", "stripe.notify"],
        "unpaid": ["stripe.pay_voucher", "stripe.expire_voucher", "stripe.notify"],
    }.get(status, ["stripe.notify"])
    if status == "unpaid":
        row.page = f"/stripe/voucher/{body['payment_intent']}"
    row.actions = actions_for(names, session.id)
    if status == "paid":
        _add_charge(sandbox, row, intents.fetch(sandbox, body["payment_intent"]))
    return row


def _add_charge(sandbox: Sandbox, row: Row, intent: Record) -> None:
    charge = sandbox.store.get(intents.CHARGE, intent.body["latest_charge"] or "")
    if charge is None:
        return
    refunded, found = charge.body["amount_refunded"], disputes.of_charge(sandbox, charge)
    names = _DISPUTE_NEXT.get(found[0].status, []) if found else ["stripe.dispute", "stripe.inquiry"]
    row.actions += actions_for(names, intent.id)
    if disputes.leave_refundable(sandbox, charge) and not charge.body["refunded"]:
        row.refund_action = "stripe.refund"
    if refunded:
        row.detail = f"devuelto {pricing.display(refunded, charge.body['currency'])}"
    if found:
        row.detail += f" · disputa {found[0].status}"
    for refund in sandbox.store.find(stripe_refunds.KIND, parent=charge.id):
        if refund.status == "pending":
            row.actions += actions_for(["stripe.refund_settle"], refund.id)
        if refund.status in ("pending", "succeeded"):
            row.actions += actions_for(["stripe.refund_fail"], refund.id)


def _intent_row(intent: Record) -> Row:
    body = intent.body
    row = Row(
        "Stripe",
        intent.id,
        intent.ref,
        pricing.display(body["amount"], body["currency"]),
        intent.status,
        "intención (app móvil)",
        intent.updated_at,
    )
    if intent.status == "requires_payment_method":
        row.actions = actions_for(["stripe.confirm", "stripe.confirm_declined"], intent.id)
    if intent.status == "succeeded":
        row.refund_action = "stripe.refund"
        row.actions = actions_for(["stripe.dispute"], intent.id)
    return row


def _what(sandbox: Sandbox, delivery: dict[str, Any]) -> str:
    """Return what a delivery is about: a Stripe event's type, or Mercado Pago's topic and action."""
    if delivery["provider"] == "stripe":
        event = sandbox.store.get(events.KIND, delivery["event_id"])
        return event.status if event else "evento"
    if delivery["provider"] in counterparts.found():
        return counterparts.found()[delivery["provider"]].describe_delivery(sandbox, delivery)
    kind, _, rest = delivery["event_id"].partition(":")
    return f"IPN {rest.partition(':')[0]}" if kind == "ipn" else kind


def _sender(code: str) -> str:
    joined = counterparts.found().get(code)
    return joined.name if joined else {"stripe": "Stripe"}.get(code, "Mercado Pago")


def deliveries(sandbox: Sandbox, limit: int = 60) -> list[JsonDict]:
    """Return the latest deliveries with their tries, newest first."""
    found = []
    for row in sandbox.store.rows("SELECT * FROM deliveries ORDER BY id DESC LIMIT ?", limit):
        delivery: dict[str, Any] = dict(row)
        delivery["what"] = _what(sandbox, delivery)
        delivery["sender"] = _sender(delivery["provider"])
        delivery["tries"] = sandbox.outbox.tries(row["id"])
        delivery["clock"] = time.strftime("%d/%m %H:%M:%S", time.localtime(row["created_at"]))
        delivery["in_seconds"] = max(0, round(row["due_at"] - sandbox.clock.due_now(), 1))
        found.append(delivery)
    return found
