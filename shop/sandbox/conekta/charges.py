"""Charges: what shoppers do on Conekta's page, and its effects. All amounts are in centavos."""

from __future__ import annotations

from decimal import Decimal

from shop.sandbox.conekta import notifications, options, orders
from shop.sandbox.conekta.errors import ApiError, not_found
from shop.sandbox.conekta.validation import check_refund
from shop.sandbox.engine import Sandbox
from shop.sandbox.store import JsonDict, Record

VOUCHERS = ("cash", "bank_transfer")
DECLINES = {
    "insufficient_funds": "Esta tarjeta no tiene fondos suficientes.",
    "card_declined": "El banco declinó la tarjeta.",
    "suspected_fraud": "El pago no pasó la revisión de seguridad.",
}


class PaymentRefused(Exception):
    """The hosted page cannot take this payment; the message is for the shopper (Spanish)."""


def pay(
    sandbox: Sandbox,
    order: Record,
    *,
    method: str,
    decline: str = "",
    installments: int = 1,
    force: bool = False,
) -> Record:
    """Charge an order: a card is paid or declined at once, cash and transfers stay pending with a reference.

    ``decline`` names why the card is refused; ``force`` pays an order that has ended (operators only).

    Raises:
        PaymentRefused: the order has ended, or does not offer this.
    """
    late = force or sandbox.faults.take(
        "late_approval", options.CODE, targets=notifications.targets_of(order)
    )
    if order.status == orders.PAID or (order.status not in orders.UNPAID and not late):
        raise PaymentRefused("Este enlace de pago ya no está vigente.")
    checkout = order.body["checkout"]
    months = checkout["monthly_installments_options"] if checkout["monthly_installments_enabled"] else []
    if method not in checkout["allowed_payment_methods"] or (installments > 1 and installments not in months):
        raise PaymentRefused("Esa forma de pago no está disponible.")
    with sandbox.store.transaction():
        charge = _new(sandbox, order, method, installments)
        _tamper(sandbox, order, charge)
        if method in VOUCHERS:
            put(sandbox, charge, orders.PENDING)
            orders.refresh(sandbox, order, orders.PENDING)
            notifications.emit(sandbox, order, [("order.pending_payment", order.body)])
        elif decline:
            charge.body.update(failure_code=decline, failure_message=DECLINES.get(decline, "Declinada."))
            put(sandbox, charge, "declined")
            orders.refresh(sandbox, order)
            notifications.emit(sandbox, order, [("charge.declined", charge.body)])
        else:
            settle(sandbox, order, charge)
    return charge


def _new(sandbox: Sandbox, order: Record, method: str, installments: int) -> Record:
    now = int(sandbox.clock.now())
    charge_id = f"{now:x}{sandbox.ids.digits(16)}"
    body: JsonDict = {
        "id": charge_id,
        "object": "charge",
        "order_id": order.id,
        "livemode": order.body["livemode"],
        "amount": order.body["amount"],
        "currency": order.body["currency"],
        "created_at": now,
        "paid_at": None,
        "status": "",
        "description": "Payment from order",
        "failure_code": None,
        "failure_message": None,
        "monthly_installments": installments if installments > 1 else None,
        "payment_method": _method(sandbox, order, method),
        "refunds": {"object": "list", "has_more": False, "data": []},
        "chargeback": None,
    }
    internal = {"method": method}
    record = Record(orders.CHARGE, charge_id, body, parent=order.id, ref=order.ref, internal=internal)
    return sandbox.store.add(record)


def _method(sandbox: Sandbox, order: Record, method: str) -> JsonDict:
    expires_at = order.body["checkout"]["expires_at"]
    if method == "cash":
        return {
            "object": "cash_payment",
            "type": "cash",
            "service_name": "oxxo_cash_in",
            "product_type": "oxxo_cash_in",
            "reference": sandbox.ids.digits(14),
            "barcode_url": None,
            "expires_at": expires_at,
        }
    if method == "bank_transfer":
        return {
            "object": "bank_transfer_payment",
            "type": "spei",
            "bank": "STP",
            "clabe": f"646180{sandbox.ids.digits(12)}",
            "expires_at": expires_at,
        }
    return {
        "object": "card_payment",
        "type": "credit",
        "brand": "visa",
        "issuer": "BANAMEX",
        "last4": "4242",
        "exp_month": "11",
        "exp_year": "30",
        "name": order.body["customer_info"]["name"],
        "auth_code": sandbox.ids.digits(6),
    }


