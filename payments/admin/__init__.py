"""Payments in the back office: what came in, what goes back, and what the providers told us.

One module per noun; importing it registers its pages.
"""

from payments.admin import (
    attempts,
    bank,
    disputes,
    payments,
    payouts,
    refunds,
    timeline,
    unmatched,
    watch,
    webhooks,
)

__all__ = [
    "attempts",
    "bank",
    "disputes",
    "payments",
    "payouts",
    "refunds",
    "timeline",
    "unmatched",
    "watch",
    "webhooks",
]
