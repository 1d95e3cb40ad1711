"""The back office's pages of shipments: queues, packing, acts, papers; who may what; and what they cost."""

from typing import Any
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from orders.fulfilment import shipment_flags, shipments
from orders.models import Order, Shipment, ShippingMethod
from orders.tests.factories import make_cart, make_order, make_variant
from orders.tests.fulfilment.test_packing import ask_to_wait
from orders.tests.fulfilment.test_shipments import STAFF, prepare
from shop.accounts.tests.staff_clients import boss, carried, clerk, queries

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}
QUEUES = "admin:orders_shipment_queues"
JSON = {"accept": "application/json"}


@pytest.fixture(scope="module")
def order(shared_rows: Any) -> Any:
    with shared_rows():
        yield make_order(make_cart((make_variant(units=9), 2)))


def words_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def said(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def post(client: Any, act: str, *rows: Any, queue: str = "to_pack", **given: Any) -> Any:
    sent = {"act": act, "row": [str(row.pk) for row in rows], "token": uuid4().hex, **given}
    return client.post(f"{reverse(QUEUES)}?queue={queue}", sent, headers=ENGLISH, follow=True)


def test_a_drop_leaves_in_one_sitting_and_who_may_not_leave_is_named(order: Order):
    held = make_order()
    ask_to_wait(held)
    other = make_order()
    client = clerk("warehouse")
    page = client.get(reverse(QUEUES), headers=ENGLISH)
    assert [row.pk for row in page.context["orders"]] == [order.pk, other.pk]
    sent = {"act": "prepare", "row": [str(one.pk) for one in (order, held, other)], "token": "t"}
    for _press in range(2):
        answer = client.post(reverse(QUEUES), sent, headers=ENGLISH, follow=True)
        assert any(f"#{held.number}: Held" in one for one in said(answer))
    assert Shipment.objects.count() == 2
    first, second = Shipment.objects.order_by("order__placed_at")
    labels = post(client, "labels", first, second)
    assert (labels["Content-Type"], labels.content[:5]) == ("application/pdf", b"%PDF-")
    assert post(client, "papers", first, second).content[:5] == b"%PDF-"
    assert first.number in words_of(post(client, "print", first, second))
    post(client, "pack", first, second)
    lines = f"{first.number} RA1\n#{second.number}; RA2\n9999-1 RA3\nnonsense"
    answer = post(client, "numbers", pasted=lines, queue="packed")
    assert sum("waits for a number" in one for one in said(answer)) == 2
    ask_to_wait(other)
    answer = post(client, "ship", first, second, queue="to_send", **{f"number-{first.pk}": "RA9"})
    assert any(f"{second.number}: Held" in one for one in said(answer))
    first.refresh_from_db()
    assert (first.status, first.tracking_number) == ("shipped", "RA9")
    file = SimpleUploadedFile("list.csv", f"envio,numero\n{first.number},RA10\n".encode())
    post(client, "numbers", queue="on_the_way", file=file)
    first.refresh_from_db()
    assert first.tracking_number == "RA10"
    post(client, "deliver", first, queue="on_the_way")
    order.refresh_from_db()
    assert order.status == "completed"


def test_scanning_packs_opens_the_next_and_refuses_what_is_wrong_with_and_without_scripts(order: Order):
    client = clerk("warehouse")
    shipment, following = prepare(order), prepare(make_order(), "next")
    found = client.get(reverse(QUEUES), {"find": f"#{shipment.number}"})
    page = reverse("admin:orders_shipment_pack", args=[shipment.pk])
    assert found["Location"] == page
    assert client.get(reverse("admin:orders_shipment_next"))["Location"] == page
    sku = order.lines.get().sku
    wrong = client.post(page, {"code": "NO", "key": "a"}, headers=JSON).json()
    assert (wrong["ok"], "NO" in wrong["words"]) == (False, True)
    shown = client.post(page, {"code": "NO", "key": "b"}, headers=ENGLISH, follow=True)
    assert said(shown) == ["Unknown code: NO."]
    for _press in range(2):  # The same scan, whose answer was lost.
        right = client.post(page, {"code": sku, "key": "c"}, headers=JSON).json()
        assert (right["ok"], right["next"]) == (True, "")
    assert client.get(page).context["missing"] == 1
    last = client.post(page, {"code": sku, "key": "d"}, headers=JSON).json()
    assert (
        last["next"] == reverse("admin:orders_shipment_pack", args=[following.pk]) + f"?packed={shipment.pk}"
    )
    shown_next = words_of(client.get(last["next"], headers=ENGLISH))
    assert f"<b>{shipment.number}</b> is packed." in shown_next
    for kind in ("labels", "papers"):
        assert reverse("admin:orders_shipment_papers", args=[shipment.pk, kind]) in shown_next
    alone = client.post(last["next"], {"code": following.lines.get().order_line.sku, "key": "e"})
    assert alone["Location"] == f"{reverse(QUEUES)}?queue=packed&packed={following.pk}"
    assert f"<b>{following.number}</b> is packed." in words_of(client.get(alone["Location"], headers=ENGLISH))


def test_the_acts_of_a_shipment_are_offered_when_they_make_sense_and_act_once(order: Order):
    client = boss()
    page = reverse("admin:orders_order_change", args=[order.pk])
    assert "Prepare a shipment" in words_of(client.get(page, headers=ENGLISH))
    address = reverse("admin:orders_order_prepare", args=[order.pk])
    unit = f"units_{order.lines.get().pk.hex}"
    assert client.post(address, {"token": "a", unit: "3"}).status_code == 422
    pickup = ShippingMethod.objects.create(name="Local", code="local", kind="pickup")
    client.post(address, {**carried(client, address), unit: "1", "method": str(pickup.pk)})
    client.post(address, {**carried(client, address), unit: "1"})
    fetched, sent = Shipment.objects.order_by("ordinal")
    assert (fetched.method, fetched.is_pickup, sent.is_pickup) == (pickup, True, False)

    def codes() -> list[list[str]]:
        return [[act.code for act in acts] for _one, acts in client.get(page).context["shipments"]]

    def act(shipment: Shipment, code: str, **data: str) -> int:
        url = reverse("admin:orders_shipment_act", args=[shipment.pk, code])
        return int(client.post(url, {**carried(client, url), **data}).status_code)

    assert codes() == [
        ["hand-over", "pack", "tracking", "attention", "cancel"],
        ["ship", "pack", "tracking", "attention", "cancel"],
    ]
    assert act(fetched, "pack") == act(fetched, "ready") == act(fetched, "hand-over") == 302
    assert act(sent, "ship", tracking_number="RA1", tracking_url="https://example.com/RA1") == 302
    assert act(sent, "ship") == 302  # Twice is harmless.
    assert act(sent, "cancel", reason="x") == 422
    assert act(sent, "attention", reason="lost", mails_buyer="on") == 302
    assert act(sent, "returned", reason="refused") == 302
    assert "refused" in words_of(client.get(page, headers=ENGLISH))
    assert codes()[1] == ["again", "settled"]
    assert act(sent, "again") == 302
    assert Shipment.objects.count() == 3
    own = client.get(reverse("admin:orders_shipment_change", args=[sent.pk]), headers=ENGLISH)
    assert "RA1" in words_of(own)


def test_who_may_only_look_can_do_nothing(order: Order):
    shipment = prepare(order)
    looking, none = clerk("support"), clerk("catalogue")
    assert looking.get(reverse(QUEUES)).status_code == 200
    assert none.get(reverse(QUEUES)).status_code == 403
    pages = [
        reverse("admin:orders_shipment_pack", args=[shipment.pk]),
        reverse("admin:orders_shipment_act", args=[shipment.pk, "ship"]),
        reverse("admin:orders_order_prepare", args=[order.pk]),
        reverse("admin:orders_shipment_papers", args=[shipment.pk, "labels"]),
    ]
    assert [looking.post(page, {"code": "x", "token": "x"}).status_code for page in pages] == [403] * 4
    for act in ("prepare", "pack", "numbers", "ship", "deliver", "labels"):
        assert post(looking, act, shipment).status_code == 403, act
    shipment.refresh_from_db()
    assert shipment.status == "pending"


def test_lists_cost_the_same_for_few_and_for_many(order: Order):
    client = boss()
    addresses = [
        f"{reverse(QUEUES)}?queue={code}" for code in ("to_pack", "to_send", "on_the_way", "exception")
    ]
    addresses += [reverse("admin:orders_shipment_changelist"), reverse("admin:orders_order_changelist")]

    def fill(number: int) -> None:
        for at in range(number):
            make_order()
            _one, two, three = (prepare(make_order(), f"{number}{at}{way}") for way in range(3))
            shipments.ship(two, actor=STAFF)
            shipment_flags.flag_attention(two, reason="late", actor=STAFF)
            post(client, "pack", three)
            post(client, "numbers", **{f"number-{three.pk}": "RA1"})

    fill(1)
    few = [(queries(client, address), queries(client, address))[1] for address in addresses]
    fill(2)
    assert [queries(client, address) for address in addresses] == few
