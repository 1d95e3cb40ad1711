"""The pages of labels: what buying many comes to, what may be done about one, and about what needs attention."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from orders.fulfilment import bulk, label_decisions, label_steps, labels, packing, shipment_flags, shipments
from orders.fulfilment.label_decisions import NotDecidable
from orders.models import CheckoutSession, LabelPurchase, LabelVoid, Order, Shipment, ShippingQuote
from orders.tests.carrier_world import World
from orders.tests.factories import make_order
from orders.tests.fulfilment.test_label_voids import later
from orders.tests.fulfilment.test_labels import STAFF, hasten, order, parcel_of
from orders.tests.fulfilment.test_packing import ask_to_wait
from shop.accounts.tests.staff_clients import boss, carried, clerk

__all__ = ["order"]
pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}
QUEUES = "admin:orders_shipment_queues"


def words_of(answer: Any) -> str:
    return " ".join(answer.content.decode().split())


def quoted(order: Order, shipment: Shipment, price: str) -> None:
    quote = ShippingQuote.objects.create(
        key="k",
        method=shipment.method,
        carrier="envia",
        service=shipment.service,
        name="Sandbox Express",
        price=price,
        currency="ARS",
        answered_at=timezone.now(),
        expires_at=timezone.now() + timedelta(hours=1),
    )
    CheckoutSession.objects.filter(pk=order.checkout_id).update(shipping_quote=quote)


def test_buying_many_shows_each_price_and_the_sum_before_anything_is_bought(
    carriers_played: World, order: Order
):
    known, unknown = parcel_of(order, "envia"), parcel_of(make_order(), "andreani")
    there, held = parcel_of(make_order(), "envia"), parcel_of(make_order(), "envia")
    quoted(order, known, "4321.50")
    labels.buy(there, actor=STAFF)
    ask_to_wait(held.order)
    chosen = [known, unknown, there, held]
    sent = {"act": "buy", "row": [str(one.pk) for one in chosen]}
    client, address = clerk("warehouse"), reverse(QUEUES) + "?queue=to_pack"

    page = client.post(address, sent, headers=ENGLISH)

    costs = page.context["costs"]
    rows = [(one.shipment, one.carrier, one.service, one.price) for one in costs.labels]
    assert rows == [
        (known, "Envia.com", "Sandbox Express", Decimal("4321.50")),
        (unknown, "Andreani", "", None),
    ]
    assert (costs.sums, costs.unknown) == ({"ARS": Decimal("4321.50")}, 1)
    assert costs.left_out == [(there, "its label: bought"), (held, "Held")]
    assert "not known" in words_of(page)
    assert LabelPurchase.objects.filter(shipment__in=[known, unknown]).count() == 0, "nothing is bought yet"

    row = [str(one.shipment.pk) for one in costs.labels]
    client.post(address, {"act": "buy", "confirm": "1", "row": row}, headers=ENGLISH)

    assert LabelPurchase.objects.get(shipment=known).quoted_cost == Decimal("4321.50"), "as it was shown"
    assert LabelPurchase.objects.get(shipment=unknown).status == "reserved"


def offered(client: Any, purchase: LabelPurchase) -> list[str]:
    page = client.get(reverse("admin:orders_labelpurchase_change", args=[purchase.pk]), headers=ENGLISH)
    found = [act.code for act in page.context["acts"]]
    return [*found, "print"] if page.context["may_print"] else found


def test_the_page_of_a_label_offers_what_its_state_allows_to_who_may(
    carriers_played: World, order: Order, monkeypatch: pytest.MonkeyPatch
):
    client, looking = clerk("warehouse"), clerk("support")
    shipment = parcel_of(order, "envia")
    carriers_played.fault("no_coverage", "envia")
    refused = labels.buy(shipment, actor=STAFF)
    assert offered(client, refused) == ["label", "settled"]
    assert offered(looking, refused) == []
    hasten(monkeypatch)
    carriers_played.fault("timeout_after", "envia", request="POST", seconds=30.0)
    second = labels.buy(shipment, actor=STAFF)
    monkeypatch.undo()
    assert offered(client, second) == ["label-ask", "label-found", "label-not-bought", "settled"]
    assert offered(client, refused) == [], "another one has taken its place"
    number = carriers_played.made("envia_shipment")[0].id
    label_decisions.decide_bought(second, number=number, actor=STAFF)
    assert offered(client, second) == ["label-ask", "label-cancel"], "its file is not here"
    shipment = parcel_of(make_order(), "envia")
    bought = labels.buy(shipment, actor=STAFF)
    assert offered(client, bought) == ["label-cancel", "print"]
    own = words_of(
        client.get(reverse("admin:orders_labelpurchase_change", args=[bought.pk]), headers=ENGLISH)
    )
    assert reverse("admin:orders_shipment_change", args=[shipment.pk]) in own
    shipments.ship(shipment, actor=STAFF)
    assert offered(client, bought) == ["print"]


def test_asking_again_says_what_became_of_it_and_buys_nothing(carriers_played: World, order: Order):
    shipment = parcel_of(order, "andreani")
    purchase = labels.buy(shipment, actor=STAFF)
    assert label_decisions.ask(purchase, actor=STAFF).status == "accepted"
    carriers_played.act("andreani.accept", purchase.external_id)
    client, page = boss(), reverse("admin:orders_shipment_act", args=[shipment.pk, "label-ask"])
    answer = client.post(f"{page}?from=label", carried(client, page))
    assert answer["Location"] == reverse("admin:orders_labelpurchase_change", args=[purchase.pk])
    purchase.refresh_from_db()
    assert (purchase.status, len(carriers_played.made("andreani_order"))) == ("bought", 1)
    with pytest.raises(NotDecidable):
        label_decisions.ask(purchase, actor=STAFF)


def test_a_label_that_the_carrier_keeps_is_shown_with_its_price_and_may_be_cancelled_again(
    carriers_played: World, order: Order
):
    """The fault of the sandbox's control page: by a clerk who waits, then by the job after the shipment has ended."""
    carriers_played.fault("cancel_refused", "envia", count=2)
    shipment = parcel_of(order, "envia")
    purchase = labels.buy(shipment, actor=STAFF)
    client, page = boss(), reverse("admin:orders_shipment_act", args=[shipment.pk, "label-cancel"])
    sent = {**carried(client, page), "reason": "wrong"}
    refused = client.post(f"{page}?from=label", sent, headers=ENGLISH)
    paid = label_steps.paid(purchase)
    assert refused.status_code == 422
    assert f"The label stays paid: {paid}." in words_of(refused)
    shipments.cancel(shipment, reason="not sent", actor=STAFF)
    later()
    carriers_played.struck()
    assert offered(client, purchase) == ["settled", "label-cancel"]
    queue = client.get(f"{reverse(QUEUES)}?queue=exception", headers=ENGLISH)
    (row,) = queue.context["rows"]
    assert [act.code for act in row.acts] == ["settled", "label-cancel"]
    assert purchase.numbers[0] in row.attention_reason
    words = words_of(queue)
    assert 'name="row"' not in words
    for name, key in (("shipment_change", shipment.pk), ("order_change", order.pk)):
        assert reverse(f"admin:orders_{name}", args=[key]) in words
    answer = client.post(f"{page}?from=attention", {**carried(client, page), "reason": "again"})
    assert answer["Location"] == f"{reverse(QUEUES)}?queue=exception"
    assert (LabelVoid.objects.get().status, queue_of_attention(client)) == ("done", [])