def _tamper(sandbox: Sandbox, order: Record, charge: Record) -> None:
    targets = notifications.targets_of(order)
    if fault := sandbox.faults.take("amount_delta", options.CODE, targets=targets):
        charge.body["amount"] += int(Decimal(fault["delta"]) * 100)
    if fault := sandbox.faults.take("other_currency", options.CODE, targets=targets):
        charge.body["currency"] = fault["currency"].upper()
    if sandbox.faults.take("other_account", options.CODE, targets=targets):
        order.body["livemode"] = charge.body["livemode"] = not order.body["livemode"]


def put(sandbox: Sandbox, charge: Record, status: str) -> None:
    """Write a charge's status."""
    charge.status = charge.body["status"] = status
    sandbox.store.save(charge)


def settle(sandbox: Sandbox, order: Record, charge: Record) -> None:
    """Let a charge's money arrive, and notify it twice: of the charge and of the order."""
    with sandbox.store.transaction():
        charge.internal["paid"] = True
        charge.body["paid_at"] = int(sandbox.clock.now())
        put(sandbox, charge, "paid")
        order.body["checkout"]["paid_payments_count"] = 1
        orders.refresh(sandbox, order, orders.PAID)
        notifications.emit(sandbox, order, [("charge.paid", charge.body), ("order.paid", order.body)])


def fetch(sandbox: Sandbox, charge_id: str) -> Record:
    """Return a charge.

    Raises:
        ApiError: 404.
    """
    record = sandbox.store.get(orders.CHARGE, charge_id)
    if record is None:
        raise not_found(charge_id)
    return record


# -- Money back -------------------------------------------------------------------------------------------------------
def refund(sandbox: Sandbox, order_id: str, body: object) -> Record:
    """Send part or all of a card's money back; every call is another refund.

    Raises:
        ApiError: 404; 422 for too much, for a voucher, or for an order without money.
    """
    wanted = check_refund(body)
    with sandbox.store.transaction():
        order = orders.fetch(sandbox, order_id)
        paid = [charge for charge in orders.charges_of(sandbox, order) if charge.status in REFUNDABLE]
        if not paid or paid[0].internal["method"] != "card":
            raise ApiError(422, "processing.refund.not_refundable", "This order cannot be refunded.")
        charge = paid[0]
        taken = -sum(row["amount"] for row in charge.body["refunds"]["data"] if row["status"] != "failed")
        if wanted["amount"] > charge.body["amount"] - taken:
            raise ApiError(422, "processing.refund.amount", "The amount is more than remains.", "amount")
        status, due = _outcome(sandbox, order)
        refund_id = f"{int(sandbox.clock.now()):x}{sandbox.ids.digits(16)}"
        row = {
            "id": refund_id,
            "object": "refund",
            "amount": -wanted["amount"],
            "auth_code": sandbox.ids.digits(6),
            "created_at": int(sandbox.clock.now()),
            "status": status,
        }
        record = Record(orders.REFUND, refund_id, row, parent=charge.id, ref=order.ref, status=status)
        record.due_at = due
        sandbox.store.add(record)
        return _apply(sandbox, charge)


REFUNDABLE = ("paid", "partially_refunded")


def _outcome(sandbox: Sandbox, order: Record) -> tuple[str, float | None]:
    targets = notifications.targets_of(order)
    if sandbox.faults.take("refund_failed", options.CODE, targets=targets):
        return "failed", None
    if slow := sandbox.faults.take("refund_in_process", options.CODE, targets=targets):
        return "pending", sandbox.clock.due_now() + slow["seconds"] if slow["seconds"] else None
    return "succeeded", None


def _apply(sandbox: Sandbox, charge: Record) -> Record:
    """Write a charge's refunds and its status as they are now, and notify it; return the order."""
    order = orders.fetch(sandbox, charge.parent)
    rows = [record.body for record in sandbox.store.find(orders.REFUND, parent=charge.id)[::-1]]
    charge.body["refunds"]["data"] = rows
    done = orders.refunded_of(charge)
    status = "paid" if not done else "refunded" if done >= charge.body["amount"] else "partially_refunded"
    put(sandbox, charge, status)
    orders.refresh(sandbox, order, status)
    if done:
        notifications.emit(sandbox, order, [(f"order.{status}", order.body)])
    return order


def settle_refund(sandbox: Sandbox, refund: Record, status: str = "succeeded") -> Record:
    """End a refund: one on its way succeeds or fails; one that succeeded may still fail days later.

    Raises:
        ApiError: it has failed already, or succeeded and shall succeed again.
    """
    if refund.status == "failed" or refund.status == status:
        raise ApiError(422, "processing.refund.status", f"The refund is {refund.status}.")
    with sandbox.store.transaction():
        refund.status = refund.body["status"] = status
        refund.due_at = None
        sandbox.store.save(refund)
        _apply(sandbox, fetch(sandbox, refund.parent))
    return refund
