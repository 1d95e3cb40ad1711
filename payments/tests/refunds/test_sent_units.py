"""Of refunded units it is known which had been sent: for those no other unit stays in the house."""

from typing import Any

import pytest
from django.db import IntegrityError, transaction

from orders.fulfilment import remaining, shipments
from orders.models import Order, OrderLine, ReimbursementLine, Shipment
from orders.reimbursements import owing
from orders.reimbursements.left import SentUnclear, for_units, left_of
from orders.tests.factories import warehouse
from payments.models import Payment, Refund, RefundLine
from payments.refunds import refund_requests, reimbursing
from payments.tests.admin.refund_form import ENGLISH, address, confirmed, lines_of, make_paid, send, units
from shop.accounts.tests.staff_clients import clerk

pytestmark = pytest.mark.django_db
STAFF = "staff:ana@example.com"


@pytest.fixture
def payment() -> Payment:
    """Return the payment of an order of three units of one product and one of another."""
    return make_paid()


def line_of(payment: Payment) -> OrderLine:
    return lines_of(payment)[0]


def leave(payment: Payment, number: int, key: str = "k") -> Shipment:
    order = Order.objects.get(pk=payment.order_id)
    box = shipments.prepare(order, key=key, actor=STAFF, units={line_of(payment).pk: number})
    shipments.ship(box, actor=STAFF)
    return box


def come_back(box: Shipment) -> Shipment:
    shipments.mark_returned(box, reason="refused", actor=STAFF)
    return box


def give_back(payment: Payment, number: int, stated: int | None = None) -> Any:
    order, line = Order.objects.get(pk=payment.order_id), line_of(payment)
    lines = for_units(left_of(order), {line.pk: number}, sent={line.pk: stated})
    return reimbursing.ask(
        payment, lines, reason="x", dedupe_key=f"{number} {stated}", expected=None, actor=STAFF
    )


def stays(payment: Payment) -> int:
    unsent: int = remaining.lines().get(pk=line_of(payment).pk).unsent
    return unsent


def test_no_unit_stays_for_a_refunded_one_that_had_been_sent(payment: Payment):
    leave(payment, 1)
    give_back(payment, 1, stated=1)
    assert stays(payment) == 2
    give_back(payment, 1, stated=0)
    assert stays(payment) == 1
    assert list(RefundLine.objects.order_by("created_at").values_list("quantity", "sent")) == [(1, 1), (1, 0)]


def test_a_refund_that_fails_leaves_everything_as_it_was(payment: Payment):
    leave(payment, 1)
    give_back(payment, 1, stated=1)
    Refund.objects.update(status="failed")
    assert (stays(payment), left_of(Order.objects.get()).lines[0].sent_left) == (2, 1)


@pytest.mark.parametrize(("number", "stated"), [(1, None), (2, 0), (2, None), (1, 2)])
def test_it_must_be_said_where_more_than_one_number_is_possible(
    payment: Payment, number: int, stated: int | None
):
    leave(payment, 2)
    with pytest.raises(SentUnclear):
        give_back(payment, number, stated)


@pytest.mark.parametrize(("sent", "number", "found"), [(0, 2, 0), (3, 2, 2), (2, 3, 2)])
def test_it_need_not_be_said_where_one_number_alone_is_possible(
    payment: Payment, sent: int, number: int, found: int
):
    if sent:
        leave(payment, sent)
    give_back(payment, number)
    assert RefundLine.objects.get().sent == found


def test_what_came_back_in_its_parcel_is_not_with_the_buyer(payment: Payment):
    """Refunded as sent ones; then a parcel comes back with all of them, and what is not refunded is sent again."""
    box = leave(payment, 3)
    give_back(payment, 1)
    assert stays(payment) == 0
    come_back(box)
    assert stays(payment) == 0
    Shipment.objects.update(sent_again_at=box.created_at)
    assert stays(payment) == 2


def test_a_parcel_that_came_back_is_sent_again_though_a_unit_of_another_was_refunded(payment: Payment):
    leave(payment, 2)
    box = leave(payment, 1, key="second")
    give_back(payment, 1)
    shipments.send_again(come_back(box), key="again", actor=STAFF)
    again = Shipment.objects.get(dedupe_key="again")
    assert shipments.ship(again, actor=STAFF)


@pytest.mark.parametrize("row", [ReimbursementLine, RefundLine])
def test_the_database_bounds_what_is_called_sent(payment: Payment, row: Any):
    leave(payment, 1)
    give_back(payment, 1, stated=1)
    line = line_of(payment)
    if row is ReimbursementLine:
        two = ReimbursementLine(kind="line", order_line=line, quantity=1, sent=1, amount=line.unit_price)
        with pytest.raises(owing.MoreThanPaid, match="as sent"):
            owing.owe(line.order, [two], reason="x", dedupe_key="y", actor=STAFF)
        return
    refund = Refund.objects.create(
        payment=payment, amount=line.unit_price, currency="ARS", dedupe_key="z", status="requested"
    )
    with pytest.raises(IntegrityError, match="refund_line_sent_within_quantity"), transaction.atomic():
        RefundLine.objects.create(refund=refund, order_line=line, quantity=1, sent=2, amount=line.unit_price)


def test_the_form_asks_where_some_were_sent_and_others_not(payment: Payment):
    client, line = clerk("support"), line_of(payment)
    name = f"sent_{line.pk.hex}"
    assert name not in client.get(address(payment), headers=ENGLISH).content.decode()
    leave(payment, 1)
    page = client.get(address(payment), headers=ENGLISH).content.decode()
    assert name in page
    assert "1 of 3 that may go back were sent" in page
    unsaid = send(client, payment, step="preview", **units(line, 2))
    assert unsaid.status_code == 422
    assert "how many of these units were sent, between 0 and 1" in unsaid.content.decode()
    place = {f"place_{line.pk.hex}": str(warehouse().pk)}
    shown = send(client, payment, step="preview", **units(line, 2), **{name: "1"}, **place)
    assert "of these, 1 sent" in shown.content.decode()
    assert [one["units"] for one in shown.context["coming"]] == [1]
    assert confirmed(client, payment, **units(line, 2), **{name: "1"}, **place).status_code == 302
    row = remaining.lines().get(pk=line.pk)
    assert (row.refunded, row.refunded_sent, row.restocked, row.unsent) == (2, 1, 1, 1)


def test_what_left_since_it_was_shown_is_not_paid_back_as_unsent(payment: Payment):
    client, line = clerk("support"), line_of(payment)
    leave(payment, 1)
    chosen = units(line, 2) | {f"sent_{line.pk.hex}": "0", "seen": str(refund_requests.refundable(payment))}
    leave(payment, 1, key="meanwhile")
    answer = send(client, payment, step="confirm", **chosen)
    assert answer.status_code == 422
    assert "between 1 and 2" in answer.content.decode()
    assert not Refund.objects.exists()
