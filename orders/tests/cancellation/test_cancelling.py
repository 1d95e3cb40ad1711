"""Cancelling: units go back to stock and to the buyer's money, once, and only while they are in the house."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from catalog import waiting
from catalog.models import Collection, CollectionProduct, WaitingEntry
from inventory.checks import runner
from inventory.ledger import Receipt, receive_many
from inventory.models import StockMovement
from inventory.reservations import waiting_list
from inventory.tests.factories import LocationFactory
from orders.cancellation import quotes
from orders.cancellation.cancelling import Changed, cancel
from orders.cancellation.quotes import CannotCancel, Why, WrongUnits
from orders.cart import limits
from orders.fulfilment import holds, remaining, shipments
from orders.models import (
    Cancellation,
    CancellationLine,
    Order,
    OrderHold,
    Reimbursement,
    Shipment,
    ShipmentLine,
)
from orders.returns.restocking import at_their_places, put_back
from orders.tests.admin.test_orders import pay
from orders.tests.factories import level_of, make_cart, make_order, make_user, make_variant
from orders.tests.fulfilment.test_remaining import paid_order, refund
from payments.models import Payment, Refund
from payments.refunds import reimbursing
from shop.core.models import EmailLog, Event

BUYER, STAFF = "shopper", "staff:ana@example.com"
Reason = Cancellation.Reason


def by_buyer(order: Order, key: str = "k", **given: Any) -> Cancellation:
    given = {"reason": Reason.MISTAKE, "expected": None, "actor": BUYER} | given
    return cancel(order, by="shopper", key=key, **given)


def by_staff(order: Order, key: str = "s", **given: Any) -> Cancellation:
    given = {"reason": Reason.BUYER_ASKED, "expected": None, "actor": STAFF} | given
    return cancel(order, by="staff", key=key, **given)


@pytest.fixture(scope="module")
def rows(shared_rows: Any) -> Iterator[Payment]:
    with shared_rows():
        order = make_order(make_cart((make_variant(units=9), 3), (make_variant(), 1)))
        payment = pay(order, str(order.number))
        Refund.objects.all().delete()
        yield payment


@pytest.fixture
def bought(rows: Payment, db: None) -> tuple[Order, Payment]:
    """A paid order of three units of one line and one of another, with shipping."""
    payment = Payment.objects.select_related("order").get(pk=rows.pk)
    return payment.order, payment


def three(order: Order) -> Any:
    return order.lines.get(quantity=3)


def unsent(order: Order) -> list[int]:
    return [line.unsent for line in remaining.lines().filter(order=order).order_by("-quantity")]


@pytest.mark.django_db
def test_the_whole_order_goes_back_once_with_its_shipping_and_each_step_is_told(
    bought: tuple[Order, Payment], django_capture_on_commit_callbacks: Any
):
    order, payment = bought
    shown = quotes.quote(order, by="shopper")
    assert (shown.amount, shown.money, shown.less) == (order.total, order.total, 0)
    assert (shown.charges, shown.is_whole, shown.units) == (order.shipping_total, True, 4)
    variant = three(order).variant_id
    assert level_of(variant).on_hand == 6
    made = by_buyer(order, expected=shown.seen, note="two clicks")
    assert by_buyer(order, expected=shown.seen) == made
    with pytest.raises(CannotCancel) as refused:
        by_buyer(order, "another form")
    assert refused.value.why == Why.ENDED
    order.refresh_from_db()
    assert (order.status, made.is_whole, level_of(variant).on_hand) == ("cancelled", True, 9)
    owed = Reimbursement.objects.get()
    assert (made.reimbursement, owed.amount, owed.status) == (owed, order.total, "owed")
    assert order.is_off
    assert EmailLog.objects.filter(kind="order_cancelled").count() == 1
    event = Event.objects.get(kind="units cancelled")
    assert event.actor == BUYER
    assert event.reason.endswith(" · mistake · two clicks")
    assert runner.check() == []
    # Paid back by the job, as everything that is owed.
    assert reimbursing.pay(owed.pk) == "paying"
    assert Refund.objects.get(payment=payment).amount == order.total
    assert [line.quantity for line in Refund.objects.get().lines.filter(order_line=three(order))] == [3]
    assert unsent(order) == [0, 0]


@pytest.mark.django_db
def test_units_go_back_and_the_last_ones_bring_the_shipping(bought: tuple[Order, Payment]):
    order, _payment = bought
    line = three(order)
    shown = quotes.quote(order, {line.pk: 2}, by="shopper")
    assert (shown.amount, shown.charges, shown.is_whole) == (line.unit_price * 2, 0, False)
    by_buyer(order, units={line.pk: 2}, expected=shown.seen)
    order.refresh_from_db()
    assert (order.status, unsent(order)) == ("confirmed", [1, 1])
    assert not order.is_off
    for units in ({line.pk: 2}, {line.pk: 0}, {}, {line.pk: -1}, {order.pk: 1}):
        with pytest.raises(WrongUnits):
            by_buyer(order, "too many", units=units)
    rest = by_buyer(order, "rest")
    assert rest.reimbursement is not None
    assert rest.reimbursement.amount == order.total - line.unit_price * 2
    order.refresh_from_db()
    assert order.status == "cancelled"
    assert sum(one.amount for one in Reimbursement.objects.all()) == order.total


@pytest.mark.django_db
def test_what_was_shown_is_what_happens_or_nothing_does(bought: tuple[Order, Payment]):
    order, payment = bought
    shown = quotes.quote(order, by="shopper")
    refund(payment, Decimal(100))
    with pytest.raises(Changed) as refused:
        by_buyer(order, expected=shown.seen)
    assert not Cancellation.objects.exists()
    assert refused.value.quote.amount == order.total - 100
    by_buyer(order, expected=refused.value.quote.seen)
    assert Reimbursement.objects.get().amount == order.total - 100


@pytest.mark.django_db
def test_the_buyer_until_it_is_packed_the_staff_until_it_has_left(bought: tuple[Order, Payment]):
    order, _payment = bought
    line = three(order)
    first = shipments.prepare(order, key="1", units={line.pk: 2}, actor=STAFF)
    assert quotes.can_cancel(order, by="shopper")
    ShipmentLine.objects.filter(shipment=first).update(packed=1)
    with pytest.raises(CannotCancel) as packed:
        by_buyer(order)
    assert packed.value.why == Why.PACKED
    shipments.ship(first, actor=STAFF)
    assert quotes.quote(order, by="staff").charges == 0  # Something has left: its shipping was used.
    with pytest.raises(WrongUnits):
        by_staff(order, units={line.pk: 2})
    by_staff(order)
    order.refresh_from_db()
    assert (order.status, unsent(order)) == ("confirmed", [0, 0])
    with pytest.raises(CannotCancel) as left:
        by_staff(order, "again")
    assert left.value.why == Why.LEFT
    shipments.deliver(first, actor=STAFF)
    order.refresh_from_db()
    assert order.status == "completed"


@pytest.mark.django_db
def test_an_order_of_which_the_rest_is_cancelled_after_the_arrival_is_completed(
    bought: tuple[Order, Payment],
):
    order, _payment = bought
    first = shipments.prepare(order, key="1", units={three(order).pk: 3}, actor=STAFF)
    shipments.ship(first, actor=STAFF)
    shipments.deliver(first, actor=STAFF)
    by_staff(order)
    order.refresh_from_db()
    assert order.status == "completed"


@pytest.mark.django_db
def test_a_shipment_being_packed_is_cancelled_and_its_rest_prepared_again(bought: tuple[Order, Payment]):
    order, _payment = bought
    line, other = three(order), order.lines.get(quantity=1)
    first = shipments.prepare(order, key="1", units={line.pk: 1}, actor=STAFF)
    second = shipments.prepare(order, key="2", units={line.pk: 1, other.pk: 1}, actor=STAFF)
    ShipmentLine.objects.filter(shipment=first).update(packed=1)
    by_staff(order, "in none", units={line.pk: 1})  # The unit that is in no shipment goes first.
    assert Shipment.objects.filter(status="pending").count() == 2
    by_staff(order, "in the second", units={line.pk: 1})  # Then one of a shipment of which nothing is packed.
    assert list(
        Shipment.objects.filter(status="pending").order_by("ordinal").values_list("ordinal", flat=True)
    ) == [
        1,
        3,
    ]
    second.refresh_from_db()
    assert second.status == "cancelled"
    assert list(Shipment.objects.get(ordinal=3).lines.values_list("order_line", "quantity")) == [
        (other.pk, 1)
    ]
    holds.place_hold(order, kind=OrderHold.Kind.STAFF, source="x", reason="fraud?", actor=STAFF)
    by_staff(order, "everything", reason=Reason.SUSPICIOUS)
    order.refresh_from_db()
    assert (order.status, Shipment.objects.exclude(status="cancelled").count()) == ("cancelled", 0)
    assert holds.holds_of(order) == []


@pytest.mark.django_db
def test_the_database_refuses_a_unit_both_cancelled_and_in_a_shipment(bought: tuple[Order, Payment]):
    order, _payment = bought
    line = three(order)
    sent = shipments.prepare(order, key="1", units={line.pk: 2}, actor=STAFF)
    shipments.ship(sent, actor=STAFF)
    made = by_staff(order, units={line.pk: 1})
    twin = Shipment.objects.create(order=order, ordinal=9, dedupe_key="by hand")
    other = Cancellation.objects.create(order=order, by="staff", reason=Reason.OTHER, dedupe_key="by hand")
    stranger = make_order().lines.get()
    acts: list[tuple[str, Callable[[], object]]] = [
        ("would be sent", lambda: ShipmentLine.objects.create(shipment=twin, order_line=line, quantity=1)),
        (
            "would be cancelled",
            lambda: CancellationLine.objects.create(cancellation=other, order_line=line, quantity=1),
        ),
        (
            "would be cancelled",
            lambda: CancellationLine.objects.create(cancellation=other, order_line=stranger, quantity=1),
        ),
        ("Cannot", lambda: made.lines.update(quantity=2)),
        ("Cannot", lambda: Cancellation.objects.update(reason=Reason.OTHER)),
    ]
    for words, act in acts:
        with pytest.raises(Exception, match=words), transaction.atomic():
            act()
    with pytest.raises(IntegrityError), transaction.atomic():
        CancellationLine.objects.create(cancellation=made, order_line=line, quantity=0)


@pytest.mark.django_db
def test_a_disputed_order_is_the_staffs_to_cancel_and_what_a_bank_took_is_not_owed_again():
    order, payment = paid_order()
    holds.place_hold(
        order, kind=OrderHold.Kind.DISPUTE, source="dispute:1", reason="disputed", actor="job:settle"
    )
    with pytest.raises(CannotCancel) as refused:
        by_buyer(order)
    assert refused.value.why == Why.DISPUTED
    Payment.objects.filter(pk=payment.pk).update(charged_back_amount=payment.amount - 10)
    made = by_staff(order)
    assert made.reimbursement is not None
    assert made.reimbursement.amount == 10
    assert [hold.kind for hold in holds.holds_of(order)] == ["dispute"]
    assert level_of(order.lines.get().variant_id).on_hand == 9


@pytest.mark.django_db
def test_an_order_whose_money_has_gone_back_already_gives_its_units_back_and_owes_nothing():
    order, payment = paid_order()
    refund(payment, payment.amount)
    made = by_staff(order)
    assert (made.reimbursement, made.is_whole, level_of(order.lines.get().variant_id).on_hand) == (
        None,
        True,
        9,
    )
    assert runner.check() == []


@pytest.mark.django_db
def test_a_refund_that_failed_does_not_hide_another_unit_that_was_paid_back():
    order, payment = paid_order()
    refund(payment, order.lines.get().unit_price, units=1)
    made = by_staff(order, units={order.lines.get().pk: 1})
    assert unsent(order) == [1]
    Reimbursement.objects.filter(pk=made.reimbursement_id).update(status="failed")
    assert unsent(order) == [1]


@pytest.mark.django_db
def test_units_go_back_where_they_were_sold_from_and_those_nobody_finds_are_written_off():
    variant, second = make_variant(units=2), LocationFactory.create(priority=9)
    receive_many([Receipt(variant.pk, second.pk, 2)], actor=STAFF)
    order = make_order(make_cart((variant, 3)))
    pay(order, "1")
    line = order.lines.get()
    by_staff(order, "a", units={line.pk: 1}, reason=Reason.NOT_FOUND)
    by_staff(order, "b", units={line.pk: 2})
    found = StockMovement.objects.filter(cause_id=order.pk).order_by("pk")
    by_place = [(one.kind, one.location_id == second.pk, one.quantity) for one in found if one.kind != "sale"]
    assert by_place == [
        ("customer_return", False, 1),
        ("loss", False, -1),
        ("customer_return", False, 1),
        ("customer_return", True, 1),
    ]
    assert runner.check() == []


@pytest.mark.django_db
def test_who_waits_for_a_unit_gets_the_one_that_comes_back():
    variant = make_variant(units=1)
    order = make_order(make_cart((variant, 1)))
    pay(order, "1")
    user = make_user()
    waiting.join(variant=variant, email=user.email, user=user, language="es", actor=BUYER)
    assert waiting_list.serve() == 0
    by_buyer(order)
    assert waiting_list.serve() == 1
    assert waiting_list.offer_of(WaitingEntry.objects.get())


@pytest.mark.django_db
def test_what_was_cancelled_does_not_count_against_the_limit_of_a_drop():
    variant = make_variant(units=9, max_per_order=3)
    drop = Collection.objects.create(kind="drop", name="Drop", slug="drop", is_active=True)
    CollectionProduct.objects.create(collection=drop, product=variant.product)
    order = make_order(make_cart((variant, 3)))
    pay(order, "1")
    buyer = limits.Customer(email=order.email)
    assert limits.already_bought(buyer, [variant.pk]) == {variant.pk: 3}
    by_buyer(order, units={order.lines.get().pk: 2})
    assert limits.already_bought(buyer, [variant.pk]) == {variant.pk: 1}
    by_buyer(order, "rest")
    assert limits.already_bought(buyer, [variant.pk]) == {variant.pk: 0}


@pytest.mark.django_db
def test_nothing_is_prepared_again_of_a_unit_that_was_put_back_before(bought: tuple[Order, Payment]):
    """Until the cancelled units are back in stock, it counted as one of them, and another one seemed to be left."""
    order, _payment = bought
    line = three(order)
    put_back(order, at_their_places(order, {line: 1}), note="came back", actor=STAFF)
    shipments.prepare(order, key="one", units={line.pk: 1}, actor=STAFF)

    made = by_staff(order)

    assert made.is_whole
    assert set(order.shipments.values_list("status", flat=True)) == {"cancelled"}
    assert runner.check() == []


@pytest.mark.django_db
def test_with_the_whole_order_ends_a_shipment_whose_units_lie_in_stock_again(bought: tuple[Order, Payment]):
    """Nothing of the shipment is cancelled: its units were put back before. It is not to be sent all the same."""
    order, _payment = bought
    line = three(order)
    shipment = shipments.prepare(order, key="three", units={line.pk: 3}, actor=STAFF)
    put_back(order, at_their_places(order, {line: 3}), note="wrong bin", actor=STAFF)

    made = by_staff(order)

    shipment.refresh_from_db()
    order.refresh_from_db()
    assert (made.is_whole, order.status, shipment.status) == (True, "cancelled", "cancelled")
    assert runner.check() == []
