"""Receive, inspect, decide, pay back: four acts in any sensible order, each once; stock and money end where they must."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from inventory.checks import runner
from inventory.models import Location, StockLevel, StockMovement
from orders.fulfilment import remaining, shipments
from orders.models import (
    Inspection,
    Order,
    Reimbursement,
    Return,
    ReturnDecision,
    ReturnDecisionLine,
    ReturnLine,
    ReturnReceipt,
    ReturnReceiptLine,
)
from orders.reimbursements.left import for_units, left_of
from orders.returns import answering, closing, deciding, inspecting, receiving
from orders.returns.deciding import Choice
from orders.returns.inspecting import Found
from orders.returns.rows import NotOpen
from orders.returns.units import returnable
from orders.tests.admin.test_orders import pay
from orders.tests.factories import make_cart, make_order, make_variant, warehouse
from orders.tests.returns.returns import (
    STAFF,
    approved,
    ask,
    deliver,
    delivered_order,
    line_of,
    terms_of_the_shop,
    wanted,
)
from payments.models import Refund
from payments.refunds import reimbursing
from shop.core.models import EmailLog, Event
from shop.core.states import IllegalTransition


@pytest.fixture(scope="module")
def order(shared_rows: Any) -> Iterator[Order]:
    """An order of three units of one line and one of another, delivered today."""
    with shared_rows():
        yield delivered_order()


def on_hand(line: Any, location: Location | None = None) -> int:
    found = StockLevel.objects.filter(variant=line.variant, location=location or warehouse()).first()
    return found.on_hand if found else 0


def receive(rma: Return, units: int = 1, parcel: int = 1, **given: Any) -> ReturnReceipt:
    line = rma.lines.first()
    assert line is not None
    counted = {line.order_line_id: units}
    return receiving.receive(rma, counted, parcel=parcel, actor=STAFF, **given)[0]


def found(
    rma: Return, units: int = 1, condition: str = "new", disposition: str = "restock", **given: Any
) -> Found:
    line = rma.lines.first()
    assert line is not None
    return Found(line.pk, units, condition, disposition, **given)


def choice(rma: Return, units: int = 1, **given: Any) -> Choice:
    line = rma.lines.first()
    assert line is not None
    return Choice(units={line.pk: units}, **given)


def decide(rma: Return, units: int = 1, key: str = "d", **given: Any) -> ReturnDecision:
    return deciding.decide(rma, choice(rma, units, **given), key=key, actor=STAFF)


def stock_is_sound() -> bool:
    return not runner.check(scope="")


@pytest.mark.django_db
def test_the_whole_story_each_act_twice(order: Order):
    line = line_of(order, 3)
    before = on_hand(line)
    rma = approved(order, wanted(line, 2))
    first, is_new = receiving.receive(rma, {line.pk: 2}, parcel=1, actor=STAFF)
    assert is_new
    assert receiving.receive(rma, {line.pk: 1}, parcel=1, actor="staff:other") == (first, False)
    place = receiving.place()
    assert (on_hand(line), on_hand(line, place), place.is_sold_from) == (before, 2, False)
    rows = inspecting.inspect(
        rma, [found(rma, 1), found(rma, 1, "damaged", "write_off")], key="i", actor=STAFF
    )
    assert inspecting.inspect(rma, [found(rma, 1)], key="i", actor=STAFF) == rows
    assert (on_hand(line), on_hand(line, place)) == (before + 1, 0)
    shown = deciding.quote(rma, choice(rma, 2))
    made = deciding.decide(rma, choice(rma, 2), key="d", actor=STAFF, expected=shown.seen)
    assert deciding.decide(rma, choice(rma, 1), key="d", actor=STAFF, expected="stale") == made
    assert (made.total, made.total) == (shown.total, line.unit_price * 2)
    assert rma.status == "approved"
    owed = deciding.pay_back(made, actor=STAFF)
    assert deciding.pay_back(made, actor=STAFF) == owed
    rma.refresh_from_db()
    assert rma.status == "closed"
    assert reimbursing.pay(owed.pk) == "paying"
    assert Refund.objects.get().amount == made.total
    events = Event.objects.filter(trail=order.trail, subject_type="orders.return").order_by("pk")
    assert [event.to_state or event.kind for event in events] == [
        *("requested", "approved", "received", "inspected", "decided", "paid back", "closed")
    ]
    mails = EmailLog.objects.filter(kind__startswith="return_").order_by("pk").values_list("kind", flat=True)
    assert list(mails) == ["return_requested", "return_approved", "return_received", "return_paid_back"]
    assert stock_is_sound()


@pytest.mark.django_db
def test_money_may_go_before_the_parcel_comes_and_a_parcel_may_wait_without_money(order: Order):
    line = line_of(order, 3)
    trusted, waiting = approved(order, wanted(line, 1)), approved(order, wanted(line, 1))
    deciding.pay_back(decide(trusted), actor=STAFF)
    trusted.refresh_from_db()
    assert trusted.status == "approved"
    receive(trusted)
    inspecting.inspect(trusted, [found(trusted)], key="i", actor=STAFF)
    assert trusted.status == "closed"
    receive(waiting)
    inspecting.inspect(waiting, [found(waiting)], key="j", actor=STAFF)
    assert waiting.status == "approved"
    with pytest.raises(closing.Unfinished):
        closing.close(waiting, reason="forgotten", actor=STAFF)
    with pytest.raises(IllegalTransition):
        answering.cancel(waiting, actor="buyer")
    assert Reimbursement.objects.count() == 1
    decide(waiting, gives_nothing=True, reason="worn", key="n")
    assert waiting.status == "closed"


@pytest.mark.django_db
def test_what_is_counted_may_differ_from_what_was_announced(order: Order):
    """Fewer, more, other lines and wrong items; never more than was sent, and parcels are numbered in turn."""
    three, one = line_of(order, 3), line_of(order, 1)
    rma = approved(order, wanted(three, 1))
    with pytest.raises(receiving.WrongParcel):
        receive(rma, parcel=2)
    for counted in ({three.pk: 4}, {one.pk: 2}):
        with pytest.raises(receiving.MoreCameThanSent):
            receiving.receive(rma, counted, parcel=1, actor=STAFF)
    for counted in ({}, {three.pk: 0}, {order.pk: 1}, {three.pk: -1, one.pk: 1}):
        with pytest.raises(receiving.NothingCounted):
            receiving.receive(rma, counted, parcel=1, actor=STAFF)
    with pytest.raises(receiving.SoldFrom):
        receive(rma, location=warehouse())
    receiving.receive(
        rma, {three.pk: 2, one.pk: 1}, parcel=1, wrong_items="a sock", wrong_units=1, actor=STAFF
    )
    assert {(row.order_line_id, row.quantity) for row in rma.lines.all()} == {(three.pk, 1), (one.pk, 0)}
    assert sorted(returnable_units(order)) == [0, 1]
    receive(rma, 1, parcel=2)
    with pytest.raises(receiving.MoreCameThanSent):
        receive(rma, 1, parcel=3)
    by_line = {row.order_line_id: row for row in rma.lines.all()}
    inspecting.inspect(
        rma,
        [
            Found(by_line[three.pk].pk, 3, "new", "restock"),
            Found(by_line[one.pk].pk, 1, "used", "quarantine"),
        ],
        key="i",
        actor=STAFF,
    )
    units = deciding.open_units(rma)
    assert sorted(units.values()) == [1, 3]
    made = deciding.decide(rma, Choice(units=units), key="d", actor=STAFF)
    assert (made.total, made.freight) == (order.total, order.shipping_total)
    deciding.pay_back(made, actor=STAFF)
    rma.refresh_from_db()
    assert rma.status == "closed"
    assert stock_is_sound()


def returnable_units(order: Order) -> list[int]:
    return [one.left for one in returnable(order)]


@pytest.mark.django_db
def test_a_disposition_is_changed_by_a_movement_and_what_was_sent_back_is_gone(order: Order):
    line = line_of(order, 3)
    before, place = on_hand(line), receiving.place()
    rma = approved(order, wanted(line, 3))
    receive(rma, 3)
    row = inspecting.inspect(rma, [found(rma, 3, "used", "quarantine")], key="i", actor=STAFF)[0]
    part = inspecting.change(row, "restock", units=2, key="a", actor=STAFF)
    assert inspecting.change(row, "restock", units=2, key="a", actor=STAFF) == part
    assert (on_hand(line), on_hand(line, place)) == (before + 2, 1)
    inspecting.change(part, "write_off", key="b", actor=STAFF)
    assert (on_hand(line), on_hand(line, place)) == (before, 1)
    part.refresh_from_db()
    inspecting.change(part, "restock", key="c", actor=STAFF)
    assert (on_hand(line), on_hand(line, place)) == (before + 2, 1)
    row.refresh_from_db()
    inspecting.change(row, "send_back", key="e", actor=STAFF)
    assert (on_hand(line), on_hand(line, place)) == (before + 2, 0)
    row.refresh_from_db()
    for to in Inspection.Disposition.values:
        with pytest.raises(inspecting.SentBack):
            inspecting.change(row, to, key=f"f{to}", actor=STAFF)
    with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
        Inspection.objects.filter(pk=row.pk).update(disposition="restock")
    assert sum(Inspection.objects.values_list("quantity", flat=True)) == 3
    # The buyer has that unit again, and may return it once more.
    decide(rma, 2, key="d")
    deciding.pay_back(rma.decisions.get(), actor=STAFF)
    decide(rma, 1, key="n", gives_nothing=True, reason="stained")
    assert rma.status == "closed"
    assert sorted(returnable_units(order)) == [1, 1]
    again = approved(order, wanted(line, 1, "defective"))
    receive(again)
    assert on_hand(line, place) == 1
    with pytest.raises(receiving.MoreCameThanSent):
        receive(again, parcel=2)
    assert stock_is_sound()


@pytest.mark.django_db
def test_what_is_not_for_sale_does_not_get_into_stock(order: Order):
    rma = approved(order)
    receive(rma)
    for bad in (
        found(rma, disposition="restock", location=receiving.place()),
        found(rma, condition="damaged", disposition="restock"),
    ):
        with pytest.raises(inspecting.NotForSale):
            inspecting.inspect(rma, [bad], key="x", actor=STAFF)
    for units in (0, 2, -1):
        with pytest.raises(inspecting.MoreThanReceived):
            inspecting.inspect(rma, [found(rma, units)], key="x", actor=STAFF)
    assert not Inspection.objects.exists()


@pytest.mark.django_db
def test_fees_are_kept_only_by_the_shops_own_terms_and_never_come_back_with_later_units(order: Order):
    terms_of_the_shop(fee_rate="0.10", label_fee=500)
    order.shipments.update(delivered_at="2026-01-01T12:00Z")
    terms_of_the_shop(days=9999)
    line = line_of(order, 3)
    first = ask(order, wanted(line, 1))
    answering.approve(first, actor=STAFF, way="label")
    made = decide(first)
    fee = line.unit_price / 10 + 500
    assert (made.total, made.withheld) == (line.unit_price - fee, fee)
    deciding.take_back(made, actor=STAFF)
    assert deciding.quote(first, choice(first, waives_fee=True)).total == line.unit_price
    deciding.pay_back(decide(first, key="e"), actor=STAFF)
    rest = approved(order, wanted(line, 2))
    owed = deciding.quote(rest, choice(rest, 2))
    assert owed.total == line.unit_price * 2 * Decimal("0.9")
    left = next(one for one in left_of(order).lines if one.line.pk == line.pk)
    assert (left.back, left.back_amount) == (1, line.unit_price)


@pytest.mark.django_db
def test_a_decision_gives_no_more_than_is_left_and_what_was_shown(order: Order):
    line = line_of(order, 3)
    rma = approved(order, wanted(line, 2))
    for units in (0, 3, -1):
        with pytest.raises(deciding.NothingToDecide):
            deciding.quote(rma, choice(rma, units))
    with pytest.raises(deciding.DecisionChanged):
        deciding.decide(rma, choice(rma, 1), key="x", actor=STAFF, expected="stale")
    for given in (choice(rma, gives_nothing=True), choice(rma, keeps_goods=True)):
        with pytest.raises(deciding.ReasonMissing):
            deciding.decide(rma, given, key="x", actor=STAFF)
    first, second = decide(rma, 1, key="a"), decide(rma, 1, key="b")
    with pytest.raises(deciding.NothingToDecide):
        decide(rma, 1, key="c")
    deciding.pay_back(first, actor=STAFF)
    assert not deciding.take_back(first, actor=STAFF)
    # Meanwhile the rest of the line goes back on the refund page.
    payment = order.payments.get()
    left = left_of(order)
    reimbursing.ask(
        payment,
        for_units(left, {line.pk: 2}, sent={}),
        reason="x",
        dedupe_key="page",
        expected=None,
        actor=STAFF,
    )
    with pytest.raises(deciding.LessIsLeft):
        deciding.pay_back(second, actor=STAFF)
    assert deciding.take_back(second, actor=STAFF)
    assert not deciding.take_back(second, actor=STAFF)
    with pytest.raises(deciding.NothingToDecide):
        deciding.pay_back(second, actor=STAFF)
    with pytest.raises(deciding.LessIsLeft):
        decide(rma, 1, key="d")
    assert Reimbursement.objects.count() == 2


@pytest.mark.django_db
def test_the_buyer_may_keep_the_goods_and_what_never_comes_is_closed_with_a_reason(order: Order):
    kept = approved(order, wanted(line_of(order, 1), reason="defective"))
    deciding.pay_back(decide(kept, keeps_goods=True, reason="not worth sending"), actor=STAFF)
    kept.refresh_from_db()
    assert kept.status == "closed"
    rma = approved(order, wanted(line_of(order, 3), 2))
    receive(rma)
    inspecting.inspect(rma, [found(rma)], key="i", actor=STAFF)
    deciding.pay_back(decide(rma, key="e"), actor=STAFF)
    assert closing.close(rma, reason="one never came", actor=STAFF)
    assert not closing.close(rma, reason="one never came", actor=STAFF)
    assert sorted(returnable_units(order)) == [0, 2]
    for act in (
        lambda: receive(rma, parcel=2),
        lambda: inspecting.inspect(rma, [found(rma)], key="x", actor=STAFF),
        lambda: decide(rma, key="x"),
    ):
        with pytest.raises(NotOpen):
            act()


@pytest.mark.django_db
def test_a_returned_unit_is_not_left_to_send_and_the_others_still_are():
    """Three ordered, two delivered, one of them comes back: the third one is still to be sent, whatever comes first."""
    order = make_order(make_cart((make_variant(units=9), 3)))
    pay(order, str(order.number))
    Refund.objects.all().delete()
    line = order.lines.get()
    deliver(order, units={line.pk: 2})

    def left() -> int:
        units: int = remaining.lines().get(pk=line.pk).left
        return units

    first, second = approved(order, wanted(line, 1)), approved(order, wanted(line, 1))
    deciding.pay_back(decide(first, key="a"), actor=STAFF)
    assert left() == 1
    receive(second)
    assert left() == 1
    receive(first)
    inspecting.inspect(second, [found(second, 1, "used", "send_back")], key="i", actor=STAFF)
    assert left() == 1
    reimbursing.pay(Reimbursement.objects.get().pk)
    assert left() == 1
    shipments.prepare(order, key="rest", actor=STAFF)
    assert left() == 0


@pytest.mark.django_db
def test_the_database_itself_keeps_the_sums(order: Order):
    rma = approved(order, wanted(line_of(order, 3), 1))
    line = rma.lines.get()
    receipt = receive(rma)
    movement = StockMovement.objects.order_by("-pk").first()
    other = ReturnReceipt.objects.create(
        rma=rma, ordinal=2, location=receipt.location, received_at=rma.created_at, received_by="x"
    )
    made = decide(rma)
    refused: dict[str, Callable[[], object]] = {
        "units received of": lambda: ReturnReceiptLine.objects.create(receipt=other, line=line, quantity=3),
        "units inspected of": lambda: Inspection.objects.create(
            line=line,
            quantity=2,
            condition="new",
            disposition="restock",
            inspected_at=rma.created_at,
            movement=movement,
            act="x",
        ),
        "units decided of": lambda: ReturnDecisionLine.objects.create(
            decision=ReturnDecision.objects.create(rma=rma, total=1, dedupe_key="x"),
            line=line,
            quantity=1,
            amount=1,
        ),
        "returnreceipt_once": lambda: ReturnReceipt.objects.create(
            rma=rma, ordinal=2, location=receipt.location, received_at=rma.created_at, received_by="x"
        ),
    }
    for words, act in refused.items():
        with pytest.raises(IntegrityError, match=words), transaction.atomic():
            act()
    with pytest.raises(Exception, match="Cannot update"), transaction.atomic():
        ReturnDecision.objects.filter(pk=made.pk).update(total=1)
    assert ReturnLine.objects.count() == 1
