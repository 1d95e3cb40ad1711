"""Two clerks who press at once: each line is picked once, none is lost, and a refund in between is seen."""

from functools import partial
from threading import Barrier
from typing import Any

import pytest
from django.db import transaction

from inventory.ledger import MoreThanSold
from inventory.models import StockMovement
from orders.fulfilment import picking, remaining
from orders.models import Order, OrderPick
from orders.returns import restocking
from orders.returns.restocking import UnitsBack
from orders.tests.factories import make_cart, make_order, make_variant, warehouse
from tests.races.tools.concurrency import PATIENCE, count, surprises, together
from tests.races.tools.rendezvous import meet

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
STAFF = "staff:test@example.com"


def order_of_two_lines() -> Order:
    return make_order(make_cart((make_variant(units=9), 3), (make_variant(units=9), 1)))


def keys() -> list[str]:
    return [one.key for one in picking.to_pick()]


def picked_units() -> list[int]:
    return sorted(OrderPick.objects.values_list("quantity", flat=True))


def test_ten_clerks_pick_the_same_lines_once():
    order_of_two_lines()
    seen = keys()
    answers = together([partial(picking.mark, seen, actor=STAFF) for _n in range(10)])
    assert not surprises(answers)
    assert picked_units() == [1, 3]
    assert sorted(missed for _picks, missed in answers) == [0, *[2] * 9]
    assert keys() == []


def test_whoever_marks_waits_for_who_is_doing_so():
    order_of_two_lines()
    seen = keys()
    mark = partial(picking.mark, seen, actor=STAFF)
    assert meet(mark, first=mark, then=lambda: None) == ([], 2)
    assert picked_units() == [1, 3]


def test_control_without_the_orders_lock_a_line_is_picked_twice(monkeypatch: pytest.MonkeyPatch):
    order_of_two_lines()
    seen = keys()
    both_have_looked = Barrier(2, timeout=PATIENCE)
    look = picking.to_pick

    def look_then_wait(*args: Any, **kwargs: Any) -> Any:
        found = look(*args, **kwargs)
        both_have_looked.wait()
        return found

    monkeypatch.setattr(picking, "to_pick", look_then_wait)
    monkeypatch.setattr(picking, "_lock", lambda _orders: list(Order.objects.all()))
    assert not surprises(together([partial(picking.mark, seen, actor=STAFF)] * 2))
    assert picked_units() == [1, 1, 3, 3]


def test_units_come_back_once_from_six_forms():
    order = order_of_two_lines()
    back = [UnitsBack(line, warehouse().pk, line.quantity) for line in remaining.lines().order_by("quantity")]
    answers = together([partial(restocking.put_back, order, back, note="x", actor=STAFF) for _n in range(6)])
    assert count(answers, MoreThanSold) == 5
    assert not surprises(answers, MoreThanSold)
    assert [line.left for line in remaining.lines()] == [0, 0]
    assert StockMovement.objects.filter(kind="customer_return").count() == 2


def test_killed_half_way_nothing_has_come_back():
    order = order_of_two_lines()
    line = order.lines.first()
    assert line is not None

    def killed() -> None:
        with transaction.atomic():
            restocking.put_back(order, [UnitsBack(line, warehouse().pk, 1)], note="x", actor=STAFF)
            raise RuntimeError("killed")

    with pytest.raises(RuntimeError, match="killed"):
        killed()
    assert not StockMovement.objects.filter(kind="customer_return").exists()
