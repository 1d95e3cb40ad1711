"""Each rule about what happens after the sale finds the row that was changed by hand, and nothing before it was."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import transaction

from inventory.checks import runner
from inventory.tests.checks.test_rules import behind_the_guards
from orders.cancellation.cancelling import cancel
from orders.claims import approving, opening, resolving
from orders.exchanges import releasing
from orders.invoices import preparing
from orders.models import Invoice, Order
from orders.returns import answering, closing, deciding, inspecting, receiving
from orders.returns.deciding import Choice
from orders.returns.inspecting import Found
from orders.tests.admin.test_orders import pay
from orders.tests.exchanges.exchanges import ask as exchange_for
from orders.tests.exchanges.exchanges import come_back
from orders.tests.exchanges.exchanges import pay as pay_difference
from orders.tests.factories import make_cart, make_order, make_variant
from orders.tests.installments.factories import make_plan
from orders.tests.returns import returns
from orders.tests.returns.returns import STAFF, deliver, wanted
from payments.models import Payment, Refund
from payments.refunds import plan_returns, reimbursing
from payments.refunds.refund_state import move_refund
from payments.tests.plans import pay_part


@pytest.fixture(scope="module")
def lived(shared_rows: Any) -> Iterator[Order]:
    """An order to which everything has happened once, and another one in instalments of which a unit came back."""
    with shared_rows():
        order = make_order(make_cart((make_variant(units=9), 5), (make_variant(units=9), 2)))
        pay(order, "lived")
        Refund.objects.all().delete()
        line, other = order.lines.order_by("-quantity")
        cancel(order, units={other.pk: 1}, by="staff", reason="other", expected=None, key="some", actor=STAFF)
        deliver(order)
        _comes_back(order)
        _is_exchanged(order)
        assert line.variant
        claim = opening.open_claim(order, {line.pk: 2}, reason="defective", key="claim", actor="buyer")
        (row,) = claim.lines.all()
        approving.approve(claim, approving.Answer(replace={row.pk: 1}, refund={row.pk: 1}), actor=STAFF)
        resolving.resolve(claim, actor=STAFF)
        deliver(order)
        _is_paid_back()
        # A replacement that waits: its unit is reserved.
        waiting = opening.open_claim(order, {other.pk: 1}, reason="defective", key="open", actor="buyer")
        approving.approve(waiting, approving.Answer(replace={waiting.lines.get().pk: 1}), actor=STAFF)
        _plan()
        yield order


def _comes_back(order: Order) -> None:
    """A unit comes back, is put to stock and paid back; with that its return is closed."""
    line = order.lines.order_by("-quantity")[0]
    rma = returns.ask(order, wanted(line, 1))
    answering.approve(rma, actor=STAFF)
    receiving.receive(rma, {line.pk: 1}, parcel=1, actor=STAFF)
    row = rma.lines.get()
    inspecting.inspect(rma, [Found(row.pk, 1, "new", "restock")], key="seen", actor=STAFF)
    made = deciding.decide(rma, Choice(units={row.pk: 1}), key="decided", actor=STAFF)
    deciding.pay_back(made, actor=STAFF)
    rma.refresh_from_db()
    assert rma.status == "closed"
    assert not closing.close_if_done(rma, actor=STAFF)


def _is_exchanged(order: Order) -> None:
    """A unit is exchanged for a dearer product, and the difference paid."""
    line = order.lines.order_by("-quantity")[0]
    assert line.variant
    dearer = make_variant(units=2, price=line.unit_price + 1500)
    exchange = exchange_for(order, line, dearer)
    come_back(exchange)
    pay_difference(exchange.charge)
    assert releasing.release(exchange, actor=STAFF)


def _is_paid_back() -> None:
    reimbursing.pay_due()
    for refund in Refund.objects.filter(status="requested"):
        with transaction.atomic():
            Payment.objects.select_for_update().get(pk=refund.payment_id)
            move_refund(refund, "succeeded", actor=STAFF)
    for kind in (["receipt"], ["debit_note"], ["credit_note"]):
        for document in Invoice.objects.filter(status="draft", kind__in=kind).order_by("created_at"):
            preparing.issue_own(document, actor=STAFF)


def _plan() -> None:
    plan = make_plan()
    pay_part(plan, 1)
    line = plan.order.lines.order_by("pk")[0]
    choice = plan_returns.Choice(units={line.pk: 1})
    plan_returns.give_back(plan.order, choice, reason="x", dedupe_key="p", expected=None, actor=STAFF)


def broken() -> set[str]:
    return {one.code for one in runner.check(scope="")}


@pytest.mark.django_db
def test_nothing_is_found_where_everything_has_happened(lived):
    assert [str(one) for one in runner.check(scope="")] == []
    assert Refund.objects.filter(status="succeeded").count() == 3
    assert Invoice.objects.filter(kind="credit_note", status="authorised").count() == 3


# A change by hand, and the rules that find it: each of them is found by one of these.
CONTROLS = [
    # Units: shipped, returned, cancelled, claimed, replaced.
    ("UPDATE orders_shipmentline SET quantity = quantity + 9, packed = packed + 9", {"units-once"}),
    ("UPDATE orders_cancellationline SET quantity = 2", {"cancelled-back"}),
    (
        "UPDATE orders_return SET status = 'approved', ended_at = NULL; UPDATE orders_returnline SET quantity = 99",
        {"return-sent"},
    ),
    ("UPDATE orders_inspection SET quantity = 2", {"return-units", "return-moved"}),
    ("UPDATE orders_claimline SET quantity = 99", {"claim-sent"}),
    (
        "UPDATE orders_replacement SET dropped_at = now(), line_id = NULL",
        {"claim-settled", "exchange-settled"},
    ),
    ("UPDATE orders_shipmentline SET packed = 0", {"shipment-packed"}),
    # States.
    ("UPDATE orders_order SET status = 'cancelled'", {"order-ended"}),
    (
        "UPDATE orders_shipment SET status = 'pending', shipped_at = NULL, delivered_at = NULL",
        {"order-ended", "claim-sent", "return-sent"},
    ),
    (
        "UPDATE orders_claim SET status = 'denied', approved_at = NULL, outcome = '', answer = 'x', ended_at = now()",
        {"claim-settled"},
    ),
    (
        "UPDATE orders_exchange SET status = 'cancelled', released_at = NULL, ended_at = now(), \"end\" = 'staff'",
        {"exchange-settled"},
    ),
    # Stock.
    ("UPDATE inventory_stockmovement SET quantity = quantity - 1 WHERE kind = 'sale'", {"order-sold"}),
    ("UPDATE inventory_stockmovement SET cause_id = gen_random_uuid() WHERE kind = 'sale'", {"cause-gone"}),
    ("UPDATE inventory_reservation SET quantity = 7 WHERE status = 'converted'", {"order-converted"}),
    ("UPDATE orders_inspection SET disposition = 'write_off'", {"return-moved"}),
    ("UPDATE orders_inspection SET movement_id = NULL", {"return-moved"}),
    ("UPDATE orders_returnreceiptline SET quantity = 2", {"return-booked", "return-units"}),
    ("UPDATE orders_replacement SET variant_id = NULL WHERE line_id IS NULL", {"replacement-reserved"}),
    # Money.
    ("UPDATE orders_invoice SET number = number + 9 WHERE number IS NOT NULL", {"invoice-numbers"}),
    ("UPDATE orders_order SET subtotal = subtotal - 1, total = total - 1", {"order-adds-up"}),
    ("UPDATE orders_orderadjustment SET amount = amount + 1", {"order-adds-up"}),
    ("UPDATE payments_refundline SET quantity = 99 WHERE order_line_id IS NOT NULL", {"units-paid-back"}),
    (
        "UPDATE payments_refundline SET quantity = 99, sent = 99 WHERE order_line_id IS NOT NULL",
        {"units-paid-back", "refunded-sent"},
    ),
    (
        "UPDATE payments_refundline SET withheld = 999999 WHERE order_line_id IS NOT NULL",
        {"units-paid-back"},
    ),
    (
        "UPDATE orders_replacement SET credit = 999999, price = price + 999999 - credit",
        {"units-paid-back"},
    ),
    ("UPDATE payments_refundline SET order_line_id = NULL, amount = 999999", {"charges-paid-back"}),
    ("UPDATE orders_reimbursementline SET amount = amount + 1", {"owed-lines", "return-owed"}),
    ("UPDATE orders_reimbursementline SET withheld = 1", {"return-owed"}),
    ("UPDATE orders_returndecision SET total = total - 1 WHERE total > 0", {"return-money"}),
    ("UPDATE orders_claimline SET amount = amount - 1 WHERE amount > 0", {"claim-settled"}),
    ("UPDATE orders_exchangecharge SET amount = amount - 1", {"exchange-settled"}),
    (
        (
            "UPDATE orders_orderline SET total = total + 1, unit_price = unit_price + 1"
            " WHERE replaces_id IS NOT NULL"
        ),
        {"replacement-line"},
    ),
    ("UPDATE payments_payment SET amount = 1", {"refunds-within-payment"}),
    ("UPDATE payments_refund SET amount = amount - 1", {"reimbursement-paid"}),
    ("UPDATE payments_refund SET status = 'failed'", {"reimbursement-paid"}),
    ("UPDATE orders_reimbursement SET status = 'owed'", {"reimbursement-paid"}),
    (
        "UPDATE orders_installmentevent SET amount = amount + 1 WHERE kind = 'reduced'",
        {"reimbursement-fallen"},
    ),
    ("UPDATE orders_invoice SET total = total + 1, net = net + 1", {"invoice-totals"}),
    ("UPDATE orders_invoiceline SET amount = amount - 1, net = net - 1", {"invoice-totals"}),
    ("UPDATE orders_invoice SET charge_id = NULL WHERE kind = 'debit_note'", {"invoice-totals"}),
    (
        "UPDATE orders_invoice SET total = total + 1, net = net + 1 WHERE kind = 'credit_note' AND number > 0",
        {"credit-notes"},
    ),
    (
        "UPDATE orders_invoice SET total = total - 1, net = net - 1 WHERE kind = 'credit_note' AND number > 0",
        {"credit-notes"},
    ),
]


@pytest.mark.django_db
@pytest.mark.parametrize(("sql", "codes"), CONTROLS)
def test_each_rule_finds_what_was_changed_by_hand(lived, sql: str, codes: set[str]):
    behind_the_guards(sql.replace("%", "%%"))
    assert codes <= broken()


def test_no_rule_is_without_a_control():
    """Those of plans, disputes, transfers, reports and lists have theirs beside what they are about."""
    elsewhere = {
        *("plan-adds-up", "installment-booked", "installments-kept"),
        *("dispute-holds", "charged-back", "bank-credits"),
        *("reports-days", "reports-entries", "reports-products", "listing"),
    }
    controlled = {code for _sql, codes in CONTROLS for code in codes}
    assert {rule.code for rule in runner.rules(runner.SHOP)} - elsewhere == controlled
