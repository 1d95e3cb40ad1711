"""Invariants of disputes, checked with the stock's own while the shop runs."""

from collections.abc import Iterator

from django.utils.translation import gettext_noop as _

from inventory.checks.runner import SHOP, Rule, Violation, register
from inventory.rule_messages import Part

# While a dispute is undecided, the order that its payment paid has a hold of its own: active, or released by a person.
DISPUTED_ORDERS = """
SELECT dispute.id, '["held", {}]'::jsonb AS expected, '["never-held", {}]'::jsonb AS found, NULL::uuid AS level_id
  FROM payments_dispute AS dispute
  JOIN payments_payment AS payment ON payment.id = dispute.payment_id
 WHERE dispute.status IN ('inquiry', 'needs_response', 'under_review')
   AND payment.role = 'order'
   AND NOT EXISTS (
       SELECT FROM orders_orderhold AS hold
        WHERE hold.order_id = payment.order_id
          AND hold.source = 'dispute:' || dispute.id || ':' || dispute.round)
"""

# What the bank took is what the lost disputes say, and never more than refunds had left.
TAKEN = """
SELECT payment.id, least(coalesce(lost.sum, 0), payment.amount - payment.refunded_amount)::text AS expected,
       payment.charged_back_amount::text AS found, NULL::uuid AS level_id
  FROM payments_payment AS payment
  LEFT JOIN (SELECT payment_id, sum(amount) AS sum FROM payments_dispute WHERE status = 'lost' GROUP BY payment_id)
    AS lost ON lost.payment_id = payment.id
 WHERE (lost.payment_id IS NOT NULL OR (payment.charged_back_amount > 0 AND payment.status <> 'charged_back'))
   AND payment.charged_back_amount
       <> greatest(least(coalesce(lost.sum, 0), payment.amount - payment.refunded_amount), 0)
"""


def _explain_taken(violation: Violation) -> Iterator[Part]:
    yield "taken", {"expected": violation.expected, "found": violation.found}


register(
    Rule(
        "dispute-holds",
        _("an undecided dispute holds its order"),
        "payments.dispute",
        DISPUTED_ORDERS,
        {
            "not-held": _(
                "The dispute is undecided and its order could be sent. Ask the provider from the dispute's page: that "
                "places the hold."
            )
        },
        scope=SHOP,
        answers={"held": _("held"), "never-held": _("never held")},
    ),
    Rule(
        "charged-back",
        _("what was charged back is what was lost"),
        "payments.payment",
        TAKEN,
        {
            "taken": _(
                "The lost disputes of this payment took %(expected)s, the payment's row says %(found)s. Ask the "
                "provider from the payment's page: that counts anew."
            )
        },
        _explain_taken,
        SHOP,
    ),
)
