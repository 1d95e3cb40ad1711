"""One function makes every state change: by the table, only from the state just read, with its event."""

import uuid
from typing import Any, ClassVar

import pytest
from django.apps import apps

from orders.models import Order
from orders.tests.factories import make_order
from payments.models import Payment
from payments.tests.payouts.report_files import sold
from shop.core import states
from shop.core.models import Event

TABLES: list[tuple[type, str, dict[Any, set[Any]], Any]] = [
    (model, name, getattr(model, name), getattr(model, "Role" if name.startswith("ROLE") else "Status", None))
    for model in apps.get_models()
    for name in ("TRANSITIONS", "ROLE_TRANSITIONS")
    if hasattr(model, name)
]


@pytest.fixture
def order(db: None) -> Order:
    order = make_order()
    Event.objects.all().delete()
    return order


def test_a_move_changes_the_row_and_writes_who_and_why(order):
    assert states.move(order, "cancelled", actor="staff:a@b.co", reason="no longer wanted", note="called")

    assert (order.status, order.note) == ("cancelled", "called")
    order.refresh_from_db()
    assert (order.status, order.note) == ("cancelled", "called")
    event = Event.objects.get(subject_type="orders.order")  # Its document, not issued yet, is void.
    assert (event.subject_type, event.subject_id, event.trail) == (
        "orders.order",
        order.pk,
        order.checkout_id,
    )
    assert (event.field, event.from_state, event.to_state) == ("status", "confirmed", "cancelled")
    assert (event.actor, event.reason, event.kind) == ("staff:a@b.co", "no longer wanted", "state")


def test_what_is_in_the_same_state_stays_there(order):
    other = make_order()
    assert states.move(order, "cancelled", actor="a")
    other.refresh_from_db()
    assert other.status == "confirmed"


def test_whoever_is_late_changes_nothing_and_writes_nothing(order):
    late = Order.objects.get(pk=order.pk)
    assert states.move(order, "completed", actor="a")

    assert states.move(late, "cancelled", actor="b") is False

    order.refresh_from_db()
    assert order.status == "completed"
    assert Event.objects.count() == 1
    assert late.status == "confirmed"


def test_a_move_that_the_table_lacks_raises(order):
    states.move(order, "cancelled", actor="a")

    with pytest.raises(states.IllegalTransition) as caught:
        states.move(order, "confirmed", actor="a")

    assert (caught.value.current, caught.value.to) == ("cancelled", "confirmed")
    assert not states.can_move(order, "confirmed")


def test_another_field_has_its_own_table():
    class Machine:
        TRANSITIONS: ClassVar[states.Table] = {"a": {"b"}}
        ROLE_TRANSITIONS: ClassVar[states.Table] = {"x": {"y"}}

        status, role = "a", "x"

    assert states.can_move(Machine(), "b")  # type: ignore[arg-type]
    assert not states.can_move(Machine(), "c")  # type: ignore[arg-type]
    assert states.can_move(Machine(), "y", field="role")  # type: ignore[arg-type]
    assert not states.can_move(Machine(), "b", field="role")  # type: ignore[arg-type]
    Machine.role = "z"
    assert not states.can_move(Machine(), "y", field="role"), "a state without a row goes nowhere"  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_role_moves_by_the_same_rules_as_a_status():
    payment = sold("1", role="mismatch")
    late = Payment.objects.get()
    assert states.move(payment, "surplus", field="role", actor="a")
    assert states.move(late, "order", field="role", actor="b") is False
    event = Event.objects.get(subject_id=payment.pk)
    assert (event.field, event.from_state, event.to_state) == ("role", "mismatch", "surplus")
    with pytest.raises(states.IllegalTransition, match="cannot go from 'surplus' to 'mismatch'"):
        states.move(payment, "mismatch", field="role", actor="a")


def test_a_move_tells_whose_trail_it_is_on_and_what_else_is_known(order):
    trail = uuid.uuid4()
    assert states.move(order, "completed", actor="a", trail=trail, data={"parcels": 2})
    event = Event.objects.get()
    assert (event.trail, event.data) == (trail, {"parcels": 2})


def test_a_move_whose_event_cannot_be_written_did_not_happen(order, monkeypatch):
    def broken(*_arguments: Any, **_options: Any) -> None:
        raise RuntimeError("no room for the event")

    monkeypatch.setattr(states, "record", broken)
    with pytest.raises(RuntimeError):
        states.move(order, "completed", actor="a")
    assert Order.objects.get().status == order.status == "confirmed"


def test_secrets_in_a_reason_are_not_kept(order):
    event = states.record(order, "noted", actor="a", reason="it said Bearer abcdefgh12345678")
    assert "abcdefgh" not in event.reason
    assert (event.data, event.trail, event.field, event.to_state) == ({}, order.checkout_id, "", "")


def test_long_words_of_people_are_cut_to_the_columns(order):
    event = states.record(order, "noted", actor="x" * 400, reason="y" * 900, trail=uuid.uuid4())

    event.refresh_from_db()
    assert (len(event.actor), len(event.reason)) == (150, 300)


# Named by model and table: a table's own text changes with the hash seed, and xdist's workers must agree on names.
@pytest.mark.parametrize(
    ("model", "name", "table", "choices"), TABLES, ids=[f"{row[0].__name__}-{row[1]}" for row in TABLES]
)
def test_every_table_speaks_of_all_its_states_and_of_no_other(model, name, table, choices):
    known = set(choices.values)

    assert set(table) <= known
    assert {target for targets in table.values() for target in targets} <= known
    assert all(state not in targets for state, targets in table.items())
    assert known == set(table), "every state has a row, an end state an empty one"
