"""Sales and instalments as the contract shows them, read with the same number of statements however many there are."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from inventory.reservations.sellability import sellability_of
from orders.checkout.issues import variant_title
from orders.installments import bills
from orders.models import Installment, InstallmentPlan, Order, OrderLine, PaymentMethod
from payments.api.ventas import provider_ids
from payments.api.ventas.provider_ids import Ids
from payments.checkout import methods
from payments.models import Payment
from shop.accounts.models import User
from shop.core.money import CENT, ZERO

Answer = dict[str, Any]
_NO_IDS: Final = Ids()


def sales_of(user: User) -> "QuerySet[Order]":
    """Return an account's sales with all that is shown of them."""
    installments = Prefetch("plan__installments", Installment.objects.order_by("number"))
    lines = Prefetch("lines", OrderLine.objects.select_related("variant__product"))
    return (
        Order.objects.filter(user=user)
        .select_related("plan", "checkout__payment_method")
        .prefetch_related(lines, installments)
    )


def installments_of(user: User) -> "QuerySet[Installment]":
    """Return the instalments of an account's plans."""
    return Installment.objects.filter(plan__user=user).select_related("plan")


def sales(rows: Sequence[Order], user: User) -> list[Answer]:
    """Return sales as they are shown to their buyer; nine statements besides those that read the rows."""
    stock = _stock(line.variant_id for row in rows for line in row.lines.all() if line.variant_id)
    named = _methods(rows)
    at_stripe = provider_ids.of_payables([row.checkout_id for row in rows if not _plan(row)])
    cuotas = [one for row in rows for one in _installments(row)]
    of_cuotas = provider_ids.of_installments([one.pk for one in cuotas])
    return [
        _sale(row, user, named[row.pk], at_stripe.get(row.checkout_id, _NO_IDS))
        | {
            "detalles": [_line(line, stock) for line in row.lines.all()],
            "cuotas": [_installment(one, of_cuotas.get(one.pk, _NO_IDS)) for one in _installments(row)],
        }
        for row in rows
    ]


def installments(rows: Sequence[Installment]) -> list[Answer]:
    """Return instalments as they are shown; three statements besides those that read the rows."""
    found = provider_ids.of_installments([row.pk for row in rows])
    return [_installment(row, found.get(row.pk, _NO_IDS)) for row in rows]


def _sale(order: Order, user: User, method: PaymentMethod, ids: Ids) -> Answer:
    plan = _plan(order)
    return {
        "idVenta": order.number,
        "usuario": user.public_number,
        "metodoPago": method.public_number,
        "nombre_metodo_pago": method.name,
        "subtotal": order.subtotal,
        "interes": plan.factor.quantize(CENT) if plan else ZERO,
        "total": order.total,
        "nrocuotas": plan.count if plan else 1,
        "stripe_payment_intent_id": ids.intent,
        "stripe_checkout_session_id": ids.session,
        "fecha_venta": order.placed_at,
        "fecha_modificacion": order.updated_at,
        "cantidad_productos": len(order.lines.all()),
    }


def _line(line: OrderLine, stock: dict[UUID, int]) -> Answer:
    variant = line.variant
    product = None
    if variant is not None:
        product = {
            "idProducto": variant.public_number,
            "nombre": variant_title(variant.product.name, variant.name),
            "precio": variant.price,
            "stock": stock.get(variant.pk, 0),
        }
    return {
        "idDetalleVenta": line.public_number,
        "producto": variant.public_number if variant else None,
        "producto_detalle": product,
        "nombre_producto": line.name,
        "cantidad": line.quantity,
        "precio": line.unit_price,
        "subtotal": line.total,
        "fecha_creacion": line.created_at,
    }


def _installment(row: Installment, ids: Ids) -> Answer:
    """Return an instalment. It counts as paid when nothing is open of it and something was paid."""
    is_paid = is_settled(row)
    return {
        "idCuota": row.public_number,
        "numero_cuota": row.number,
        "monto": row.paid + row.open_amount,
        "pagada": is_paid,
        "fecha_vencimiento": row.due_date,
        "fecha_pago": row.settled_at if is_paid else None,
        "esta_vencida": bills.is_overdue(row.plan, row),
        "stripe_payment_intent_id": ids.intent,
        "stripe_checkout_session_id": ids.session,
        "fecha_creacion": row.created_at,
    }


def is_settled(row: Installment) -> bool:
    """Say whether an instalment was paid, as against one that fell because its goods came back."""
    return not row.open_amount and row.paid > ZERO


def per_installment(rows: Sequence[Installment]) -> Decimal:
    """Return what one instalment of a plan costs: the last, since units that are left over are on the first."""
    return rows[-1].amount


def _plan(order: Order) -> InstallmentPlan | None:
    found: InstallmentPlan | None = getattr(order, "plan", None)
    return found


def _installments(order: Order) -> list[Installment]:
    plan = _plan(order)
    rows = list(plan.installments.all()) if plan else []
    for row in rows:
        row.plan = plan  # type: ignore[assignment]
    return rows


def _stock(variant_ids: Iterable[UUID]) -> dict[UUID, int]:
    keys = set(variant_ids)
    if not keys:
        return {}
    return {key: found.total for key, found in sellability_of(keys).items()}


def _methods(rows: Sequence[Order]) -> dict[UUID, PaymentMethod]:
    """Return by which method each sale is paid: the one that was named, else that of its payment's provider."""
    every = methods.every()
    paid = Payment.objects.filter(order__in=rows, role=Payment.Role.ORDER).order_by("created_at")
    gateways = dict(paid.values_list("order_id", "gateway"))
    return {
        row.pk: row.checkout.payment_method or methods.of_gateway(every, gateways.get(row.pk, ""))
        for row in rows
    }
