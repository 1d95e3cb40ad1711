"""What an operator can do to Stripe's sessions, intents and charges, and their rows in the control page's table."""

from __future__ import annotations

from shop.sandbox import actions
from shop.sandbox.engine import Action, Perform, Sandbox
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.stripe import checkout, disputes, events, intents, options, pricing, refunds, sessions
from shop.sandbox.stripe.errors import ApiError
from shop.sandbox.table import TableRow


def _pay(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    method = str(params.get("method", "card"))
    if method == "card":
        return checkout.approve(sandbox, subject)
    return checkout.leave_voucher(sandbox, subject, method)


def _late(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    sandbox.faults.add("late_approval", provider=options.CODE, target=subject)
    return _pay(sandbox, subject, params)


def _decline(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return checkout.decline(sandbox, subject, str(params.get("code", "generic_decline")))


def _expire(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return sessions.expire(sandbox, sessions.fetch(sandbox, subject))


def _intent(sandbox: Sandbox, subject: str) -> Record:
    """Return an intent by its own subject or by its session's."""
    session = sandbox.store.get(sessions.KIND, subject)
    return intents.fetch(sandbox, (session.body["payment_intent"] or subject) if session else subject)


def _pay_voucher(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return checkout.pay_voucher(sandbox, _intent(sandbox, subject))


def _expire_voucher(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return checkout.fail_voucher(sandbox, _intent(sandbox, subject))


def _confirm(method: str) -> Perform:
    def action(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        intent = _intent(sandbox, subject)
        if intent.parent:
            raise actions.ActionRefused("Ese pago se confirma en su página.")
        try:
            return intents.confirm(sandbox, intent, method)
        except ApiError as error:
            if error.code != "card_declined":
                raise
            return intent

    return action


def _charge(sandbox: Sandbox, subject: str) -> Record:
    latest = _intent(sandbox, subject).body["latest_charge"]
    return actions.need(sandbox.store.get(intents.CHARGE, latest or ""))


def _refund(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    charge, amount = _charge(sandbox, subject), actions.amount(params)
    wanted: JsonDict = {"charge": charge.id}
    if amount is not None:
        places = 0 if charge.body["currency"] in pricing.ZERO_DECIMAL else 2
        wanted["amount"] = int(amount * 10**places)
    return refunds.create(sandbox, wanted)


def _settle(status: str) -> Perform:
    def action(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        return refunds.settle(sandbox, actions.need(sandbox.store.get(refunds.KIND, subject)), status)

    return action


def _dispute(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    charge, amount = _charge(sandbox, subject), actions.amount(params)
    places = 0 if charge.body["currency"] in pricing.ZERO_DECIMAL else 2
    return disputes.create(
        sandbox,
        charge,
        reason=str(params.get("reason") or "fraudulent"),
        amount=None if amount is None else int(amount * 10**places),
        is_inquiry=bool(params.get("inquiry")),
        days=actions.days(params),
    )


def _inquiry(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return _dispute(sandbox, subject, {**params, "inquiry": True})


def _decide(outcome: str) -> Perform:
    def action(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        return disputes.decide(sandbox, _charge(sandbox, subject), outcome)

    return action


def _escalate(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return disputes.escalate(sandbox, _charge(sandbox, subject))


def _review(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return disputes.review(sandbox, _charge(sandbox, subject))


def _notify(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    session = sessions.fetch(sandbox, subject)
    names = {"complete": "checkout.session.completed", "expired": "checkout.session.expired"}
    if session.status not in names:
        raise actions.ActionRefused("La sesión sigue abierta: no hay nada que avisar.")
    events.emit(sandbox, [(names[session.status], session.body)], sessions.targets_of(session))
    return session


ACTIONS = {
    "stripe.pay": Action("Pagar", _pay),
    "stripe.late": Action("Pagar fuera de término", _late),
    "stripe.decline": Action("Rechazar tarjeta", _decline),
    "stripe.expire": Action("Vencer sesión", _expire),
    "stripe.pay_voucher": Action("Pagar comprobante", _pay_voucher),
    "stripe.expire_voucher": Action("Vencer comprobante", _expire_voucher),
    "stripe.confirm": Action("Confirmar", _confirm("pm_card_visa")),
    "stripe.confirm_declined": Action("Rechazar", _confirm("pm_card_chargeDeclined")),
    "stripe.refund": Action("Devolver", _refund),
    "stripe.refund_settle": Action("Aprobar devolución", _settle("succeeded")),
    "stripe.refund_fail": Action("Fallar devolución", _settle("failed")),
    "stripe.dispute": Action("Disputa", _dispute),
    "stripe.inquiry": Action("Consulta del banco", _inquiry),
    "stripe.dispute_escalate": Action("Consulta pasa a disputa", _escalate),
    "stripe.dispute_review": Action("Evidencia recibida", _review),
    "stripe.dispute_win": Action("Disputa ganada", _decide("won")),
    "stripe.dispute_lose": Action("Disputa perdida", _decide("lost")),
    "stripe.dispute_withdraw": Action("Disputa retirada", _decide("withdrawn")),
    "stripe.notify": Action("Avisar de nuevo", _notify),
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


def rows(sandbox: Sandbox, limit: int) -> list[TableRow]:
    """Return the latest sessions, and the intents without one, as rows of the table."""
    found = [_session_row(sandbox, session) for session in sandbox.store.find(sessions.KIND, limit=limit)]
    return found + [_intent_row(i) for i in sandbox.store.find(intents.KIND, parent="", limit=limit)]


def _session_row(sandbox: Sandbox, session: Record) -> TableRow:
    body = session.body
    status = session.status if session.status != "complete" else body["payment_status"]
    row = TableRow(
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
    row.offer(names, session.id)
    if status == "paid":
        _add_charge(sandbox, row, intents.fetch(sandbox, body["payment_intent"]))
    return row


def _add_charge(sandbox: Sandbox, row: TableRow, intent: Record) -> None:
    charge = sandbox.store.get(intents.CHARGE, intent.body["latest_charge"] or "")
    if charge is None:
        return
    refunded, found = charge.body["amount_refunded"], disputes.of_charge(sandbox, charge)
    names = _DISPUTE_NEXT.get(found[0].status, []) if found else ["stripe.dispute", "stripe.inquiry"]
    row.offer(names, intent.id)
    if disputes.leave_refundable(sandbox, charge) and not charge.body["refunded"]:
        row.refund_action = "stripe.refund"
    if refunded:
        row.detail = f"devuelto {pricing.display(refunded, charge.body['currency'])}"
    if found:
        row.detail += f" · disputa {found[0].status}"
    for refund in sandbox.store.find(refunds.KIND, parent=charge.id):
        if refund.status == "pending":
            row.offer(["stripe.refund_settle"], refund.id)
        if refund.status in ("pending", "succeeded"):
            row.offer(["stripe.refund_fail"], refund.id)


def _intent_row(intent: Record) -> TableRow:
    body = intent.body
    row = TableRow(
        "Stripe",
        intent.id,
        intent.ref,
        pricing.display(body["amount"], body["currency"]),
        intent.status,
        "intención (app móvil)",
        intent.updated_at,
    )
    if intent.status == "requires_payment_method":
        row.offer(["stripe.confirm", "stripe.confirm_declined"], intent.id)
    if intent.status == "succeeded":
        row.refund_action = "stripe.refund"
        row.offer(["stripe.dispute"], intent.id)
    return row
