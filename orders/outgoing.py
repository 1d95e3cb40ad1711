"""What other systems may be told of orders, instalments and withdrawals: types, and the data each carries.

Data are thin: keys, public numbers, states and amounts; whoever needs more asks the API. One line for each type.
"""

from collections.abc import Iterator

from django.utils.translation import gettext_lazy as _

from orders.installments.outgoing import DUE, OVERDUE, installment
from orders.models import (
    Cancellation,
    InstallmentBill,
    InstallmentPlan,
    Invoice,
    Order,
    OrderHold,
    Reimbursement,
    Shipment,
    WithdrawalRequest,
)
from orders.returns import outgoing as of_returns
from shop.core.json_types import JsonObject
from shop.core.models import Event
from shop.core.outgoing.publishing import contribute
from shop.core.outgoing.types import PublicType, amount

_ORDER, _PLAN, _BILL = "orders.order", "orders.installmentplan", "orders.installmentbill"
_SHIPMENT = "orders.shipment"
_OWED, _WITHDRAWAL, _INVOICE = "orders.reimbursement", "orders.withdrawalrequest", "orders.invoice"


def order(found: Order, event: Event) -> JsonObject:
    """Return the data of an order."""
    return {
        "order": str(found.pk),
        "number": found.number,
        "status": found.status,
        "total": amount(found.total),
        "currency": found.currency,
    }


def _paid_at_once(found: Order, event: Event) -> JsonObject | None:
    """Return the data of an order that was paid when it was placed: not of one in the shop's own instalments."""
    return None if found.transaction_id.startswith("plan:") else order(found, event)


def _kept_back(found: Order, event: Event) -> JsonObject:
    key = str(event.data.get("hold", ""))
    kinds = OrderHold.objects.filter(pk=key).values_list("kind", flat=True) if key else []
    return {**order(found, event), "hold": key, "kind": next(iter(kinds), "")}


def _cancelled_units(found: Order, event: Event) -> JsonObject:
    made = Cancellation.objects.get(pk=str(event.data["cancellation"]))
    lines = made.lines.select_related("order_line").order_by("created_at", "pk")
    return {
        **order(found, event),
        "cancellation": str(made.pk),
        "by": made.by,
        "reason": made.reason,
        "is_whole": made.is_whole,
        "lines": [
            {"number": line.order_line.public_number, "sku": line.order_line.sku, "quantity": line.quantity}
            for line in lines
        ],
    }


def plan(found: InstallmentPlan, event: Event) -> JsonObject:
    """Return the data of a plan."""
    return {
        "plan": str(found.pk),
        "order": str(found.order_id),
        "number": found.order.number,
        "status": found.status,
        "count": found.count,
        "total": amount(found.total),
        "currency": found.currency,
    }


def _paid_off(found: InstallmentPlan, event: Event) -> JsonObject:
    return order(found.order, event)


def _paid_installments(bill: InstallmentBill, event: Event) -> Iterator[JsonObject]:
    for line in bill.lines.select_related("installment__plan__order").order_by("installment__number"):
        yield {**installment(line.installment), "bill": str(bill.pk)}


def _reimbursement(found: Reimbursement, event: Event) -> JsonObject:
    return {
        "reimbursement": str(found.pk),
        "order": str(found.order_id),
        "number": found.order.number,
        "status": found.status,
        "amount": amount(found.amount),
        "currency": found.currency,
    }


def _invoice(found: Invoice, event: Event) -> JsonObject:
    return {
        "invoice": str(found.pk),
        "kind": found.kind,
        "number": found.name,
        "order": str(found.order_id),
        "order_number": found.order.number,
        "related_to": str(found.related_to_id) if found.related_to_id else None,
        "total": amount(found.total),
        "currency": found.currency,
    }


def shipment(found: Shipment, event: Event) -> JsonObject:
    """Return the data of a shipment: who it goes to is asked of the API."""
    lines = found.lines.select_related("order_line")
    return {
        "shipment": str(found.pk),
        "shipment_number": found.number,
        "order": str(found.order_id),
        "number": found.order.number,
        "status": found.status,
        "carrier": found.carrier,
        "tracking_number": found.tracking_number,
        "tracking_url": found.tracking_url,
        "lines": [
            {"number": line.order_line.public_number, "sku": line.order_line.sku, "quantity": line.quantity}
            for line in lines
        ],
    }


