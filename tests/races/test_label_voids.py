"""A label that is not to be used: bought while its shipment is cancelled, voided by many at once, killed at any step."""

import threading
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from orders.fulfilment import label_voids, labels, shipments
from orders.fulfilment.label_requests import as_asked
from orders.models import LabelPurchase, LabelVoid, Shipment
from orders.shipping import carriers
from orders.tasks import check_labels
from orders.tests.carrier_world import World
from shop.sandbox.envia import shipments as envia
from tests.races.test_killed_worker import DONE, KILLED, KilledProcess, _processes, killed
from tests.races.test_labels import paid, parcel
from tests.races.tools.concurrency import surprises, together

__all__ = ["_processes", "killed"]
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
STAFF = "staff:ana@example.com"
MOST = 99


@pytest.fixture(name="asked")
def _asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Return what Envia was asked to cancel, each request."""
    seen: list[Any] = []
    really = envia.cancel

    def cancel(sandbox: Any, body: Any) -> Any:
        seen.append(body)
        return really(sandbox, body)

    monkeypatch.setattr(envia, "cancel", cancel)
    return seen


def later() -> None:
    """Run the job some minutes later."""
    past = timezone.now() - timedelta(seconds=1)
    for model in (LabelPurchase, LabelVoid):
        model.objects.exclude(next_check_at=None).update(next_check_at=past)
    check_labels()


def unused() -> Shipment:
    """Return a shipment that was cancelled when its label was bought."""
    shipment = parcel(paid(), "envia")
    labels.buy(shipment, actor=STAFF)
    shipments.cancel(shipment, reason="", actor=STAFF)
    return shipment


def test_many_at_once_void_a_label_once(carriers_played: World, asked: list[Any]):
    unused()
    void = LabelVoid.objects.get()
    acts: list[Any] = [partial(label_voids.run, void, actor=STAFF) for _clerk in range(4)]
    assert surprises(together([*acts, label_voids.check_due, label_voids.check_due])) == []
    assert len(asked) == 1
    assert LabelVoid.objects.get().status == "done"


def test_control_without_the_row_it_is_asked_for_more_than_once(carriers_played: World, asked: list[Any]):
    unused()
    purchase = as_asked(LabelPurchase.objects.get())
    together([partial(carriers.get("envia").cancel, purchase) for _clerk in range(4)])
    assert len(asked) > 1, "the race is there"


def cancelled_while_bought(played: World) -> None:
    """Cancel a shipment while its carrier is making the label."""
    shipment = parcel(paid(), "envia")
    played.fault("slow", "envia", request="generate", seconds=2.0)

    def buy() -> None:
        labels.buy(Shipment.objects.get(pk=shipment.pk), actor=STAFF)
        connections.close_all()

    clerk = threading.Thread(target=buy)
    clerk.start()
    for _turn in range(100):
        if LabelPurchase.objects.filter(status="sent").exists():
            break
        threading.Event().wait(0.05)
    shipments.cancel(shipment, reason="unpacked", actor=STAFF)
    clerk.join()
    assert not LabelVoid.objects.exclude(status="due").exists()
    later()


def test_a_label_bought_while_its_shipment_was_cancelled_is_voided(carriers_played: World, asked: list[Any]):
    cancelled_while_bought(carriers_played)
    assert LabelPurchase.objects.get().status == "cancelled"
    assert len(asked) == 1


def test_control_who_looks_for_bought_labels_only_when_cancelling_pays_for_one(
    carriers_played: World, asked: list[Any], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(label_voids, "want", lambda *_arguments, **_options: None)
    cancelled_while_bought(carriers_played)
    assert LabelPurchase.objects.get().status == "bought", "the race is there"
    assert asked == []


def test_killed_while_a_label_is_voided(
    carriers_played: World, killed: KilledProcess, providers: object, asked: list[Any]
):
    """At every step: afterwards the job ends it, and the carrier was asked to cancel exactly once."""
    deaths = 0
    for step in range(2, MOST, 3):
        carriers_played.sandbox.store.reset()
        asked.clear()
        shipment = unused()
        status = killed.do("void", dies_at=step)
        for _turn in range(4):
            later()
        void = LabelVoid.objects.get(purchase__shipment=shipment)
        assert void.status == "done", f"after a death at step {step}"
        assert len(asked) == 1, f"after a death at step {step}"
        assert [row.status for row in carriers_played.made("envia_shipment")] == ["canceled"]
        if status == DONE:
            break
        assert status == KILLED
        deaths += 1
    assert deaths >= 4
