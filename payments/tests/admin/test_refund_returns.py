"""Units that come back with a refund: offered, chosen, put back once, and with the refund or not at all."""

import pytest
from django.urls import reverse

from inventory.checks import runner
from inventory.ledger import MoreThanSold
from inventory.models import StockMovement
from orders.fulfilment import picking, shipments
from orders.returns import restocking
from orders.returns.restocking import UnitsBack
from orders.tests.factories import warehouse
from payments.models import Payment, Refund, RefundLine
from payments.refunds import refund_requests
from payments.tests.admin.refund_form import ENGLISH, address, confirmed, lines_of, make_paid, send, units
from shop.accounts.tests.staff_clients import boss, carried, clerk

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment() -> Payment:
    """Return the payment of an order of three units of one product and one of another, with shipping."""
    return make_paid()


def places(payment: Payment) -> dict[str, str]:
    return {f"place_{line.pk.hex}": str(warehouse().pk) for line in lines_of(payment)}


def came_back() -> dict[str, int]:
    found = StockMovement.objects.filter(kind="customer_return").values_list("variant__sku", "quantity")
    return dict(found)


def test_units_that_nobody_picked_are_offered_to_their_shelf_and_picked_ones_are_not(payment: Payment):
    first, second = lines_of(payment)
    picking.mark(
        [one.key for one in picking.to_pick() if one.line.pk == first.pk], actor="staff:a@example.com"
    )
    form = clerk("support").get(address(payment)).context["form"]
    assert form[f"place_{first.pk.hex}"].value() == ""
    assert form[f"place_{second.pk.hex}"].value() == str(warehouse().pk)


def test_units_that_all_left_are_not_offered_to_their_shelf_though_nobody_noted_a_pick(payment: Payment):
    first, second = lines_of(payment)
    assert payment.order is not None
    given = {first.pk: first.quantity}
    parcel = shipments.prepare(payment.order, key="k", units=given, actor="staff:a@example.com")
    shipments.ship(parcel, actor="staff:a@example.com")
    form = clerk("support").get(address(payment)).context["form"]
    assert form[f"place_{first.pk.hex}"].value() == ""
    assert form[f"place_{second.pk.hex}"].value() == str(warehouse().pk)


def test_all_of_it_brings_all_units_back_once(payment: Payment):
    client, lines = clerk("support"), lines_of(payment)
    preview = send(client, payment, step="preview", everything="1", **places(payment))
    coming = sorted((one["units"], one["line"].sku) for one in preview.context["coming"])
    assert coming == sorted((line.quantity, line.sku) for line in lines)
    for _press in range(2):
        confirmed(client, payment, everything="1", **places(payment))
    assert Refund.objects.count() == 1
    assert came_back() == {line.sku: line.quantity for line in lines}
    timeline = boss().get(reverse("admin:orders_order_change", args=[payment.order_id])).content.decode()
    assert "Torn seam" in timeline
    assert runner.check() == []


def test_only_the_chosen_units_come_back_and_none_where_they_stay_with_the_buyer(payment: Payment):
    first, second = lines_of(payment)
    confirmed(
        clerk("support"),
        payment,
        **units(first, 2),
        **units(second, 1),
        **{f"place_{first.pk.hex}": str(warehouse().pk), f"place_{second.pk.hex}": ""},
    )
    assert Refund.objects.get().lines.count() == 2
    assert came_back() == {first.sku: 2}


def test_units_that_are_back_already_do_not_come_back_with_the_refund(payment: Payment):
    first, second = lines_of(payment)
    assert payment.order is not None
    back = [UnitsBack(first, warehouse().pk, first.quantity), UnitsBack(second, warehouse().pk, 1)]
    restocking.put_back(payment.order, back, note="never sent", actor="staff:a@example.com")
    page = clerk("support").get(address(payment), headers=ENGLISH)
    assert "They are back already." in page.content.decode()
    confirmed(clerk("support"), payment, everything="1", **places(payment))
    assert came_back() == {first.sku: first.quantity, second.sku: 1}
    assert Refund.objects.get().amount == payment.amount


def test_where_the_units_cannot_come_back_nothing_is_refunded(payment: Payment):
    """Somebody has put them back between the preview and the confirmation: refund and return are one transaction."""
    first, _second = lines_of(payment)
    assert payment.order is not None
    restocking.put_back(
        payment.order, [UnitsBack(first, warehouse().pk, 2)], note="x", actor="staff:a@example.com"
    )
    line = RefundLine(order_line=first, quantity=2, amount=first.unit_price * 2)
    with pytest.raises(MoreThanSold):
        refund_requests.request(
            payment,
            line.amount,
            Refund.Origin.STAFF,
            "x",
            "k",
            actor="staff:a@example.com",
            lines=[line],
            returns=[UnitsBack(first, warehouse().pk, 2)],
        )
    assert not Refund.objects.exists()


def test_units_are_put_back_on_the_orders_page_once(payment: Payment):
    order = payment.order
    assert order is not None
    Refund.objects.create(
        payment=payment, amount=payment.amount, currency="ARS", dedupe_key="p", status="succeeded"
    )
    client = clerk("manager")
    page = client.get(reverse("admin:orders_order_change", args=[order.pk]), headers=ENGLISH).content.decode()
    assert "4 units still count as sold" in page
    where = reverse("admin:orders_order_put_back", args=[order.pk])
    chosen = places(payment) | carried(client, where) | {"note": "never sent"}
    for line in lines_of(payment):
        chosen |= units(line, line.quantity)
    assert client.post(where, chosen).status_code == 302
    assert client.post(where, chosen).status_code in {302, 422}
    assert client.post(where, chosen | {"token": "u"}).status_code == 422
    assert sum(came_back().values()) == 4
    assert clerk("support").get(where).status_code == 403
    assert (
        "still count as sold"
        not in client.get(
            reverse("admin:orders_order_change", args=[order.pk]), headers=ENGLISH
        ).content.decode()
    )
