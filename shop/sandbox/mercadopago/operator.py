"""What an operator can do to Mercado Pago's payments, and their rows in the control page's table."""

from __future__ import annotations

from shop.sandbox import actions
from shop.sandbox.engine import Action, Perform, Sandbox
from shop.sandbox.mercadopago import chargebacks, payments, preferences, refunds
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.table import TableRow
from shop.sandbox.templating import money


def _pay(sandbox: Sandbox, subject: str, params: JsonDict, *, force: bool = False) -> Record:
    outcome = str(params.get("outcome", "approved"))
    if outcome not in payments.OUTCOMES:
        raise actions.ActionRefused("Ese resultado no existe.")
    return payments.pay(
        sandbox,
        preferences.fetch(sandbox, subject),
        method_id=str(params.get("method", "visa")),
        outcome=outcome,
        installments=actions.installments(params),
        force=force,
    )


def _late(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return _pay(sandbox, subject, params, force=True)


def _second(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    payment = payments.fetch(sandbox, subject)
    return _pay(sandbox, payment.parent, {**params, "outcome": "approved"}, force=True)


def _approve(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    payment = payments.fetch(sandbox, subject)
    if payment.status not in (*payments.OPEN, "cancelled"):
        raise actions.ActionRefused("Sólo se acredita un pago pendiente o vencido.")
    return payments.move(sandbox, payment, "approved", "accredited")


def _move(allowed: tuple[str, ...], status: str, detail: str) -> Perform:
    def action(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        payment = payments.fetch(sandbox, subject)
        if payment.status not in allowed:
            raise actions.ActionRefused(f"El pago está {payment.status}.")
        return payments.move(sandbox, payment, status, detail)

    return action


def _refund(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    amount = actions.amount(params)
    body = {} if amount is None else {"amount": float(amount)}
    return refunds.create(sandbox, subject, body, source="panel")


def _settle(status: str) -> Perform:
    def action(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        return refunds.settle(sandbox, actions.need(sandbox.store.get(refunds.KIND, subject)), status)

    return action


def _chargeback(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    amount = actions.amount(params)
    return chargebacks.create(
        sandbox,
        payments.fetch(sandbox, subject),
        reason=str(params.get("reason") or "general"),
        amount=None if amount is None else float(amount),
        days=actions.days(params),
    )


def _decide(outcome: str) -> Perform:
    def action(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        return chargebacks.decide(sandbox, payments.fetch(sandbox, subject), outcome)

    return action


def _review(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return chargebacks.review(sandbox, payments.fetch(sandbox, subject))


def _mediation(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return chargebacks.mediate(sandbox, payments.fetch(sandbox, subject))


def _end_mediation(refunded: bool) -> Perform:
    def action(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        return chargebacks.end_mediation(sandbox, payments.fetch(sandbox, subject), refunded=refunded)

    return action


def _notify(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    payment = payments.fetch(sandbox, subject)
    refunds.announce(sandbox, payment)
    return payment


ACTIONS = {
    "mp.pay": Action("Pagar", _pay),
    "mp.late": Action("Pagar fuera de término", _late),
    "mp.second": Action("Pagar otra vez", _second),
    "mp.approve": Action("Acreditar", _approve),
    "mp.reject": Action("Rechazar", _move(tuple(payments.OPEN), "rejected", "cc_rejected_other_reason")),
    "mp.expire": Action("Vencer", _move(tuple(payments.OPEN), "cancelled", "expired")),
    "mp.mediation": Action("Reclamo", _mediation),
    "mp.mediation_end": Action("Reclamo cerrado", _end_mediation(False)),
    "mp.mediation_refund": Action("Reclamo devuelto", _end_mediation(True)),
    "mp.refund": Action("Devolver", _refund),
    "mp.refund_settle": Action("Aprobar devolución", _settle("approved")),
    "mp.refund_reject": Action("Rechazar devolución", _settle("rejected")),
    "mp.chargeback": Action("Contracargo", _chargeback),
    "mp.chargeback_review": Action("Papeles recibidos", _review),
    "mp.chargeback_win": Action("Contracargo ganado", _decide("won")),
    "mp.chargeback_lose": Action("Contracargo perdido", _decide("lost")),
    "mp.chargeback_withdraw": Action("Contracargo retirado", _decide("withdrawn")),
    "mp.notify": Action("Avisar de nuevo", _notify),
}


def rows(sandbox: Sandbox, limit: int) -> list[TableRow]:
    """Return the latest payments and unpaid preferences as rows of the table."""
    found = [_payment_row(sandbox, payment) for payment in sandbox.store.find(payments.KIND, limit=limit)]
    return found + [_preference_row(sandbox, p) for p in sandbox.store.find(preferences.KIND, limit=limit)]


def _preference_row(sandbox: Sandbox, preference: Record) -> TableRow:
    expired = preferences.is_expired(sandbox, preference)
    total = money(preferences.total(preference), preference.body["items"][0]["currency_id"])
    return TableRow(
        "Mercado Pago",
        preference.id,
        preference.ref,
        total,
        "expired" if expired else "open",
        "preferencia",
        preference.created_at,
        page=preference.body["init_point"],
        actions=[("mp.late" if expired else "mp.pay", preference.id)],
    )


def _payment_row(sandbox: Sandbox, payment: Record) -> TableRow:
    body = payment.body
    row = TableRow(
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
    row.offer([*names, "mp.notify"], payment.id)
    row.refund_action = "mp.refund" if payment.status == "approved" else ""
    for refund in sandbox.store.find(refunds.KIND, parent=payment.id, status="in_process"):
        row.offer(["mp.refund_settle", "mp.refund_reject"], refund.id)
    return row
