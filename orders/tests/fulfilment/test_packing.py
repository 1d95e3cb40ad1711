"""Packing by scan, the papers of a parcel, many labels in one PDF, and one act on many shipments."""

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pypdfium2
import pytest
import zxingcpp

from orders.fulfilment import bulk, documents, holds, labels_pdf, packing, queues, refusals, shipments
from orders.fulfilment.packing import WrongItem
from orders.models import Order, OrderHold, Shipment
from orders.tests.factories import make_cart, make_order, make_variant
from orders.tests.fulfilment.test_shipments import STAFF, prepare
from shop.core.models import Event
from shop.core.states import IllegalTransition

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def shop(shared_rows: Any) -> Iterator[Order]:
    """An order of two units of one line and one of another, which has a barcode."""
    with shared_rows():
        second = make_variant(barcode="7791234567898")
        yield make_order(make_cart((make_variant(units=9), 2), (second, 1)))


def ask_to_wait(order: Order) -> OrderHold:
    return holds.place_hold(order, kind=OrderHold.Kind.STAFF, source=str(uuid4()), reason="why", actor=STAFF)


def test_each_unit_is_scanned_once_and_what_does_not_belong_is_refused(shop: Order):
    stranger = make_variant()
    shipment = prepare(shop)
    two = shop.lines.get(quantity=2)
    assert not packing.scan(shipment, two.sku.lower(), actor=STAFF).is_complete
    assert packing.scan(shipment, f" {two.sku} ", actor=STAFF).line.missing == 0
    for code, why in ((two.sku, "enough"), (stranger.sku, "other"), ("NO-SUCH", "unknown"), ("", "unknown")):
        with pytest.raises(WrongItem) as refused:
            packing.scan(shipment, code, actor=STAFF)
        assert refused.value.why == why
        assert refusals.words(refused.value)
    assert shipments.is_packed(shop)
    assert (shipment.packed_at, queues.waiting()[0].number) == (None, 1)
    done = packing.scan(shipment, "7791234567898", actor=STAFF)
    assert (done.is_complete, shipment.packed_by) == (True, STAFF)
    assert [one.number for one in queues.waiting()] == [0, 1, 0, 0, 0]
    assert not packing.pack_all(shipment, actor=STAFF)
    assert packing.unpack(shipment, actor=STAFF)
    assert not packing.unpack(shipment, actor=STAFF)
    assert packing.pack_all(shipment, actor=STAFF)
    assert Event.objects.filter(subject_id=shipment.pk, kind="packed").count() == 2
    shipments.cancel(shipment, reason="x", actor=STAFF)
    assert not shipments.is_packed(shop)
    for act in (packing.unpack, packing.pack_all):
        with pytest.raises(IllegalTransition):
            act(shipment, actor=STAFF)


def test_nobody_goes_on_packing_what_is_held_and_it_is_not_the_next(shop: Order):
    shipment = prepare(shop)
    assert packing.next_to_pack() == shipment
    ask_to_wait(shop)
    assert packing.next_to_pack() is None
    with pytest.raises(holds.HeldBack):
        packing.scan(shipment, shop.lines.first().sku, actor=STAFF)
    assert not shipments.is_packed(shop)


def test_a_line_whose_variant_is_gone_is_scanned_by_the_sku_as_it_was_sold(shop: Order):
    line = shop.lines.get(quantity=2)
    type(line).objects.filter(pk=line.pk).update(variant=None)
    sku = f"{line.sku}-OLD"
    type(line).objects.filter(pk=line.pk).update(sku=sku)
    assert packing.scan(prepare(shop), sku.lower(), actor=STAFF).line.packed == 1


def test_one_act_on_many_says_each_refusal_by_itself_and_twice_is_once(shop: Order):
    other, third = make_order(), make_order()
    ask_to_wait(other)
    keys = [shop.pk, other.pk, third.pk]
    outcome = bulk.prepare(keys, form="f", actor=STAFF)
    assert [one.order for one in outcome.done] == [shop, third]
    assert outcome.refused == [(str(other), refusals.words(holds.HeldBack(other, holds.holds_of(other))))]
    bulk.prepare(keys, form="f", actor=STAFF)
    assert Shipment.objects.count() == 2
    assert bulk.pack([one.pk for one in outcome.done], actor=STAFF).refused == []
    ask_to_wait(third)
    numbers = {outcome.done[0].pk: "RA1", outcome.done[1].pk: "RA2"}
    sent = bulk.ship(numbers, numbers=numbers, actor=STAFF)
    assert [one.tracking_number for one in sent.done] == ["RA1"]
    assert [number for number, _why in sent.refused] == [f"{third.number}-1"]
    again = bulk.ship(numbers, numbers=numbers, actor=STAFF)
    assert (again.done, [one.number for one in again.unchanged]) == ([], [f"{shop.number}-1"])
    assert len(bulk.deliver(numbers, actor=STAFF).done) == 1


def test_papers_have_a_barcode_the_address_and_no_price(shop: Order):
    shipment = prepare(shop)
    rows = documents.printable(Shipment.objects.all())
    paper = pypdfium2.PdfDocument(documents.packing_papers(rows))
    label = pypdfium2.PdfDocument(documents.own_labels(rows))
    for file in (paper, label):
        assert len(file) == 1
        (code,) = zxingcpp.read_barcodes(file[0].render(scale=4).to_pil())
        assert code.text == shipment.number
        words = file[0].get_textpage().get_text_range()
        assert "Ana Gómez" in words
        assert "$" not in words
    assert [round(side) for side in label[0].get_size()] == [298, 420]


def test_labels_of_carriers_and_our_own_become_one_file_and_garbage_is_named(shop: Order):
    prepare(shop, "1", units={shop.lines.get(quantity=2).pk: 1})
    prepare(shop, "2", units={shop.lines.get(quantity=2).pk: 1})
    prepare(shop, "3")
    first, second, third = documents.printable(Shipment.objects.all())
    long = documents.packing_papers([first] * 2)
    labels = labels_pdf.all_in_one([first, second, third], bought={first.pk: long, third.pk: b"%PDF no"})
    assert labels.unreadable == [third]
    sides = [round(page.get_size()[0]) for page in pypdfium2.PdfDocument(labels.pdf)]
    assert sides == [595, 595, 298]
    for wrong in (b"", b"<html>", long[:300]):
        with pytest.raises(labels_pdf.NotALabel):
            labels_pdf.merge([long, wrong])
