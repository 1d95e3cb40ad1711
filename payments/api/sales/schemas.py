"""Bodies and answers of the sales contract, in its own names."""

from typing import Literal
from uuid import UUID

from pydantic import StrictInt

from shop.core.api.schemas import AmountNumber, Input, Moment, Schema

SaleStatus = Literal["pending", "paid", "cancelled", "failed"]


class CartItem(Input):
    """Units of a variant, by its public number or its key."""

    variantId: StrictInt | UUID
    quantity: StrictInt


class Prepare(Input):
    cartItems: list[CartItem]


class BillingAddress(Input):
    street: str
    city: str
    postalCode: str
    state: str


class BillingData(Input):
    customerName: str
    email: str
    phone: str
    address: BillingAddress


class SaleAddressBody(Schema):
    street: str
    city: str
    postalCode: str
    state: str


class BillingBody(Schema):
    customerName: str
    email: str
    phone: str
    address: SaleAddressBody | None


class SaleItem(Schema):
    """A line of a sale; `productVariantId` is null once the variant was deleted."""

    id: UUID
    saleId: UUID
    productVariantId: int | None
    name: str
    quantity: int
    unitPrice: AmountNumber
    totalPrice: AmountNumber


class SaleBody(Schema):
    """A sale: a purchase in progress, paid, or ended. `expiresAt`: until when it waits, null once it does not."""

    id: UUID
    userId: int
    status: SaleStatus
    totalAmount: AmountNumber
    currency: str
    shippingAddress: SaleAddressBody | None
    billingData: BillingBody | None
    mercadoPagoPaymentId: str | None
    mercadoPagoPreferenceId: str | None
    orderNumber: int | None
    createdAt: Moment
    updatedAt: Moment
    expiresAt: Moment | None
    items: list[SaleItem]


class Prepared(Schema):
    """A sale that is begun; its units are reserved until `expiresAt`, longer once a payment has begun."""

    saleId: UUID
    status: SaleStatus
    totalAmount: AmountNumber
    expiresAt: Moment | None
    items: list[SaleItem]


class SaleState(Schema):
    saleId: UUID
    status: SaleStatus


class PaymentBegun(Schema):
    """Where the sale is paid; `init_point` and `paymentUrl` are the same address."""

    saleId: UUID
    init_point: str
    paymentUrl: str
