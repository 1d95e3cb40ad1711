"""Acts that count before they write: each raced against itself or against buyers, with a control that goes wrong."""

from collections.abc import Callable
from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Sum

from inventory import ledger, reservations
from inventory.checks import repairs, runner
from inventory.ledger import MoreThanSold, movements, transfers
from inventory.ledger.transfers import NotOnTheWay
from inventory.models import Reservation, StockLevel, StockMovement
from inventory.tests.factories import TTL, LocationFactory, stocked
from orders.models import Order
from orders.tests import factories as orders_made
from shop.core.ids import uuid7
from tests.races.tools.concurrency import PATIENCE, count, surprises, together
from tests.races.tools.rendezvous import meet, stopping

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
STAFF = "staff:test@example.com"


def sent(units: int) -> tuple[Any, StockLevel]:
    level, shop = stocked(units), LocationFactory.create()
    transfer = transfers.send(
        source_id=level.location_id, destination_id=shop.pk, wanted={level.variant_id: units}, actor=STAFF
    )
    return transfer, level


def arrived(level: StockLevel, transfer: Any) -> int:
    units = StockMovement.objects.filter(cause_id=transfer.pk, kind="transfer_in").aggregate(
        n=Sum("quantity")
    )["n"]
    return units or 0


def test_ten_clerks_receive_the_same_transfer_once():
    transfer, level = sent(5)
    answers = together(
        [
            lambda: transfers.receive(transfer_id=transfer.pk, arrived={level.variant_id: 5}, actor=STAFF)
            for _n in range(10)
        ]
    )
    assert count(answers, NotOnTheWay) == 9
    assert not surprises(answers, NotOnTheWay)
    assert arrived(level, transfer) == 5
    assert runner.check() == []


def test_a_clerk_who_receives_a_transfer_waits_for_who_is_doing_so():
    transfer, level = sent(5)
    receive = partial(transfers.receive, transfer_id=transfer.pk, arrived={level.variant_id: 5}, actor=STAFF)
    assert isinstance(meet(receive, first=receive, then=lambda: None), NotOnTheWay)
    assert arrived(level, transfer) == 5


def test_control_without_the_transfers_lock_it_arrives_more_than_once():
    transfer, level = sent(5)
    key = ledger.ensure_levels({(level.variant_id, transfer.destination_id)})[
        level.variant_id, transfer.destination_id
    ]
    both_have_looked = Barrier(2, timeout=PATIENCE)

    def receive_unlocked() -> None:
        with transaction.atomic():
            assert transfer.lines.get().in_transit == 5
            both_have_looked.wait()
            entry = ledger.MovementEntry(key, 5)
            ledger.record(ledger.Kind.TRANSFER_IN, [entry], actor=STAFF, cause=(transfers.CAUSE, transfer.pk))
            transfer.lines.update(received=5)

    assert not surprises(together([receive_unlocked] * 2))
    assert arrived(level, transfer) == 10
    assert [violation.rule for violation in runner.check()] == [
        "a transfer's lines are what its movements say"
    ]


def six_doors(order: Order) -> list[Callable[[], StockMovement]]:
    """Return six calls that each bring all of an order back to a location of their own."""
    line = order.lines.get()
    return [
        partial(
            ledger.return_from_customer,
            variant_id=line.variant_id,
            location_id=LocationFactory.create().pk,
            quantity=line.quantity,
            note="x",
            actor=STAFF,
            cause=order,
        )
        for _n in range(6)
    ]


def came_back(order: Order) -> int:
    movements = StockMovement.objects.filter(kind="customer_return", cause_id=order.pk)
    return movements.aggregate(n=Sum("quantity"))["n"] or 0


def test_an_order_comes_back_once_from_six_doors():
    order = orders_made.make_order()
    answers = together(six_doors(order))
    assert count(answers, MoreThanSold) == 5
    assert not surprises(answers, MoreThanSold)
    assert came_back(order) == order.lines.get().quantity
    assert runner.check(scope="") == []


def test_whoever_brings_an_order_back_waits_for_who_is_doing_so():
    """At the first door the return is booked and not committed yet; at the second it waits, then counts it."""
    order = orders_made.make_order()
    first, second, *_others = six_doors(order)
    assert isinstance(meet(second, first=first, then=lambda: None), MoreThanSold)
    assert came_back(order) == order.lines.get().quantity


