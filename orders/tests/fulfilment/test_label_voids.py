"""Bought labels of what is not sent are voided: once, later when no answer came, and shown to people when refused."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from orders.fulfilment import label_decisions, labels, queues, shipment_flags, shipments
from orders.fulfilment.labels import LabelRefused
from orders.fulfilment.leaving import LabelBeingVoided
from orders.models import LabelPurchase, LabelVoid, Order, Shipment
from orders.tasks import check_labels
from orders.tests.carrier_world import World
from orders.tests.fulfilment.test_labels import STAFF, hasten, order, parcel_of
from shop.accounts.tests.staff_clients import boss
from shop.core.models import EmailLog, Event
from shop.sandbox.envia import shipments as envia

__all__ = ["order"]
pytestmark = pytest.mark.django_db


@pytest.fixture(name="asked")
def _asked() -> Iterator[list[Any]]:
    """Return what Envia was asked to cancel, each request."""
    seen: list[Any] = []
    really = envia.cancel

    def cancel(sandbox: Any, body: Any) -> Any:
        seen.append(body)
        return really(sandbox, body)

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(envia, "cancel", cancel)
        yield seen


def bought(order: Order, code: str) -> tuple[Shipment, LabelPurchase]:
    shipment = parcel_of(order, code)
    return shipment, labels.buy(shipment, actor=STAFF)


def later() -> dict[str, int]:
    """Run the job some minutes later."""
    past = timezone.now() - timedelta(seconds=1)
    for model in (LabelPurchase, LabelVoid):
        model.objects.exclude(next_check_at=None).update(next_check_at=past)
    return check_labels()


def test_the_label_of_a_cancelled_shipment_is_voided_by_the_job_once(
    carriers_played: World, order: Order, asked: list[Any]
):
    shipment, purchase = bought(order, "envia")
    shipments.cancel(shipment, reason="unpacked", actor=STAFF)
    void = LabelVoid.objects.get()
    assert (void.status, void.reason, void.wanted_by) == ("due", "unpacked", STAFF)
    assert asked == [], "nobody is called within the transaction"

    assert later()["void done"] == 1
    assert not shipments.cancel(shipment, reason="again", actor=STAFF)
    assert "void done" not in later()

    void.refresh_from_db()
    purchase.refresh_from_db()
    shipment.refresh_from_db()
    assert len(asked) == 1
    assert (void.status, void.refunded, void.currency) == ("done", purchase.bought_cost, "ARS")
    assert (purchase.status, shipment.tracking_number, shipment.attention_since) == ("cancelled", "", None)
    assert [row.status for row in carriers_played.made("envia_shipment")] == ["canceled"]


def test_a_carrier_that_cancels_nothing_lets_it_run_out(carriers_played: World, order: Order):
    shipment, purchase = bought(order, "andreani")
    carriers_played.act("andreani.accept", carriers_played.made("andreani_order")[0].id)
    later()
    shipments.cancel(shipment, reason="", actor=STAFF)
    assert later()["void expired"] == 1
    purchase.refresh_from_db()
    assert purchase.status == "cancelled"
    assert list(queues.BY_CODE["exception"].rows()) == [], "nobody has to do anything"


def test_a_label_made_after_its_shipment_was_cancelled_is_voided_as_well(
    carriers_played: World, order: Order
):
    """The carrier had only accepted it; nothing could be voided then."""
    shipment, purchase = bought(order, "andreani")
    assert purchase.status == "accepted"
    shipments.cancel(shipment, reason="", actor=STAFF)
    assert not LabelVoid.objects.exists()
    carriers_played.act("andreani.accept", carriers_played.made("andreani_order")[0].id)
    later()
    later()
    purchase.refresh_from_db()
    shipment.refresh_from_db()
    assert (purchase.status, LabelVoid.objects.get().status) == ("cancelled", "expired")
    assert shipment.tracking_number == ""


def test_a_refusal_waits_for_a_person_with_the_reason_and_what_was_paid(carriers_played: World, order: Order):
    shipment, purchase = bought(order, "envia")
    carriers_played.act("envia.pick", purchase.numbers[0])
    shipments.cancel(shipment, reason="the order was cancelled", actor=STAFF)
    assert later()["void refused"] == 1

    shipment.refresh_from_db()
    assert list(queues.BY_CODE["exception"].rows()) == [shipment]
    assert purchase.numbers[0] in shipment.attention_reason
    assert "1120" in shipment.attention_reason
    page = (
        boss()
        .get(reverse("admin:orders_shipment_queues") + "?queue=exception", headers={"accept-language": "en"})
        .content.decode()
    )
    assert purchase.numbers[0] in page

    purchase.refresh_from_db()
    assert purchase.status == "bought", "it is paid"
    shipment_flags.clear_attention(shipment, actor=STAFF, reason="the carrier was called")
    assert list(queues.BY_CODE["exception"].rows()) == []
    assert "void refused" not in later(), "nobody asks again by himself"
    (written,) = EmailLog.objects.filter(kind="label_attention")
    assert (written.to, purchase.numbers[0] in written.text, "1120" in written.text) == (
        settings.SHOP_EMAIL,
        True,
        True,
    )
    with pytest.raises(LabelRefused):
        label_decisions.cancel(purchase, actor=STAFF, reason="once more")
    assert EmailLog.objects.filter(kind="label_attention").count() == 1, "once for each label"


@pytest.mark.parametrize("fault", ["timeout_after", "timeout_before"])
def test_without_an_answer_it_is_asked_about_and_voided_once(
    carriers_played: World,
    order: Order,
    monkeypatch: pytest.MonkeyPatch,
    asked: list[Any],
    fault: str,
):
    shipment, purchase = bought(order, "envia")
    shipments.cancel(shipment, reason="", actor=STAFF)
    hasten(monkeypatch)
    carriers_played.fault(fault, "envia", request="cancel", seconds=30.0)
    first = later()
    carriers_played.struck()
    monkeypatch.undo()
    states = [event.to_state for event in Event.objects.filter(subject_id=LabelVoid.objects.get().pk)]
    assert "unknown" in states
    for _turn in range(3):
        later()
    void = LabelVoid.objects.get()
    purchase.refresh_from_db()
    assert (void.status, purchase.status) == ("done", "cancelled"), first
    done = [row.status for row in carriers_played.made("envia_shipment")]
    assert done == ["canceled"]


def test_an_outage_is_tried_again(carriers_played: World, order: Order, monkeypatch: pytest.MonkeyPatch):
    shipment, _purchase = bought(order, "envia")
    shipments.cancel(shipment, reason="", actor=STAFF)
    hasten(monkeypatch)
    carriers_played.fault("http_500", "envia", request="cancel")
    later()
    monkeypatch.undo()
    for _turn in range(3):
        later()
    assert LabelVoid.objects.get().status == "done"


def test_it_does_not_leave_with_a_label_that_is_being_voided(
    carriers_played: World, order: Order, monkeypatch: pytest.MonkeyPatch
):
    shipment, purchase = bought(order, "envia")
    hasten(monkeypatch)
    carriers_played.fault("timeout_before", "envia", request="cancel", seconds=30.0)
    with pytest.raises(LabelRefused):
        label_decisions.cancel(purchase, reason="another carrier", actor=STAFF)
    monkeypatch.undo()
    assert LabelVoid.objects.get().status == "unknown"
    with pytest.raises(LabelBeingVoided):
        shipments.ship(shipment, actor=STAFF)
    assert labels.buy(shipment, actor=STAFF).pk == purchase.pk, "nor is another one bought meanwhile"
    for _turn in range(3):
        later()
    second = labels.buy(shipment, actor=STAFF)
    assert (second.attempt, second.status) == (2, "bought")
    assert shipments.ship(shipment, actor=STAFF)


def test_a_clerk_may_ask_again_after_a_refusal(carriers_played: World, order: Order):
    shipment, purchase = bought(order, "envia")
    carriers_played.act("envia.pick", purchase.numbers[0])
    for _press in range(2):
        with pytest.raises(LabelRefused, match="1120"):
            label_decisions.cancel(purchase, reason="too late", actor=STAFF)
    shipment.refresh_from_db()
    assert shipment.attention_since is None, "who asked has seen it"
    assert shipments.ship(shipment, actor=STAFF), "the label stands, and is used"


def test_what_left_with_its_label_is_not_voided(carriers_played: World, order: Order, asked: list[Any]):
    shipment, purchase = bought(order, "envia")
    LabelVoid.objects.create(purchase=purchase, wanted_by=STAFF, currency="ARS", next_check_at=timezone.now())
    Shipment.objects.filter(pk=shipment.pk).update(status="shipped", shipped_at=timezone.now())
    assert later()["void dropped"] == 1
    assert asked == []


def test_after_the_last_try_a_person_is_asked(
    carriers_played: World, order: Order, monkeypatch: pytest.MonkeyPatch
):
    shipment, _purchase = bought(order, "envia")
    shipments.cancel(shipment, reason="", actor=STAFF)
    LabelVoid.objects.update(checks=99)
    hasten(monkeypatch)
    carriers_played.fault("timeout_before", "envia", count=None, seconds=30.0)
    later()
    shipment.refresh_from_db()
    assert shipment.labels.get().numbers[0] in shipment.attention_reason
    assert "paid" in shipment.attention_reason or "pag" in shipment.attention_reason
    assert Decimal(str(shipment.labels.get().bought_cost)) > 0
    assert LabelVoid.objects.get().next_check_at is None
