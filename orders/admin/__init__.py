"""Sales in the back office. One module per noun; importing it registers its pages."""

from orders.admin import (
    after_sale_acts,
    cancellations,
    claims,
    exchanges,
    holds,
    invoice_series,
    invoices,
    orders,
    picking,
    reimbursements,
    returns,
    shipping,
    timeline,
    withdrawals,
)
from orders.admin.fulfilment import label_pages, shipments
from orders.admin.fulfilment import order_acts as fulfilment_acts
from orders.admin.goods_returns import policies as return_policies
from orders.admin.goods_returns import returns as goods_returns
from orders.admin.installments import offers as installment_offers
from orders.admin.installments import plans as installment_plans

__all__ = [
    "after_sale_acts",
    "cancellations",
    "claims",
    "exchanges",
    "fulfilment_acts",
    "goods_returns",
    "holds",
    "installment_offers",
    "installment_plans",
    "invoice_series",
    "invoices",
    "label_pages",
    "orders",
    "picking",
    "reimbursements",
    "return_policies",
    "returns",
    "shipments",
    "shipping",
    "timeline",
    "withdrawals",
]