def test_control_without_the_variants_lock_an_order_comes_back_at_each_of_six_doors(
    monkeypatch: pytest.MonkeyPatch,
):
    """The verb itself, its levels not locked: each call has counted what came back before any of them books."""
    order = orders_made.make_order()
    monkeypatch.setattr(movements, "lock_levels", lambda **_levels: [])
    all_have_counted = Barrier(6, timeout=PATIENCE)
    books = "INSERT INTO inventory_stockmovement"
    doors = [stopping(act, before=books, wait=all_have_counted.wait) for act in six_doors(order)]
    assert surprises(together(doors)) == []
    assert came_back(order) == 6 * order.lines.get().quantity


def make_inconsistent(level: StockLevel) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE inventory_stocklevel SET reserved = reserved + 3 WHERE id = %s", [level.pk])


def buyers(level: StockLevel, number: int) -> list[Any]:
    def buy() -> None:
        cart = uuid7()
        reservations.reserve(variant_id=level.variant_id, quantity=1, ttl=TTL, cart_id=cart, actor="shopper")
        reservations.release(cart_id=cart, quantity=1, reason="removed", actor="shopper")
        reservations.reserve(
            variant_id=level.variant_id, quantity=1, ttl=TTL, cart_id=uuid7(), actor="shopper"
        )

    return [buy] * number


def test_a_repair_counts_right_while_people_buy():
    level = stocked(500)
    make_inconsistent(level)
    repair = [
        lambda: repairs.repair(level_id=level.pk, figure="reserved", reason="recuento", actor=STAFF)
        for _n in range(3)
    ]
    answers = together([*buyers(level, 20), *repair, *buyers(level, 20)])
    assert not surprises(answers, repairs.NothingToRepair)
    assert count(answers, repairs.NothingToRepair) == 2
    assert runner.check() == []


def reserve_one(level: StockLevel) -> Reservation:
    return reservations.reserve(
        variant_id=level.variant_id, quantity=1, ttl=TTL, cart_id=uuid7(), actor="shopper"
    )


def repair_reserved(level: StockLevel) -> Any:
    return repairs.repair(level_id=level.pk, figure="reserved", reason="recuento", actor=STAFF)


def test_a_reservation_that_is_written_and_waits_is_added_to_what_the_repair_counts():
    level = stocked(5)
    make_inconsistent(level)
    repaired: list[Any] = []
    waited = meet(
        partial(reserve_one, level), first=lambda: repaired.append(repair_reserved(level)), then=lambda: None
    )
    assert not isinstance(waited, BaseException), waited
    level.refresh_from_db()
    assert (repaired[0].before, repaired[0].after, level.reserved) == (3, 0, 1)
    assert runner.check() == []


def test_a_reservation_that_has_raised_the_level_is_waited_for_and_counted():
    level = stocked(5)
    make_inconsistent(level)
    row = meet(partial(repair_reserved, level), first=partial(reserve_one, level), then=lambda: None)
    assert (row.before, row.after) == (4, 1)
    assert runner.check() == []


def test_a_reservation_that_the_repaired_figure_refuses_takes_its_row_back():
    level = stocked(1)
    reserve_one(level)
    StockLevel.objects.filter(pk=level.pk).update(reserved=0)
    refused = meet(partial(reserve_one, level), first=partial(repair_reserved, level), then=lambda: None)
    assert isinstance(refused, reservations.InsufficientStock)
    assert Reservation.objects.filter(level=level).count() == 1
    assert runner.check() == []


def test_control_a_recount_that_looks_first_and_writes_then_lies_again():
    level = stocked(500)
    make_inconsistent(level)
    reserved = Reservation.objects.filter(level=level, status="active").aggregate(n=Sum("quantity"))["n"] or 0
    assert not surprises(together(buyers(level, 5)))  # They come between the read and the write.
    StockLevel.objects.filter(pk=level.pk).update(reserved=reserved)
    assert "reserved is the sum of the active holds" in {violation.rule for violation in runner.check()}
