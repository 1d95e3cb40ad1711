"""Payments in the back office: payments, refunds, disputes, webhooks and payout reports.

One module per noun; importing it registers its pages.
"""

from payments.admin import (
    attempts,
    order_acts,
    payment_methods,
    payments,
    payouts,
    timeline,
    unmatched,
    watch,
    webhooks,
)
from payments.admin.disputes import disputes
from payments.admin.refunds import bank_requests, refunds
from payments.admin.transfers import credits as bank_credits
from payments.admin.transfers import instructions
from payments.admin.transfers import statements as bank_statements

__all__ = [
    "attempts",
    "bank_credits",
    "bank_requests",
    "bank_statements",
    "disputes",
    "instructions",
    "order_acts",
    "payment_methods",
    "payments",
    "payouts",
    "refunds",
    "timeline",
    "unmatched",
    "watch",
    "webhooks",
]
