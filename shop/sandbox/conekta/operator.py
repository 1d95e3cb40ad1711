"""What an operator can do to Conekta's orders and charges, and their rows in the control page's table."""

from __future__ import annotations

from decimal import Decimal

from shop.sandbox import actions
from shop.sandbox.conekta import chargebacks, charges, notifications, orders
from shop.sandbox.conekta.errors import ApiError, not_found
from shop.sandbox.engine import Action, Perform, Sandbox
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.table import TableRow
from shop.sandbox.templating import money


def _pay(sandbox: Sandbox, subject: str, params: JsonDict, *, force: bool = False) -> Record:
    order = orders.fetch(sandbox, subject)
    months = actions.installments(params)
    method = str(params.get("method", "card"))
    return charges.pay(sandbox, order, method=method, installments=months, force=force)


def _late(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return _pay(sandbox, subject, params, force=True)


def _decline(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    code = str(params.get("code", "insufficient_funds"))
    return charges.pay(sandbox, orders.fetch(sandbox, subject), method="card", decline=code)


def _expire(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    order = orders.fetch(sandbox, subject)
    orders.expire(sandbox, order)
    return order


def _charge(sandbox: Sandbox, subject: str) -> Record:
    """Return a charge by its own number, or the last one of an order."""
    if not subject.startswith("ord_"):
        return charges.fetch(sandbox, subject)
    found = orders.charges_of(sandbox, orders.fetch(sandbox, subject))
    if not found:
        raise not_found(subject)
    return found[-1]


def _pay_voucher(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    charge = _charge(sandbox, subject)
    if charge.internal["method"] not in charges.VOUCHERS or charge.internal.get("paid"):
        raise ApiError(422, "processing.charge.status", "Sólo se paga una referencia pendiente o vencida.")
    charges.settle(sandbox, orders.fetch(sandbox, charge.parent), charge)
    return charge


def _expire_voucher(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    charge = _charge(sandbox, subject)
    orders.expire(sandbox, orders.fetch(sandbox, charge.parent))
    return charges.fetch(sandbox, charge.id)


def _refund(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    charge = _charge(sandbox, subject)
    rest = charge.body["amount"] - orders.refunded_of(charge)
    wanted = actions.amount(params)
    amount = rest if wanted is None else int(wanted * 100)
    return charges.refund(sandbox, charge.parent, {"amount": amount, "reason": "requested_by_client"})


def _settle(status: str) -> Perform:
    def action(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        refund = sandbox.store.get(orders.REFUND, subject)
        if refund is None:
            raise not_found(subject)
        return charges.settle_refund(sandbox, refund, status)

    return action


def _chargeback(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    reason = str(params.get("reason") or "unrecognized")
    charge = _charge(sandbox, subject)
    return chargebacks.create(sandbox, charge, reason=reason, days=actions.days(params, default=5))


def _review(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    return chargebacks.review(sandbox, _charge(sandbox, subject))


def _decide(outcome: str) -> Perform:
    def action(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
        return chargebacks.decide(sandbox, _charge(sandbox, subject), outcome)

    return action


def _notify(sandbox: Sandbox, subject: str, params: JsonDict) -> Record:
    order = orders.fetch(sandbox, subject)
    if order.status == orders.OPEN:
        raise ApiError(422, "processing.order.status", "La orden sigue abierta: no hay nada que avisar.")
    notifications.emit(sandbox, order, [(f"order.{order.status}", order.body)])
    return order


ACTIONS = {
    "conekta.pay": Action("Pagar", _pay),
    "conekta.late": Action("Pagar fuera de término", _late),
    "conekta.decline": Action("Rechazar tarjeta", _decline),
    "conekta.expire": Action("Vencer", _expire),
    "conekta.pay_voucher": Action("Pagar referencia", _pay_voucher),
    "conekta.expire_voucher": Action("Vencer referencia", _expire_voucher),
    "conekta.refund": Action("Devolver", _refund),
    "conekta.refund_settle": Action("Aprobar devolución", _settle("succeeded")),
    "conekta.refund_fail": Action("Fallar devolución", _settle("failed")),
    "conekta.chargeback": Action("Contracargo", _chargeback),
    "conekta.chargeback_review": Action("Papeles recibidos", _review),
    "conekta.chargeback_win": Action("Contracargo ganado", _decide("won")),
    "conekta.chargeback_cover": Action("Contracargo cubierto", _decide("covered")),
    "conekta.chargeback_lose": Action("Contracargo perdido", _decide("lost")),
    "conekta.notify": Action("Avisar de nuevo", _notify),
}
_NEXT = {
    orders.OPEN: ["conekta.pay", "conekta.decline", "conekta.expire"],
    orders.PENDING: ["conekta.pay_voucher", "conekta.expire_voucher"],
    orders.EXPIRED: ["conekta.late", "conekta.notify"],
    orders.CANCELED: ["conekta.late", "conekta.notify"],
    "paid": ["conekta.chargeback", "conekta.notify"],
    "partially_refunded": ["conekta.chargeback", "conekta.notify"],
}

# The first only while evidence is awaited.
_CHARGEBACK_NEXT = [
    "conekta.chargeback_review",
    "conekta.chargeback_win",
    "conekta.chargeback_cover",
    "conekta.chargeback_lose",
]


def rows(sandbox: Sandbox, limit: int) -> list[TableRow]:
    """Return the latest orders as rows of the table."""
    return [_row(sandbox, order) for order in sandbox.store.find(orders.KIND, limit=limit)]


def _row(sandbox: Sandbox, order: Record) -> TableRow:
    body, found = order.body, orders.charges_of(sandbox, order)
    row = TableRow(
        "Conekta",
        order.id,
        order.ref,
        money(Decimal(body["amount"]) / 100, body["currency"]),
        "pending" if order.status == orders.PENDING else order.status,
        f"{found[-1].internal['method']} · {found[-1].status}" if found else "orden",
        order.updated_at,
        page=body["checkout"]["url"],
    )
    names = _NEXT.get(order.status, ["conekta.notify"])
    disputed = [charge.body["chargeback"] for charge in found if charge.body["chargeback"]]
    if disputed and disputed[-1]["status"] in chargebacks.OPEN:
        names = _CHARGEBACK_NEXT[disputed[-1]["status"] != "action_required" :]
    row.offer(names, order.id)
    row.refund_action = "conekta.refund" if body["is_refundable"] and order.status != "refunded" else ""
    for charge in found:
        for refund in sandbox.store.find(orders.REFUND, parent=charge.id):
            names = {"pending": ["conekta.refund_settle", "conekta.refund_fail"]}.get(refund.status, [])
            row.offer(names, refund.id)
    return row
