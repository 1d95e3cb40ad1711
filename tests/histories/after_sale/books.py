"""What must hold after every act, and at the end: goods and money agree with the plain model and with one another."""

from decimal import Decimal

from django.db.models import F, Sum

from inventory.checks import runner
from orders.fulfilment import holds, remaining
from orders.models import Invoice, Order, Reimbursement, ReimbursementLine, Replacement
from orders.models.money import LIVE_REFUNDS
from orders.reimbursements.left import left_of
from payments.models import Refund, RefundLine
from shop.core.money import ZERO
from tests.histories.after_sale.whole import Whole


def check(history: Whole) -> None:
    """Compare units and money with the model after an act."""
    order = Order.objects.get(pk=history.order.pk)
    for line in remaining.lines().filter(order=order):
        assert min(line.unsent, line.left, line.sent, line.cancelled) >= 0, vars(line)
        assert line.unsent + line.sent - line.came_back + line.cancelled <= line.quantity, vars(line)
        assert line.cancelled <= line.restocked <= line.quantity, vars(line)
        assert line.refunded + line.replaced <= line.quantity, vars(line)
        # A refund that fails after its order was cancelled, since the bank took the money, leaves its unit unsent.
        is_left = line.unsent and line.cancelled and not history.is_short
        assert not (order.status == "cancelled" and is_left), vars(line)
    assert order.status != "cancelled" or not holds.may_fulfil(order), "nobody packs it all the same"
    assert history.counted() == history.stock, (
        history.counted() - history.stock,
        history.stock - history.counted(),
    )
    owed = Reimbursement.objects.filter(order=order).aggregate(sum=Sum("amount"))["sum"] or ZERO
    assert owed == history.owed, (owed, history.owed)
    money = order.money
    assert min(money.paid, money.promised, money.refunded, money.charged_back, money.due) >= 0
    parts, whole = (_worth(order), _gone(order)), (order.total, _changed(order))
    if history.is_short:
        assert sum(parts) <= sum(whole), (parts, whole)
    else:
        assert money.promised <= money.paid
        assert sum(parts) == sum(whole), (parts, whole)


def check_rules(history: Whole) -> None:
    # No worker writes the rows of the lists here: after five minutes they would be reported as late.
    broken = [one for one in runner.check(scope="") if one.code != "listing"]
    found = [f"{one} {one.explanation}" for one in broken]
    assert not found, found


def _worth(order: Order) -> Decimal:
    """Return what may still go back, of units and of charges."""
    left = left_of(order)
    return sum((one.owed(one.left) for one in left.lines), left.shipping)


def _gone(order: Order) -> Decimal:
    """Return what went back for units and charges, and what was kept of it as fees."""
    worth = Sum(F("amount") + F("withheld"))
    refunded = RefundLine.objects.filter(refund__payment__order=order, refund__status__in=LIVE_REFUNDS)
    owed = ReimbursementLine.objects.filter(
        reimbursement__in=Reimbursement.objects.filter(Reimbursement.COUNTS, order=order)
    ).exclude(kind=ReimbursementLine.Kind.SUM)
    waiting = Replacement.objects.filter(replaced__order=order, dropped_at=None, line=None)
    return sum(
        (
            refunded.aggregate(sum=worth)["sum"] or ZERO,
            owed.aggregate(sum=worth)["sum"] or ZERO,
            waiting.aggregate(sum=Sum("credit"))["sum"] or ZERO,
        ),
        ZERO,
    )


def _changed(order: Order) -> Decimal:
    """Return by how much the order is worth more, or less, since units were exchanged for others."""
    sent = Replacement.objects.filter(replaced__order=order, line__isnull=False)
    return sent.aggregate(sum=Sum(F("price") - F("credit")))["sum"] or ZERO


def settle(history: Whole) -> None:
    """Let all money that is due arrive, and compare what the buyer has with what the shop has decided."""
    order = history.order
    for _turn in range(8):
        history.act("jobs_run", 1)
        Reimbursement.objects.filter(order=order, status="owed").update(next_try_at=F("created_at"))
        for _refund in Refund.objects.filter(payment__order=order, status="failed"):
            history.act("refund_is_tried_again", 0)
        for _refund in Refund.objects.filter(payment__order=order, status="requested"):
            history.act("refund_ends", 1)
    history.act("documents", 0)
    check(history)
    check_rules(history)
    paid = Reimbursement.objects.filter(order=order, status="paid")
    unpaid = Reimbursement.objects.filter(order=order).exclude(status="paid")
    assert history.is_short or not unpaid.exists(), [vars(one) for one in unpaid]
    assert not Refund.objects.filter(payment__order=order, status="requested").exists()
    _documents_agree(order, sum((one.amount for one in paid), ZERO))


def _documents_agree(order: Order, paid: Decimal) -> None:
    """Require that what was paid back is credited, as far as it was invoiced."""
    invoice = Invoice.objects.filter(order=order, kind="receipt", status="authorised").first()
    if invoice is None:
        return
    notes = Invoice.objects.filter(related_to=invoice, status="authorised", kind="credit_note")
    debits = Invoice.objects.filter(related_to=invoice, status="authorised", kind="debit_note")
    billed = invoice.total + (debits.aggregate(sum=Sum("total"))["sum"] or ZERO)
    credited = notes.aggregate(sum=Sum("total"))["sum"] or ZERO
    of_refunds = Refund.objects.filter(
        payment__order=order, status="succeeded", reimbursement_part=None, payment__role="order"
    )
    others = of_refunds.aggregate(sum=Sum("amount"))["sum"] or ZERO
    never = notes.filter(dedupe_key__startswith="credit-cancelled").aggregate(sum=Sum("total"))["sum"] or ZERO
    parts = (paid, others, never)
    assert credited == min(sum(parts), billed), (credited, parts, billed)
