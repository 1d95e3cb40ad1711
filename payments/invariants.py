"""Invariants of disputes, instalments' payments and bank credits, checked with the stock's while the shop runs."""

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

# What the instalments of a plan have of a payment is what the shop has kept of it. One that people accepted for
# another amount than it booked has no more than it booked.
KEPT = """
SELECT payment.id, least(greatest(payment.amount - coalesce(back.sum, 0) - payment.charged_back_amount, 0),
                         coalesce(booked.first, 0))::text AS expected,
       coalesce(booked.sum, 0)::text AS found, NULL::uuid AS level_id
  FROM payments_payment AS payment
  JOIN orders_installmentbill AS bill ON bill.payable_id = payment.payable_id
  LEFT JOIN LATERAL (SELECT sum(amount) FROM payments_refund
                      WHERE payment_id = payment.id AND status <> 'failed') AS back ON true
  LEFT JOIN LATERAL (SELECT sum(CASE WHEN kind = 'paid' THEN amount
                                     WHEN kind IN ('refunded', 'reversed') THEN -amount ELSE 0 END) AS sum,
                            least(sum(amount) FILTER (WHERE kind = 'paid'), payment.amount) AS first
                       FROM orders_installmentevent WHERE cause = 'payment:' || payment.id) AS booked ON true
 WHERE payment.role = 'order'
   AND coalesce(booked.sum, 0) <> least(
       greatest(payment.amount - coalesce(back.sum, 0) - payment.charged_back_amount, 0), coalesce(booked.first, 0))
"""


def _explain_kept(violation: Violation) -> Iterator[Part]:
    yield "kept", {"expected": violation.expected, "found": violation.found}


# A credit that was booked, and does not wait to be settled, is a payment of its transfer's attempt, of the same amount.
CREDITED = """
SELECT credit.id, credit.amount::text AS expected, coalesce(payment.amount::text, '0') AS found, NULL::uuid AS level_id
  FROM payments_bankcredit AS credit
  JOIN payments_transferinstruction AS instruction ON instruction.id = credit.instruction_id
  LEFT JOIN payments_payment AS payment
    ON payment.gateway = 'transfer' AND payment.attempt_id = instruction.attempt_id
   AND payment.external_id =
       instruction.code || CASE WHEN credit.position = 1 THEN '' ELSE '-' || credit.position END
   AND payment.role <> 'none'
 WHERE credit.status = 'booked' AND credit.settle_at IS NULL
   AND payment.amount IS DISTINCT FROM credit.amount
"""


def _explain_credited(violation: Violation) -> Iterator[Part]:
    yield "unpaid", {"expected": violation.expected, "found": violation.found}


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
        "bank-credits",
        _("money that came by transfer is a payment"),
        "payments.bankcredit",
        CREDITED,
        {
            "unpaid": _(
                "This credit of %(expected)s was booked, and its payment says %(found)s. Ask the provider from the "
                "page of the attempt: that settles it."
            )
        },
        _explain_credited,
        SHOP,
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
    Rule(
        "installments-kept",
        _("instalments have what is left of their payments"),
        "payments.payment",
        KEPT,
        {
            "kept": _(
                "Of this payment %(expected)s are left after refunds and charge-backs, its instalments have %(found)s. "
                "Nothing is repaired by itself: decide what was really paid."
            )
        },
        _explain_kept,
        SHOP,
    ),
)