def _withdrawal(found: WithdrawalRequest, event: Event) -> JsonObject:
    return {
        "withdrawal": str(found.pk),
        "code": found.code,
        "status": found.status,
        "order": str(found.order_id) if found.order_id else None,
    }


contribute(
    *of_returns.TYPES,
    PublicType("order.placed", _("an order was placed"), _ORDER, kind="placed", describe=order),
    PublicType("order.paid", _("an order is paid"), _ORDER, kind="placed", describe=_paid_at_once),
    PublicType("order.paid", _("an order is paid"), _PLAN, to="paid", describe=_paid_off),
    PublicType("order.completed", _("an order is completed"), _ORDER, to="completed", describe=order),
    PublicType("order.cancelled", _("an order was cancelled"), _ORDER, to="cancelled", describe=order),
    PublicType("order.held", _("an order is kept back"), _ORDER, kind="held", describe=_kept_back),
    PublicType(
        "order.released",
        _("a reason to keep an order back is gone"),
        _ORDER,
        kind="hold released",
        describe=_kept_back,
    ),
    PublicType("order.picked", _("an order was picked"), _ORDER, kind="picked", describe=order),
    PublicType("order.unpicked", _("a pick was taken back"), _ORDER, kind="pick taken back", describe=order),
    PublicType(
        "order.units_cancelled",
        _("units of an order were cancelled"),
        _ORDER,
        kind="units cancelled",
        describe=_cancelled_units,
    ),
    PublicType(
        "order.restocked",
        _("units of an order are back in stock"),
        _ORDER,
        kind="units back in stock",
        describe=order,
    ),
    PublicType(
        "shipment.created",
        _("a shipment is being packed"),
        _SHIPMENT,
        kind="prepared",
        describe=shipment,
    ),
    PublicType("shipment.shipped", _("a shipment has left"), _SHIPMENT, to="shipped", describe=shipment),
    PublicType(
        "shipment.delivered", _("a shipment has arrived"), _SHIPMENT, to="delivered", describe=shipment
    ),
    PublicType("shipment.returned", _("a shipment came back"), _SHIPMENT, to="returned", describe=shipment),
    PublicType(
        "shipment.cancelled", _("a shipment was cancelled"), _SHIPMENT, to="cancelled", describe=shipment
    ),
    PublicType(
        "withdrawal.requested",
        _("a buyer withdraws from a purchase"),
        _WITHDRAWAL,
        kind="withdrawal requested",
        describe=_withdrawal,
    ),
    PublicType(
        "withdrawal.answered",
        _("a withdrawal was answered"),
        _WITHDRAWAL,
        to="answered",
        describe=_withdrawal,
    ),
    PublicType("reimbursement.owed", _("a buyer is owed money"), _OWED, kind="owed", describe=_reimbursement),
    PublicType(
        "reimbursement.paid", _("what a buyer is owed was paid"), _OWED, to="paid", describe=_reimbursement
    ),
    PublicType(
        "reimbursement.failed",
        _("what a buyer is owed could not be paid"),
        _OWED,
        to="failed",
        describe=_reimbursement,
    ),
    PublicType(
        "invoice.issued",
        _("an invoice, a credit note or a receipt was issued"),
        _INVOICE,
        to="authorised",
        describe=_invoice,
    ),
    PublicType("plan.accepted", _("instalments were agreed"), _PLAN, kind="accepted", describe=plan),
    PublicType("plan.active", _("the first instalment is paid"), _PLAN, to="active", describe=plan),
    PublicType("plan.paid", _("all instalments are paid"), _PLAN, to="paid", describe=plan),
    PublicType("plan.cancelled", _("instalments were cancelled"), _PLAN, to="cancelled", describe=plan),
    PublicType("installment.paid", _("an instalment is paid"), _BILL, to="paid", describe=_paid_installments),
    # Published with the reminders, which write no event.
    PublicType(DUE, _("an instalment falls due")),
    PublicType(OVERDUE, _("an instalment is overdue")),
)
