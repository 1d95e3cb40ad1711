"""Payments in the back office: what came in, what goes back, and what the providers told us.

One module per noun; importing it registers its pages.
"""

from payments.admin import attempts, bank, payments, refunds, stories, webhooks

__all__ = ["attempts", "bank", "payments", "refunds", "stories", "webhooks"]
