"""The contract's own sentences, in Spanish whatever language a client asks for; and how issues are said in it."""

from collections.abc import Sequence
from typing import Final

from orders.checkout.issues import CheckoutIssue, Kind
from payments.api import refusals

CREATED_AT_ONCE: Final = "Pago al contado - Checkout creado"
NOTE_AT_ONCE: Final = "Complete el pago para confirmar su compra"
CREATED_IN_INSTALLMENTS: Final = "Venta con cuotas creada exitosamente"
NOTE_IN_INSTALLMENTS: Final = "Ahora puede pagar cada cuota individualmente usando los endpoints de pago"
PAID_ALREADY: Final = "Cuota ya pagada"
NOT_YOURS: Final = "No autorizado"
NO_INSTALLMENT: Final = "Cuota no encontrada"
# Not in the contract, in its way of writing.
NO_SALE: Final = "Venta no encontrada"
NOT_OWED: Final = "Cuota anulada"
IN_PROGRESS: Final = "Hay un pago de esta cuota en curso"
NO_LINES: Final = "detalles no puede estar vacío"
BAD_QUANTITY: Final = "La cantidad debe ser un número entero mayor que 0"
NO_COUNT: Final = "No se ofrecen {count} cuotas para esta compra"
NO_METHOD: Final = "Método de pago {number} no disponible"
NO_PRODUCT: Final = "Producto {number} no encontrado"
TWICE: Final = "El producto {number} está repetido"
NO_INTENT: Final = "El pago dentro de la app no está disponible: use generar-link-pago"


def short(name: str, available: int) -> str:
    """Return the sentence of too few units."""
    return f"Stock insuficiente para {name}. Disponible: {max(0, available)}"


def sentence(issues: Sequence[CheckoutIssue]) -> str:
    """Return issues as the contract says them: the first line with too few units alone, else the pages' own words."""
    for issue in issues:
        if issue.kind in {Kind.SHORT, Kind.SOLD_OUT}:
            return short(issue.name, issue.available)
    return refusals.sentence(issues)
