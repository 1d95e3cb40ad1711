"""What must always be true of documents: they bill what was to be paid, and credit what went back of it."""

from django.utils.translation import gettext_noop as _

from inventory.checks.runner import register
from orders.rules import by_hand

TOTALS = """
SELECT document.id,
       jsonb_build_array('total', jsonb_build_object('amount', coalesce(lines.amount, 0))) AS expected,
       jsonb_build_array('total', jsonb_build_object('amount', document.total)) AS found,
       NULL::uuid AS level_id
  FROM orders_invoice AS document
  LEFT JOIN (SELECT invoice_id, sum(amount) AS amount FROM orders_invoiceline GROUP BY invoice_id) AS lines
    ON lines.invoice_id = document.id
 WHERE document.number IS NOT NULL AND document.total <> coalesce(lines.amount, 0)
UNION ALL
SELECT document.id,
       jsonb_build_array('total', jsonb_build_object('amount', purchase.total)),
       jsonb_build_array('total', jsonb_build_object('amount', document.total)),
       NULL::uuid
  FROM orders_invoice AS document JOIN orders_order AS purchase ON purchase.id = document.order_id
 WHERE document.number IS NOT NULL AND document.kind IN ('invoice', 'receipt') AND document.total <> purchase.total
UNION ALL
SELECT document.id,
       jsonb_build_array('total', jsonb_build_object('amount', charge.amount)),
       jsonb_build_array('total', jsonb_build_object('amount', document.total)),
       NULL::uuid
  FROM orders_invoice AS document LEFT JOIN orders_exchangecharge AS charge ON charge.id = document.charge_id
 WHERE document.number IS NOT NULL AND document.kind = 'debit_note'
   AND document.total IS DISTINCT FROM CASE WHEN charge.status = 'paid' THEN charge.amount END
"""

# A note credits what went back: less only where nothing more of its invoice and the debit notes to it was left.
NOTES = """
SELECT note.id,
       jsonb_build_array('credited', jsonb_build_object('amount', given.amount, 'of', billed.amount)) AS expected,
       jsonb_build_array('credited', jsonb_build_object('amount', note.total, 'of', credited.amount)) AS found,
       NULL::uuid AS level_id
  FROM orders_invoice AS note
  JOIN orders_invoice AS invoice ON invoice.id = note.related_to_id
  JOIN (SELECT related_to_id, sum(total) AS amount FROM orders_invoice
         WHERE kind = 'credit_note' AND number IS NOT NULL GROUP BY related_to_id) AS credited
    ON credited.related_to_id = invoice.id
  LEFT JOIN orders_reimbursement AS owed ON owed.id = note.reimbursement_id
  LEFT JOIN payments_refund AS refund ON refund.id = note.refund
 CROSS JOIN LATERAL (SELECT coalesce(owed.amount, refund.amount, note.total) AS amount) AS given
 CROSS JOIN LATERAL (SELECT invoice.total + coalesce(sum(debit.total), 0) AS amount
                       FROM orders_invoice AS debit
                      WHERE debit.related_to_id = invoice.id AND debit.kind = 'debit_note'
                        AND debit.status = 'authorised') AS billed
 WHERE note.number IS NOT NULL AND note.kind = 'credit_note'
   AND (credited.amount > billed.amount OR note.total > given.amount
        OR (note.total < given.amount AND credited.amount < billed.amount))
"""

register(
    by_hand(
        "invoice-totals",
        _("a document's total is that of its lines, and of what it bills"),
        "orders.invoice",
        TOTALS,
        total=_("a total of %(amount)s"),
    ),
    by_hand(
        "credit-notes",
        _("what went back is credited, and no more than was invoiced"),
        "orders.invoice",
        NOTES,
        credited=_("%(amount)s credited (of the invoice in all: %(of)s)"),
    ),
)
