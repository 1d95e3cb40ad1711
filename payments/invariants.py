"""Invariants of disputes, instalments' payments and bank credits, checked with the stock's while the shop runs."""

from collections.abc import Iterator

from django.utils.translation import gettext_noop as _

from inventory.checks.runner import SHOP, Rule, Violation, register
from inventory.rule_messages import Part
from orders.rules import by_hand

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


# No more goes back of a payment than it brought, whoever asked for it.
REFUNDED = """
SELECT payment.id,
       jsonb_build_array('back', jsonb_build_object('amount', payment.amount)) AS expected,
       jsonb_build_array('back', jsonb_build_object('amount', gone.amount)) AS found, NULL::uuid AS level_id
  FROM (SELECT payment_id, sum(amount) AS amount FROM payments_refund WHERE status <> 'failed' GROUP BY payment_id)
    AS gone
  JOIN payments_payment AS payment ON payment.id = gone.payment_id
 WHERE gone.amount > payment.amount
"""

# What is owed back is paid by its parts: refunds, which have the amount of their part, and instalments that fell.
# Late interest falls beside them when nothing is left of a plan. Before they are written nobody has paid anything.
PARTS = """
SELECT owed.id,
       jsonb_build_array('parts', jsonb_build_object('state', owed.status, 'amount', CASE owed.status
           WHEN 'owed' THEN 0 ELSE owed.amount END)) AS expected,
       jsonb_build_array('parts', jsonb_build_object('state', owed.status, 'amount', CASE owed.status
           WHEN 'paid' THEN paid.done ELSE paid.promised END)) AS found,
       NULL::uuid AS level_id
  FROM orders_reimbursement AS owed
 CROSS JOIN LATERAL (
     SELECT coalesce(sum(part.amount), 0) AS whole,
            coalesce(sum(part.amount) FILTER (WHERE refund.id IS NULL OR refund.status <> 'failed'), 0) AS promised,
            coalesce(sum(part.amount) FILTER (WHERE refund.id IS NULL OR refund.status = 'succeeded'), 0) AS done,
            coalesce(bool_or(refund.amount <> part.amount OR (refund.id IS NULL) <> (part.way <> 'refund')), false)
              AS is_wrong
       FROM payments_reimbursementpart AS part
       LEFT JOIN payments_refund AS refund ON refund.id = part.refund_id
      WHERE part.reimbursement_id = owed.id) AS paid
 WHERE paid.is_wrong OR paid.whole > owed.amount
    OR CASE owed.status WHEN 'owed' THEN paid.whole > 0
                        WHEN 'paying' THEN paid.promised < owed.amount OR paid.done >= owed.amount
                        WHEN 'paid' THEN paid.done < owed.amount
                        ELSE paid.promised >= owed.amount END
"""

FALLEN = """
SELECT part.reimbursement_id,
       jsonb_build_array('fallen', jsonb_build_object('amount', part.amount)) AS expected,
       jsonb_build_array('fallen', jsonb_build_object('amount', coalesce(fallen.amount, 0))) AS found,
       NULL::uuid AS level_id
  FROM payments_reimbursementpart AS part
  JOIN orders_reimbursement AS owed ON owed.id = part.reimbursement_id
  LEFT JOIN LATERAL (SELECT sum(amount) AS amount FROM orders_installmentevent
                      WHERE cause = 'reimbursement:' || owed.id AND kind IN ('reduced', 'waiver_fallen')) AS fallen
    ON true
 CROSS JOIN LATERAL (SELECT coalesce(sum(i.late), 0) AS amount
                       FROM orders_installment AS i JOIN orders_installmentplan AS p ON p.id = i.plan_id
                      WHERE p.order_id = owed.order_id) AS late
 WHERE part.way = 'less_to_pay'
   AND (coalesce(fallen.amount, 0) < part.amount OR coalesce(fallen.amount, 0) > part.amount + late.amount)
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
    by_hand(
        "refunds-within-payment",
        _("no more goes back of a payment than it brought"),
        "payments.payment",
        REFUNDED,
        back=_("at most %(amount)s"),
    ),
    by_hand(
        "reimbursement-paid",
        _("what is owed back is paid by refunds and by instalments that fall"),
        "orders.reimbursement",
        PARTS,
        parts=_("%(amount)s in the state %(state)s"),
    ),
    by_hand(
        "reimbursement-fallen",
        _("instalments fell by what was given back with them"),
        "orders.reimbursement",
        FALLEN,
        fallen=_("%(amount)s fallen"),
    ),
)
