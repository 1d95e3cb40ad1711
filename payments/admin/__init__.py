"""Payments in the back office: what came in, what goes back, and what the providers told us.

One module per noun; importing it registers its pages.
"""

from payments.admin import attempts, payments, refunds, stories, webhooks

__all__ = ["attempts", "payments", "refunds", "stories", "webhooks"]