def queue_of_attention(client: Any) -> list[Any]:
    return list(client.get(f"{reverse(QUEUES)}?queue=exception").context["rows"])


def test_who_may_only_look_at_what_needs_attention_has_no_acts(order: Order):
    shipment = parcel_of(order, "envia")
    shipment_flags.flag_attention(shipment, reason="lost", actor=STAFF)
    (row,) = queue_of_attention(clerk("support"))
    assert not hasattr(row, "acts")
    (row,) = queue_of_attention(clerk("warehouse"))
    assert [act.code for act in row.acts] == ["settled"]


def test_an_orders_page_asks_for_the_label_before_it_asks_to_send(carriers_played: World, order: Order):
    shipment = parcel_of(order, "envia")
    client = clerk("warehouse")

    def next_act() -> str:
        acts = client.get(reverse("admin:orders_order_change", args=[order.pk])).context["acts"]
        return str(next(act.code for act in acts if act.is_main))

    assert next_act() == "pack"
    packing.pack_all(shipment, actor=STAFF)
    assert next_act() == "label"
    labels.buy(shipment, actor=STAFF)
    assert next_act() == "ship"


def test_a_parcel_whose_label_is_not_made_leaves_only_when_somebody_says_without_it(
    carriers_played: World, order: Order
):
    shipment = parcel_of(order, "envia")
    labels.queue(shipment, actor=STAFF)
    client = clerk("warehouse")
    url = reverse("admin:orders_shipment_act", args=[shipment.pk, "ship"])
    asked = client.get(url, headers=ENGLISH)
    assert "Its label is not made yet (being asked for)" in words_of(asked)
    assert client.post(url, carried(client, url), headers=ENGLISH).status_code == 422
    tried = bulk.ship([shipment.pk], numbers={}, actor=STAFF)
    assert (tried.done, len(tried.refused)) == ([], 1)
    shipment.refresh_from_db()
    assert shipment.status == "pending"
    assert (
        client.post(url, {**carried(client, url), "without_label": "on"}, headers=ENGLISH).status_code == 302
    )
    shipment.refresh_from_db()
    assert shipment.status == "shipped"
    other = parcel_of(make_order(), "envia")
    plain = client.get(reverse("admin:orders_shipment_act", args=[other.pk, "ship"]), headers=ENGLISH)
    assert "without this label" not in words_of(plain)
