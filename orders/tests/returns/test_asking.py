"""Asking for a return: no more than arrived, by which right, at whose cost; what is shown is what is kept."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pgtrigger
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone, translation

from inventory.checks import runner
from orders.models import Order, Return, ReturnLine, ReturnPolicy, Shipment
from orders.returns import answering, asking, deciding, steps
from orders.returns.asking import MoreThanSent, NeedsArea, NotReturnable, TermsChanged
from orders.returns.units import returnable
from orders.tests.returns.returns import (
    STAFF,
    approved,
    ask,
    delivered_order,
    give_but,
    line_of,
    terms_of_the_shop,
    wanted,
)
from orders.timeline import timeline
from payments.refunds import reimbursing
from shop.core.models import EmailLog, Event
from shop.core.states import IllegalTransition


@pytest.fixture(scope="module")
def order(shared_rows: Any) -> Iterator[Order]:
    """An order of three units of one line and one of another, delivered today."""
    with shared_rows():
        yield delivered_order()


def days_ago(order: Order, days: int) -> None:
    Shipment.objects.filter(order=order).update(delivered_at=timezone.now() - timedelta(days=days))


def left(order: Order) -> list[int]:
    return sorted(one.left for one in returnable(order))


@pytest.mark.django_db
def test_a_request_is_written_once_and_counts_against_what_arrived(order: Order):
    three = line_of(order, 3)
    shown = asking.quote(order, [wanted(three, 2, "too_small")])
    rma = ask(order, wanted(three, 2, "too_small"), key="form", expected=shown.seen)
    assert ask(order, wanted(three, 2, "too_small"), key="form", expected="stale") == rma
    assert (rma.number, rma.status, rma.payer) == (f"{order.number}-R1", "requested", "shop")
    assert [(one.quantity, one.basis, one.area) for one in rma.lines.all()] == [(2, "withdrawal", "waist")]
    assert Decimal(rma.terms["total"]) == shown.total == three.unit_price * 2
    assert left(order) == [1, 1]
    assert ask(order, wanted(three, 1)).number.endswith("-R2")
    with pytest.raises(MoreThanSent):
        ask(order, wanted(three, 1))
    assert EmailLog.objects.filter(kind="return_requested").count() == 2
    assert (
        Event.objects.filter(trail=order.trail, subject_type="orders.return", kind="requested").count() == 2
    )


@pytest.mark.django_db
def test_what_is_not_a_request_is_refused_and_writes_nothing(order: Order):
    three, other = line_of(order, 3), delivered_order(2).lines.get()
    for lines in (
        [],
        [wanted(three, 4)],
        [wanted(three, 0)],
        [wanted(other)],
        [wanted(three), wanted(three)],
    ):
        with pytest.raises(MoreThanSent):
            asking.request(order, lines, key="x", actor="buyer")
    with pytest.raises(NeedsArea):
        ask(order, wanted(three, reason="too_large", area=""))
    with pytest.raises(asking.WishNotOffered):
        ask(order, wanted(three, wish="credit"))
    with pytest.raises(TermsChanged):
        ask(order, wanted(three), expected="something else")
    assert not Return.objects.exists()


@pytest.mark.django_db
def test_the_database_itself_refuses_a_unit_too_many_and_a_line_twice(order: Order):
    three = line_of(order, 3)
    rma = ask(order, wanted(three, 2))
    reason = rma.lines.get().reason
    for units, line in ((2, three), (2, line_of(order, 1)), (1, delivered_order(2).lines.get())):
        other = Return.objects.create(order=order, ordinal=9, dedupe_key="by hand")
        with pytest.raises(IntegrityError, match="would come back of"), transaction.atomic():
            ReturnLine.objects.create(rma=other, order_line=line, quantity=units, reason=reason)
        other.delete()
    with pytest.raises(IntegrityError, match="returnline_once"), transaction.atomic():
        ReturnLine.objects.create(rma=rma, order_line=three, quantity=1, reason=reason)
    with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
        ReturnLine.objects.filter(rma=rma).update(quantity=1)


@pytest.mark.django_db
def test_what_is_on_its_way_only_the_staff_enters():
    order = delivered_order(3)
    moved = {"status": "shipped", "delivered_at": None}
    with pgtrigger.ignore("orders.Shipment:status_never_goes_back"):
        Shipment.objects.filter(order=order).update(**moved)
    line = order.lines.get()
    with pytest.raises(MoreThanSent):
        ask(order, wanted(line))
    by_staff = ask(order, wanted(line, 3), origin="staff")
    assert (by_staff.lines.get().basis, by_staff.status) == ("withdrawal", "requested")
    row = ReturnLine(
        rma=Return.objects.create(order=order, ordinal=9, dedupe_key="x"), order_line=line, quantity=0
    )
    row.quantity, row.reason = 1, by_staff.lines.get().reason
    with pytest.raises(IntegrityError, match="would come back of"), transaction.atomic():
        row.save()


@pytest.mark.django_db
def test_the_right_follows_from_days_and_reason_and_the_shop_keeps_no_fee_within_the_law(order: Order):
    """The law's days, then the shop's own, then only faulty goods; a fee only in the second."""
    terms_of_the_shop(days=30, fee_rate="0.10", label_fee=500)
    three = line_of(order, 3)
    price = three.unit_price
    # Days since delivery, reason, basis, fee, payer.
    for days, reason, basis, fee, payer in (
        (10, "changed_mind", "withdrawal", 0, "shop"),
        (11, "changed_mind", "voluntary", 10, "buyer"),
        (30, "too_small", "voluntary", 10, "buyer"),
        (30, "defective", "faulty", 0, "shop"),
        (180, "defective", "faulty", 0, "shop"),
    ):
        days_ago(order, days)
        found = asking.quote(order, [wanted(three, 1, reason)])
        one = found.lines[0]
        assert (one.terms.basis, one.fee, found.payer) == (basis, price * fee / 100, payer), (days, reason)
        assert one.amount == price - one.fee
        assert found.label_fee == (500 if payer == "buyer" else 0)
        assert not found.refused
    for days, reason, why in ((31, "changed_mind", "too_late"), (181, "defective", "too_late")):
        days_ago(order, days)
        with pytest.raises(NotReturnable) as refused:
            ask(order, wanted(three, 1, reason))
        assert [one.terms.refusal for one in refused.value.lines] == [why]


@pytest.mark.django_db
def test_a_final_sale_ends_with_the_law_and_leaves_faulty_goods_their_right(order: Order):
    three = line_of(order, 3)
    ReturnPolicy.objects.create(
        product=three.variant.product, is_final_sale=True, applies_from=order.placed_at, days=90
    )
    days_ago(order, 9)
    assert not asking.quote(order, [wanted(three)]).refused
    days_ago(order, 11)
    assert [one.terms.refusal for one in asking.quote(order, [wanted(three)]).lines] == ["final_sale"]
    assert not asking.quote(order, [wanted(three, reason="defective"), wanted(line_of(order, 1))]).refused


@pytest.mark.django_db
def test_terms_of_later_orders_do_not_bind_this_one(order: Order):
    later = timezone.now() + timedelta(days=1)
    ReturnPolicy.objects.create(days=0, fee_rate="0.50", applies_from=later)
    days_ago(order, 20)
    found = asking.quote(order, [wanted(line_of(order, 3))])
    assert (found.fee, found.refused) == (0, [])


@pytest.mark.django_db
def test_the_freight_comes_back_with_the_whole_order_and_not_with_a_part(order: Order):
    three, one = line_of(order, 3), line_of(order, 1)
    whole = asking.quote(order, [wanted(three, 3), wanted(one)])
    assert (whole.freight, whole.total) == (order.shipping_total, order.total)
    assert asking.quote(order, [wanted(three, 3)]).freight == 0
    days_ago(order, 20)
    assert asking.quote(order, [wanted(three, 3), wanted(one)]).freight == 0
    assert (
        asking.quote(order, [wanted(three, 3, "defective"), wanted(one, 1, "defective")]).freight
        == order.shipping_total
    )


@pytest.mark.django_db
def test_approval_at_once_is_for_small_sums_and_buyers_without_a_rejected_return(order: Order):
    three = line_of(order, 3)
    terms_of_the_shop(is_approved_at_once=True, approved_up_to=three.unit_price, send_within_days=7)
    first = ask(order, wanted(three, 1))
    assert (first.status, EmailLog.objects.filter(kind="return_requested").count()) == ("approved", 0)
    assert first.send_by is not None
    assert first.send_by.date() == (timezone.now() + timedelta(days=7)).date()
    second = ask(order, wanted(three, 2))
    assert second.status == "requested"
    answering.reject(second, reason="worn", actor=STAFF)
    assert ask(order, wanted(three, 1)).status == "requested"


@pytest.mark.django_db
def test_each_answer_acts_once_and_tells_the_buyer_once(order: Order):
    rma = ask(order)
    assert answering.approve(rma, actor=STAFF, way="drop_off", drop_off_code="QR-1", instructions="Kiosk")
    assert not answering.approve(rma, actor=STAFF)
    assert (rma.status, rma.drop_off_code) == ("approved", "QR-1")
    with pytest.raises(IllegalTransition):
        answering.reject(rma, reason="no", actor=STAFF)
    assert answering.note_sent(rma, actor="buyer")
    assert not answering.note_sent(rma, actor="buyer", tracking_number=" RA1 ")
    assert rma.tracking_number == "RA1"
    assert answering.cancel(rma, actor="buyer")
    assert not answering.cancel(rma, actor="buyer")
    refused = ask(order)
    with pytest.raises(ValueError, match="why"):
        answering.reject(refused, reason=" ", actor=STAFF)
    assert answering.reject(refused, reason="worn", actor=STAFF)
    assert not answering.reject(refused, reason="worn", actor=STAFF)
    assert left(order) == [1, 3]
    mails = EmailLog.objects.filter(kind__startswith="return_").values_list("kind", flat=True)
    assert sorted(mails) == ["return_approved", "return_ended", "return_ended", *["return_requested"] * 2]


@pytest.mark.django_db
def test_what_was_not_sent_in_time_expires_once_and_what_was_sent_does_not(order: Order):
    late, sent = approved(order), approved(order)
    answering.note_sent(sent, actor="buyer")
    Return.objects.update(send_by=timezone.now() - timedelta(minutes=1))
    assert answering.expire_due() == {"expired": 1}
    assert answering.expire_due() == {}
    late.refresh_from_db()
    sent.refresh_from_db()
    assert (late.status, sent.status) == ("expired", "approved")
    assert left(order) == [1, 2]


@pytest.mark.django_db
def test_no_more_is_promised_or_paid_than_is_left_of_the_orders_money(order: Order):
    """Sums that were given before belong to no unit: what is left goes back, and the return ends."""
    one, three = line_of(order, 1), line_of(order, 3)
    give_but(order, one.total + 10)
    rma = approved(order, wanted(one), wanted(three, 3))
    assert Decimal(rma.terms["total"]) == one.total + 10
    units = {row.pk: row.quantity for row in rma.lines.all()}
    made = deciding.decide(rma, deciding.Choice(units=units), key="all", actor=STAFF)
    assert made.total == one.total + 10
    owed = deciding.pay_back(made, actor=STAFF)
    assert reimbursing.pay(owed.pk) == "paying"
    assert runner.check(scope="") == []


@pytest.mark.django_db
def test_what_a_bank_took_is_not_told_to_be_on_its_way(order: Order):
    one = line_of(order, 1)
    rma = approved(order, wanted(one))
    made = deciding.decide(rma, deciding.Choice(units={rma.lines.get().pk: 1}), key="all", actor=STAFF)
    deciding.pay_back(made, actor=STAFF)
    with translation.override("en"):
        assert "Your money is on its way back" in [step.title for step in steps.of(rma)]
        order.payments.update(charged_back_amount=order.total, status="charged_back")
        titles = [step.title for step in steps.of(rma)] + [moment.title for moment in timeline(order)]
    assert titles.count("Charged back") == 2
    assert not [title for title in titles if "on its way back" in title]
