"""Sales in the back office. One module per noun; importing it registers its pages."""

from orders.admin import holds, orders, picking, reimbursements, returns, withdrawals
from orders.admin.installments import offers as installment_offers

__all__ = ["holds", "installment_offers", "orders", "picking", "reimbursements", "returns", "withdrawals"]
