"""One label by two clerks at once, and a clerk killed at any step: one shipment at the carrier, none lost, none twice."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.utils import timezone

from orders.fulfilment import label_decisions, labels, shipments
from orders.models import LabelPurchase, Order, Shipment, ShippingMethod
from orders.shipping import carriers
from orders.tests.carrier_world import World
from orders.tests.factories import (
    ShippingMethodFactory,
    ShippingRateFactory,
    make_cart,
    make_order,
    make_variant,
)
from shop.core.ids import readable_code
from tests.races.test_killed_worker import DONE, KILLED, KilledProcess, _processes, killed
from tests.races.tools.concurrency import surprises, together
from tests.support.soak import amount

__all__ = ["_processes", "killed"]
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
STAFF = "staff:ana@example.com"
STRIDE = amount("kill points of a label, one in", usual=5, soak=1)
# More steps than a label has, and than a line has units.
MOST = 99


def parcel(order: Order, code: str) -> Shipment:
    method = ShippingMethod.objects.filter(code=code).first() or ShippingMethodFactory.create(
        module=code, code=code, name=code.capitalize(), sort_order=9
    )
    made = shipments.prepare(order, key=f"k-{readable_code(8)}", actor=STAFF, method=method)
    Shipment.objects.filter(pk=made.pk).update(service="sandboxExpress:standard" if code == "envia" else "")
    return Shipment.objects.get(pk=made.pk)


def paid(units: int = 1) -> Order:
    ShippingRateFactory.create()
    return make_order(make_cart((make_variant(units=200), units)))


def buy_without_the_row(shipment: Shipment) -> Any:
    """Buy as somebody would who first looks whether there is a label, and then asks the carrier: the control."""
    from orders.fulfilment.label_requests import request_of

    if shipment.labels.exists():
        return None
    purchase = LabelPurchase(
        shipment=shipment,
        attempt=1,
        carrier="envia",
        service="sandboxExpress:standard",
        reference=f"{shipment.number}-1",
        currency="ARS",
    )
    return carriers.get("envia").buy(request_of(purchase))


def test_two_clerks_at_once_buy_one_label(carriers_played: World):
    shipment = parcel(paid(), "envia")
    acts = [partial(labels.buy, Shipment.objects.get(pk=shipment.pk), actor=STAFF) for _clerk in range(6)]
    answers = together(acts)
    assert surprises(answers) == []
    assert len(carriers_played.made("envia_shipment")) == 1
    assert LabelPurchase.objects.get().status == "bought"
    assert {answer.pk for answer in answers} == {LabelPurchase.objects.get().pk}


def test_control_without_the_row_before_the_call_two_are_bought(carriers_played: World):
    shipment = parcel(paid(), "envia")
    acts = [partial(buy_without_the_row, Shipment.objects.get(pk=shipment.pk)) for _clerk in range(6)]
    assert surprises(together(acts)) == []
    assert len(carriers_played.made("envia_shipment")) > 1, "the race is there"


def a_while_later() -> None:
    LabelPurchase.objects.exclude(next_check_at=None).update(
        next_check_at=timezone.now() - timedelta(seconds=1)
    )


@pytest.mark.parametrize("code", ["andreani", "envia"])
def test_killed_while_a_label_is_bought(
    carriers_played: World, killed: KilledProcess, providers: object, code: str
):
    """At every fifth step: the jobs and, where the carrier has no search, a person end it; one shipment in all."""
    kind = "andreani_order" if code == "andreani" else "envia_shipment"
    order, deaths = paid(99), 0
    line = order.lines.get()
    for step in range(2 if code == "andreani" else 3, MOST, STRIDE):
        carriers_played.sandbox.store.reset()
        method = parcel_method(code)
        shipment = shipments.prepare(order, key=f"k-{step}", units={line.pk: 1}, method=method, actor=STAFF)
        Shipment.objects.filter(pk=shipment.pk).update(
            service="sandboxExpress:standard" if code == "envia" else ""
        )
        status = killed.do("label", shipment.pk, dies_at=step)
        for record in carriers_played.made("andreani_order"):
            carriers_played.act("andreani.accept", record.id)
        for _turn in range(3):
            a_while_later()
            labels.check_due()
        settle_by_hand(carriers_played, shipment, kind)
        labels.buy(shipment, actor=STAFF)
        for record in carriers_played.made("andreani_order"):
            if record.status == "Solicitada":
                carriers_played.act("andreani.accept", record.id)
        a_while_later()
        labels.check_due()
        bought = LabelPurchase.objects.get(shipment=shipment, status="bought")
        assert len(carriers_played.made(kind)) == 1, f"after a death at step {step}"
        # What a person found at Envia has no address of its label: it is printed from its own pages.
        assert bought.has_pdf or (code == "envia" and not bought.ids)
        shipment.refresh_from_db()
        assert shipment.tracking_number in bought.numbers
        if status == DONE:
            break
        assert status == KILLED
        deaths += 1
    assert deaths >= 3


def parcel_method(code: str) -> ShippingMethod:
    return ShippingMethod.objects.filter(code=code).first() or ShippingMethodFactory.create(
        module=code, code=code, name=code.capitalize(), sort_order=9
    )


def settle_by_hand(played: World, shipment: Shipment, kind: str) -> None:
    """Decide, as a person who looks at the carrier's own pages, what the carrier cannot be asked."""
    purchase = LabelPurchase.objects.filter(shipment=shipment, status="unknown").first()
    if purchase is None:
        return
    made = played.made(kind)
    if not made:
        label_decisions.decide_not_bought(purchase, reason="not in the panel", actor=STAFF)
    elif kind == "envia_shipment":
        label_decisions.decide_bought(purchase, number=made[0].id, actor=STAFF)
