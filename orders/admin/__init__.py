"""Sales in the back office. One module per noun; importing it registers its pages."""

from orders.admin import holds, orders, picking, reimbursements, returns, withdrawals

__all__ = ["holds", "orders", "picking", "reimbursements", "returns", "withdrawals"]
