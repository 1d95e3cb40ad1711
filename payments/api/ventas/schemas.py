"""Bodies and answers of the client contract, key by key in its order; its names are Spanish."""

from datetime import date

from pydantic import StrictInt

from shop.core.api.schemas import Amount, AmountNumber, Input, Moment, Schema


class NuevoDetalle(Input):
    producto: StrictInt
    cantidad: StrictInt


class NuevaVenta(Input):
    metodoPago: StrictInt
    nrocuotas: StrictInt
    detalles: list[NuevoDetalle]


class ProductoDetalle(Schema):
    """A variant as it is now: its price, and how many units may be sold."""

    idProducto: int
    nombre: str
    precio: Amount
    stock: int


class DetalleVenta(Schema):
    """A line of a sale; `producto` is null once the variant was deleted."""

    idDetalleVenta: int
    producto: int | None
    producto_detalle: ProductoDetalle | None
    nombre_producto: str
    cantidad: int
    precio: Amount
    subtotal: Amount
    fecha_creacion: Moment


class Cuota(Schema):
    """An instalment. `monto` is what was paid of it and what is still to be paid, late interest included."""

    idCuota: int
    numero_cuota: int
    monto: Amount
    pagada: bool
    fecha_vencimiento: date
    fecha_pago: Moment | None
    esta_vencida: bool
    stripe_payment_intent_id: str | None
    stripe_checkout_session_id: str | None
    fecha_creacion: Moment


class VentaCreada(Schema):
    """A sale as the answer that creates it has it."""

    idVenta: int
    usuario: int
    metodoPago: int
    nombre_metodo_pago: str
    subtotal: Amount
    interes: Amount
    total: Amount
    nrocuotas: int
    fecha_venta: Moment
    fecha_modificacion: Moment
    detalles: list[DetalleVenta]
    cuotas: list[Cuota]
    cantidad_productos: int


class Venta(Schema):
    """A sale as the list and its own address have it. `interes` is the annual rate as a fraction, "0.00" at once."""

    idVenta: int
    usuario: int
    metodoPago: int
    nombre_metodo_pago: str
    subtotal: Amount
    interes: Amount
    total: Amount
    nrocuotas: int
    stripe_payment_intent_id: str | None
    stripe_checkout_session_id: str | None
    fecha_venta: Moment
    fecha_modificacion: Moment
    detalles: list[DetalleVenta]
    cuotas: list[Cuota]
    cantidad_productos: int


class CompraAlContado(Schema):
    """Where a purchase in one payment is paid; nothing is sold before the payment."""

    mensaje: str
    checkout_url: str
    session_id: str
    total: AmountNumber
    subtotal: AmountNumber
    interes: AmountNumber
    nrocuotas: int
    nota: str


class CompraEnCuotas(Schema):
    """A sale in instalments, which none has been paid of."""

    mensaje: str
    venta: VentaCreada
    productos_comprados: int
    cuotas_generadas: int
    monto_por_cuota: AmountNumber
    nota: str


class LinkDePago(Schema):
    """Where an instalment is paid in a browser."""

    checkout_url: str
    session_id: str
    cuota_id: int
    monto: AmountNumber


class IntencionDePago(Schema):
    """What an app confirms to pay an instalment."""

    client_secret: str
    payment_intent_id: str
    cuota_id: int
    monto: AmountNumber
