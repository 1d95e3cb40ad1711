"""Payments in the back office: payments, refunds, disputes, webhooks and payout reports.

One module per noun; importing it registers its pages.
"""

from payments.admin import attempts, payments, payouts, timeline, unmatched, watch, webhooks
from payments.admin.disputes import disputes
from payments.admin.refunds import bank_requests, refunds

__all__ = [
    "attempts",
    "bank_requests",
    "disputes",
    "payments",
    "payouts",
    "refunds",
    "timeline",
    "unmatched",
    "watch",
    "webhooks",
]
