"""What the stock is worth while units travel: each unit is counted once, wherever it is at that moment."""

import threading
from collections.abc import Callable
from contextlib import nullcontext
from decimal import Decimal
from typing import Any

import pytest
from django.db import connections

from inventory import ledger
from inventory.exchange import exports
from inventory.ledger import transfers, valuation
from inventory.tests.factories import LocationFactory, make_variant

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
ACTOR = "staff:x@y.z"


@pytest.fixture
def travels_meanwhile(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Own ten units at 5.00, four of which leave for another place after the places were read, before the way is."""
    here, there, variant = LocationFactory.create(), LocationFactory.create(), make_variant()
    ledger.receive(
        variant_id=variant.pk,
        location_id=here.pk,
        quantity=10,
        unit_cost=Decimal("5.00"),
        reference="R-1",
        actor=ACTOR,
    )
    sent: list[Any] = []
    on_the_way = valuation._on_the_way

    def leaves(*args: Any) -> Any:
        elsewhere(
            lambda: sent.append(
                transfers.send(
                    source_id=here.pk, destination_id=there.pk, wanted={variant.pk: 4}, actor=ACTOR
                )
            )
        )
        return on_the_way(*args)

    monkeypatch.setattr(valuation, "_on_the_way", leaves)
    return sent


def elsewhere(act: Callable[[], Any]) -> None:
    """Do something to its end in another connection."""

    def run() -> None:
        try:
            act()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(timeout=20)
    assert not thread.is_alive()


def test_units_that_leave_meanwhile_are_counted_once(travels_meanwhile):
    total = valuation.total(valuation.holdings())
    assert (len(travels_meanwhile), total.units, total.value) == (1, 10, Decimal("50.00"))
    total = valuation.total(valuation.holdings())
    assert (total.units, total.value) == (10, Decimal("50.00"))


def test_the_file_counts_them_once_as_well(travels_meanwhile):
    rows = exports.export("valuation", "csv").content.decode("utf-8-sig").splitlines()[1:]
    assert len(travels_meanwhile) == 1
    assert len(rows) == 1
    assert ",10," in rows[0]


def test_control_statement_by_statement_they_are_counted_twice(travels_meanwhile, monkeypatch):
    monkeypatch.setattr(valuation, "one_instant", nullcontext)
    assert valuation.total(valuation.holdings()).units == 14
