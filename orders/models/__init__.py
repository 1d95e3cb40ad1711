"""The orders' data: carts, checkout sessions, shipping, and the orders that come of them."""

from orders.models.adjustments import CheckoutAdjustment, OrderAdjustment
from orders.models.cancellations import Cancellation, CancellationLine
from orders.models.carriers import (
    CarrierBranch,
    LabelPurchase,
    ShipmentFollowUp,
    ShippingQuote,
    TrackingEvent,
)
from orders.models.cart import Cart, CartLine
from orders.models.checkout import AddressSnapshot, CheckoutLine, CheckoutSession
from orders.models.claims import Claim, ClaimFile, ClaimLine
from orders.models.exchanges import Exchange, ExchangeCharge
from orders.models.fiscal import FiscalTicket, InvoiceMessage
from orders.models.fulfilment import OrderHold
from orders.models.installment_bills import InstallmentBill, InstallmentBillLine
from orders.models.installment_offers import InstallmentOffer
from orders.models.installments import (
    Installment,
    InstallmentEvent,
    InstallmentPlan,
    InstallmentQuote,
)
from orders.models.invoice_series import ForeignInvoiceNumber, InvoiceSeries
from orders.models.invoices import Invoice, InvoiceFile, InvoiceLine
from orders.models.label_voids import LabelVoid
from orders.models.line_units import LineUnits
from orders.models.money import MoneyState, OrderMoney
from orders.models.order import Order, OrderLine
from orders.models.payables import Payable, Purchase
from orders.models.payment_methods import PaymentMethod
from orders.models.picking import OrderPick
from orders.models.reimbursements import Reimbursement, ReimbursementLine
from orders.models.replacements import Replacement
from orders.models.return_facts import (
    Inspection,
    ReturnDecision,
    ReturnDecisionLine,
    ReturnReceipt,
    ReturnReceiptLine,
)
from orders.models.return_policy import Payer, ReturnPolicy, ReturnReason
from orders.models.returns import Return, ReturnFile, ReturnLine
from orders.models.shipments import Parcel, Shipment, ShipmentLine
from orders.models.shipping import ShippingMethod, ShippingRate, ShippingZone
from orders.models.withdrawals import WithdrawalRequest

__all__ = [
    "AddressSnapshot",
    "Cancellation",
    "CancellationLine",
    "CarrierBranch",
    "Cart",
    "CartLine",
    "CheckoutAdjustment",
    "CheckoutLine",
    "CheckoutSession",
    "Claim",
    "ClaimFile",
    "ClaimLine",
    "Exchange",
    "ExchangeCharge",
    "FiscalTicket",
    "ForeignInvoiceNumber",
    "Inspection",
    "Installment",
    "InstallmentBill",
    "InstallmentBillLine",
    "InstallmentEvent",
    "InstallmentOffer",
    "InstallmentPlan",
    "InstallmentQuote",
    "Invoice",
    "InvoiceFile",
    "InvoiceLine",
    "InvoiceMessage",
    "InvoiceSeries",
    "LabelPurchase",
    "LabelVoid",
    "LineUnits",
    "MoneyState",
    "Order",
    "OrderAdjustment",
    "OrderHold",
    "OrderLine",
    "OrderMoney",
    "OrderPick",
    "Parcel",
    "Payable",
    "Payer",
    "PaymentMethod",
    "Purchase",
    "Reimbursement",
    "ReimbursementLine",
    "Replacement",
    "Return",
    "ReturnDecision",
    "ReturnDecisionLine",
    "ReturnFile",
    "ReturnLine",
    "ReturnPolicy",
    "ReturnReason",
    "ReturnReceipt",
    "ReturnReceiptLine",
    "Shipment",
    "ShipmentFollowUp",
    "ShipmentLine",
    "ShippingMethod",
    "ShippingQuote",
    "ShippingRate",
    "ShippingZone",
    "TrackingEvent",
    "WithdrawalRequest",
]
