"""What buyers are owed: written by orders, paid by payments, never more than was paid, and never lost or paid twice."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import timedelta
from decimal import Decimal
from functools import partial
from unittest import mock
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models.functions import Now
from django.urls import reverse

from orders.fulfilment.remaining import have_units_left
from orders.models import Order, Reimbursement, ReimbursementLine
from orders.reimbursements.left import for_sum, for_units, left_of
from orders.reimbursements.owing import MoreThanPaid, owe
from payments.models import Payment, Refund, RefundLine, ReimbursementPart
from payments.reconciliation import due_refunds
from payments.refunds import refund_requests, reimbursing, sending
from payments.refunds.refund_state import move_refund
from payments.settlement import settle
from payments.tests.admin.refund_form import address, confirmed, lines_of, make_paid, units
from payments.tests.world import World
from shop.accounts.tests.staff_clients import boss, clerk
from shop.core.mail import outbox
from shop.core.models import EmailLog
from tests.races.tools.concurrency import count, surprises, together

pytestmark = pytest.mark.django_db
Status = Reimbursement.Status
CANCELLED = "the order was cancelled"


def cancel(order: Order, *, key: str = "cancelled") -> Reimbursement:
    """Owe a buyer all of an order: what a cancellation will do, without any page of payments."""
    left = left_of(order)
    lines = for_units(left, {one.line.pk: one.left for one in left.lines}, shipping=True)
    return owe(order, lines, reason=CANCELLED, dedupe_key=f"{key}:{order.pk}", actor="staff:a")


def sold(providers: World, gateway: str = "stripe") -> Payment:
    attempt = providers.begin(gateway)
    providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor="test")
    return Payment.objects.get(attempt=attempt)


def order_of(payment: Payment) -> Order:
    assert payment.order is not None
    return payment.order


@pytest.fixture
def payment() -> Payment:
    """Return the payment of an order of three units of one product and one of another, with shipping."""
    return make_paid()


# -- a cancellation, written by orders alone ---------------------------------------------------------------------------
def test_what_orders_owe_is_paid_by_the_provider_and_the_buyer_is_told(providers: World):
    payment = sold(providers)
    owed = cancel(order_of(payment))
    assert reimbursing.pay(owed.pk) == Status.PAYING

    refund = payment.refunds.get()
    assert (refund.amount, refund.origin, refund.reason) == (payment.amount, "automatic", CANCELLED)
    assert refund.lines.count() == owed.lines.count() == 2
    assert sending.send(refund.pk).status == "succeeded"

    owed.refresh_from_db()
    assert (owed.status, owed.paid_at is not None) == (Status.PAID, True)
    assert EmailLog.objects.filter(kind="order_refunded").count() == 1
    assert not EmailLog.objects.filter(kind="payment_surplus_returned").exists()


def test_a_wake_up_that_is_lost_loses_nothing(providers: World):
    owed = cancel(order_of(sold(providers)))
    due_refunds.send_due()  # The test's transaction never commits, so no job was enqueued.
    owed.refresh_from_db()
    assert owed.status == Status.PAID


def test_the_job_is_woken_by_name_after_commit(
    payment: Payment, django_capture_on_commit_callbacks: Callable[..., AbstractContextManager[object]]
):
    with (
        mock.patch("orders.reimbursements.owing.dispatch") as dispatch,
        django_capture_on_commit_callbacks(execute=True),
    ):
        owed = cancel(order_of(payment))
        assert not dispatch.called
    dispatch.assert_called_once_with("payments.tasks.pay_reimbursement", str(owed.pk))


def test_the_same_cause_is_owed_once_and_paid_once(payment: Payment):
    order = order_of(payment)
    first = cancel(order)
    lines = for_sum(Decimal(1))
    again = owe(order, lines, reason="x", dedupe_key=first.dedupe_key, actor="staff:a")
    assert again.pk == first.pk
    assert [reimbursing.pay(first.pk) for _turn in range(2)] == [Status.PAYING, "skipped"]
    assert Refund.objects.count() == ReimbursementPart.objects.count() == 1


def test_what_is_owed_counts_before_there_is_a_refund(payment: Payment):
    order = order_of(payment)
    assert refund_requests.refundable(payment) == payment.amount
    owed = cancel(order)
    assert refund_requests.refundable(payment) == 0
    assert (order.money.state, order.is_off) == ("going", True)
    assert Order.objects.money_gone().filter(pk=order.pk).exists()
    assert not Order.objects.filter(have_units_left([order.pk])).exists()
    page = boss().get(address(payment))
    assert (page.context["remaining"], page.context["shipping_left"]) == (0, 0)
    assert {row["left"] for row in page.context["form"].rows} == {0}

    reimbursing.pay(owed.pk)
    assert (order.money.state, refund_requests.refundable(payment)) == ("going", 0)
    refund = Refund.objects.get()
    move_refund(refund, Refund.Status.FAILED, actor="test", next_try_at=None)
    owed.refresh_from_db()
    assert owed.status == Status.FAILED
    assert (order.money.state, refund_requests.refundable(payment)) == ("kept", payment.amount)
    assert refund_requests.retry(refund, actor="staff:a")
    owed.refresh_from_db()
    assert owed.status == Status.PAYING


def test_one_whose_refund_moved_without_it_catches_up(payment: Payment):
    """A worker of the version before this one writes no reimbursements."""
    owed = cancel(order_of(payment))
    reimbursing.pay(owed.pk)
    Refund.objects.update(status="succeeded")
    assert reimbursing.pay_due() == {}
    owed.refresh_from_db()
    assert owed.status == Status.PAID


# -- the staff's page --------------------------------------------------------------------------------------------------
def test_the_refund_page_writes_what_is_owed_and_its_refund(payment: Payment):
    line = lines_of(payment)[0]
    assert confirmed(clerk("support"), payment, shipping="on", **units(line, 2)).status_code == 302
    owed, refund = Reimbursement.objects.get(), Refund.objects.get()
    assert (owed.status, owed.origin, owed.reason) == (Status.PAYING, "staff", "Torn seam")
    assert owed.amount == refund.amount == line.unit_price * 2 + order_of(payment).shipping_total
    assert sorted(owed.lines.values_list("kind", "quantity")) == [("line", 2), ("shipping", 1)]
    assert reimbursing.refund_of(owed) == refund
    timeline = boss().get(reverse("admin:orders_order_change", args=[payment.order_id])).content.decode()
    assert reverse("admin:orders_reimbursement_change", args=[owed.pk]) in timeline


def test_a_mere_sum_belongs_to_no_unit(payment: Payment):
    assert confirmed(boss(), payment, amount="5").status_code == 302
    assert list(Reimbursement.objects.get().lines.values_list("kind", "amount")) == [("sum", Decimal(5))]
    assert not RefundLine.objects.exists()


def test_money_that_bought_nothing_goes_back_without_a_reimbursement(payment: Payment):
    Payment.objects.filter(pk=payment.pk).update(role="surplus")
    payment.refresh_from_db()
    assert confirmed(boss(), payment, amount="5").status_code == 302
    assert Refund.objects.exists()
    assert not Reimbursement.objects.exists()


def test_the_staff_reads_them_and_changes_nothing(payment: Payment):
    owed = cancel(order_of(payment))
    page = reverse("admin:orders_reimbursement_change", args=[owed.pk])
    client = clerk("support")
    assert client.get(reverse("admin:orders_reimbursement_changelist")).status_code == 200
    assert CANCELLED in client.get(page).content.decode()
    assert client.post(page, {"amount": "1"}).status_code == 403
    assert client.get(reverse("admin:orders_reimbursement_add")).status_code == 403
    assert clerk("catalogue").get(page).status_code == 403


# -- limits ------------------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("what", ["units", "amount", "shipping", "stranger", "order"])
def test_the_database_refuses_more_than_was_paid(payment: Payment, what: str):
    order, line = order_of(payment), lines_of(payment)[0]
    other = lines_of(make_paid())[0]
    kind = ReimbursementLine.Kind
    rows = {
        "units": [ReimbursementLine(kind=kind.LINE, order_line=line, quantity=4, amount=Decimal(1))],
        "amount": [ReimbursementLine(kind=kind.LINE, order_line=line, quantity=1, amount=line.total + 1)],
        "shipping": [ReimbursementLine(kind=kind.SHIPPING, amount=order.shipping_total + 1)],
        "stranger": [ReimbursementLine(kind=kind.LINE, order_line=other, quantity=1, amount=Decimal(1))],
        "order": for_sum(payment.amount + 1),
    }[what]
    with pytest.raises(MoreThanPaid):
        owe(order, rows, reason="x", dedupe_key="k", actor="staff:a")
    assert not Reimbursement.objects.exists()


def test_what_refunds_gave_back_before_counts_as_well(payment: Payment):
    """Refunds of a version before this one have lines of their own and no reimbursement."""
    order, line = order_of(payment), lines_of(payment)[0]
    old = RefundLine(order_line=line, quantity=2, amount=line.unit_price * 2)
    refund_requests.request(payment, old.amount, "staff", "old", "old", actor="t", lines=[old])
    left = left_of(order)
    new = ReimbursementLine(kind="line", order_line=line, quantity=2, amount=line.unit_price * 2)
    with pytest.raises(MoreThanPaid):
        owe(order, [new], reason="x", dedupe_key="k", actor="staff:a")
    assert for_units(left, {line.pk: 1})[0].amount == line.unit_price
    owed = cancel(order)
    assert owed.amount == payment.amount - old.amount


def test_neither_sum_nor_lines_are_changed_afterwards(payment: Payment):
    owed = cancel(order_of(payment))
    changes: list[Callable[[], object]] = [
        lambda: Reimbursement.objects.filter(pk=owed.pk).update(amount=1),
        lambda: ReimbursementLine.objects.filter(reimbursement=owed).update(amount=1),
    ]
    for change in changes:
        with pytest.raises(Exception, match="pgtrigger"), transaction.atomic():
            change()
    with pytest.raises(IntegrityError), transaction.atomic():
        ReimbursementLine.objects.create(reimbursement=owed, kind="line", amount=1)
    with pytest.raises(ValueError, match="reimbursement of"):
        owe(order_of(payment), [], reason="", dedupe_key="none", actor="t")


# -- when it cannot be paid --------------------------------------------------------------------------------------------
def due_again(owed: Reimbursement) -> None:
    Reimbursement.objects.filter(pk=owed.pk).update(next_try_at=Now() - timedelta(seconds=1))


def test_what_cannot_be_paid_is_tried_again_then_given_up_and_told_once(payment: Payment):
    owed = cancel(order_of(payment))
    Payment.objects.filter(pk=payment.pk).update(charged_back_amount=1)
    for tries in range(1, 9):
        due_again(owed)
        assert reimbursing.pay(owed.pk) == (Status.OWED if tries < 8 else Status.FAILED)
        owed.refresh_from_db()
        assert owed.tries == tries
    assert "may still be refunded" in owed.last_error
    assert owed.next_try_at is None
    data = EmailLog.objects.get(kind="payment_attention")
    assert "What a buyer is owed" in outbox.as_sent(data).text or data.language != "en"
    assert not Refund.objects.exists()
    assert reimbursing.pay_due() == {}


def test_it_is_paid_as_soon_as_it_can_be(payment: Payment):
    owed = cancel(order_of(payment))
    Payment.objects.filter(pk=payment.pk).update(charged_back_amount=1)
    assert reimbursing.pay(owed.pk) == Status.OWED
    assert reimbursing.pay_due() == {}, "it waits for its next try"
    Payment.objects.filter(pk=payment.pk).update(charged_back_amount=0)
    due_again(owed)
    assert reimbursing.pay_due() == {Status.PAYING: 1}


def test_one_that_no_payment_can_pay_is_put_off(payment: Payment):
    owed = cancel(order_of(payment))
    Payment.objects.filter(pk=payment.pk).update(role="surplus")
    assert reimbursing.pay(owed.pk) == Status.OWED
    owed.refresh_from_db()
    assert "no payment" in owed.last_error


# -- at once -----------------------------------------------------------------------------------------------------------
@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_workers_pay_it_once(payment: Payment):
    owed = cancel(order_of(payment))
    answers = together([lambda: reimbursing.pay(owed.pk)] * 4)
    assert sorted(answers) == [Status.PAYING, *["skipped"] * 3]
    assert Refund.objects.count() == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_guarded", [True, False])
def test_two_causes_at_once_owe_the_same_units_once(payment: Payment, is_guarded: bool):
    """The control takes the guard of the lines (its trigger) and of the order's sum away."""
    order, line = order_of(payment), lines_of(payment)[0]
    tables = ("orders_reimbursement", "orders_reimbursementline")

    def promise(key: str) -> UUID:
        rows = [ReimbursementLine(kind="line", order_line=line, quantity=2, amount=line.unit_price * 2)]
        return owe(order, rows, reason="x", dedupe_key=key, actor="staff:a").pk

    with connection.cursor() as cursor:
        for table in () if is_guarded else tables:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        try:
            answers = together([partial(promise, key) for key in ("one", "two")])
        finally:
            for table in tables:
                cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
    assert not surprises(answers, MoreThanPaid)
    assert count(answers, UUID) == (1 if is_guarded else 2)
