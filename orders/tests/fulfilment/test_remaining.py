"""An order whose money has gone back is not sent and is no sale; of one that is partly refunded the rest is sent."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orders.fulfilment import holds, picking, remaining
from orders.fulfilment.holds import NothingToSend
from orders.models import MoneyState, Order, OrderMoney, OrderPick
from orders.tests.admin.test_orders import pay
from orders.tests.factories import make_cart, make_order, make_user, make_variant
from orders.timeline import timeline
from payments.models import Payment, Refund, RefundLine
from shop.accounts.tests.staff_clients import boss, clerk, queries
from shop.core.web.languages import in_language

STAFF = "staff:ana@example.com"


def of(paid: str, promised: str, refunded: str, charged_back: str = "0") -> OrderMoney:
    return OrderMoney(*(Decimal(one) for one in (paid, promised, refunded, charged_back)))


@pytest.mark.parametrize(
    ("money", "state", "is_gone"),
    [
        (of("0", "0", "0"), "kept", False),
        (of("100", "0", "0"), "kept", False),
        (of("100", "99.99", "99.99"), "part", False),
        (of("100", "0", "0", "50"), "part", False),
        (of("100", "100", "60"), "going", True),
        (of("100", "100", "100"), "refunded", True),
        (of("100", "0", "0", "100"), "charged_back", True),
        (of("100", "40", "40", "60"), "charged_back", True),
    ],
)
def test_where_the_money_is(money: OrderMoney, state: str, is_gone: bool):
    assert (money.state, money.is_gone) == (state, is_gone)


def paid_order(units: int = 3) -> tuple[Order, Payment]:
    order = make_order(make_cart((make_variant(units=9), units)))
    payment = pay(order, str(order.number))
    Refund.objects.all().delete()
    return order, payment


def refund(payment: Payment, amount: Any, status: str = "succeeded", units: int = 0) -> Refund:
    row = Refund.objects.create(
        payment=payment,
        amount=amount,
        currency="ARS",
        status=status,
        dedupe_key=f"{payment.pk}:{amount}:{status}",
    )
    if units:
        line = payment.order.lines.get()
        RefundLine.objects.create(refund=row, order_line=line, quantity=units, amount=line.unit_price * units)
    return row


def take_back(payment: Payment) -> None:
    Payment.objects.filter(pk=payment.pk).update(status="charged_back", charged_back_amount=payment.amount)


GONE: dict[str, Callable[[Payment], object]] = {
    "refunded": lambda payment: refund(payment, payment.amount),
    "being refunded": lambda payment: refund(payment, payment.amount, "requested"),
    "to be refunded by hand": lambda payment: refund(payment, payment.amount, "manual"),
    "in two halves": lambda payment: [
        refund(payment, payment.amount - 10),
        refund(payment, Decimal(10), "pending"),
    ],
    "in the provider's words": lambda payment: Payment.objects.filter(pk=payment.pk).update(
        status="refunded", refunded_amount=payment.amount
    ),
    "lost in a dispute": take_back,
    "all units, not the shipping": lambda payment: refund(payment, payment.order.subtotal, units=3),
    "cancelled": lambda payment: Order.objects.filter(pk=payment.order_id).update(status="cancelled"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("way", GONE)
def test_nothing_is_sent_of_what_was_paid_back(way: str):
    order, payment = paid_order()
    assert holds.may_fulfil(order)
    assert picking.to_pick()

    GONE[way](payment)

    order = Order.objects.get()
    assert not holds.may_fulfil(order)
    assert picking.to_pick() == []
    with pytest.raises(NothingToSend):
        holds.demand_free(order)
    listed = boss().get(
        reverse("admin:orders_order_changelist"), {"sending": "free"}, headers={"accept-language": "en"}
    )
    assert list(listed.context["cl"].result_list) == []


@pytest.mark.django_db
@pytest.mark.parametrize("way", ["failed", "of a surplus"])
def test_what_did_not_take_the_orders_money_keeps_nothing_back(way: str):
    order, payment = paid_order()
    if way == "failed":
        refund(payment, payment.amount, "failed")
    else:
        twin = Payment.objects.get(pk=payment.pk)
        twin.pk, twin.external_id, twin.role, twin._state.adding = None, "twin", "surplus", True
        twin.pk = Payment().pk
        twin.save()
        refund(twin, twin.amount)
    order = Order.objects.with_money().get()
    assert order.money.state == MoneyState.KEPT
    assert holds.demand_free(order) == order


@pytest.mark.django_db
def test_the_rest_of_a_line_is_shown_and_sent():
    order, payment = paid_order(3)
    refund(payment, order.lines.get().unit_price, units=1)
    line = remaining.lines().get()
    assert (line.refunded, line.left) == (1, 2)
    assert [one.units for one in picking.to_pick()] == [2]
    page = boss().get(
        reverse("admin:orders_order_change", args=[order.pk]), headers={"accept-language": "en"}
    )
    words = page.content.decode()
    assert "2 of 3" in words
    assert "Partly refunded" in words
    assert "May be sent" in words


@pytest.mark.django_db
def test_list_filter_page_and_buyer_say_refunded(client):
    user = make_user()
    order = make_order(make_cart((make_variant(), 1), user=user), user=user)
    payment = pay(order)
    Refund.objects.all().delete()
    refund(payment, payment.amount)
    staff, english = boss(), {"accept-language": "en"}

    listed = staff.get(reverse("admin:orders_order_changelist"), {"sending": "refunded"}, headers=english)
    assert list(listed.context["cl"].result_list) == [order]
    words = listed.content.decode()
    assert "not to be sent" in words
    assert ">refunded<" in words.replace(" ", "").replace("\n", "")
    page = staff.get(reverse("admin:orders_order_change", args=[order.pk]), headers=english).content.decode()
    assert "Not to be sent" in page
    assert "May be sent" not in page
    mine = client.get(in_language(order.get_absolute_url(), "en")).content.decode()
    assert "Refunded" in mine
    assert "We are preparing it" not in mine
    client.force_login(user)
    for address in ("orders:history", "accounts:overview"):
        assert "Refunded" in client.get(in_language(reverse(address), "en")).content.decode(), address


@pytest.mark.django_db
def test_nothing_promises_a_tracking_number(client):
    order = make_order()
    notified = " ".join(f"{moment.title} {moment.words}" for moment in timeline(order)) + str(
        client.get(in_language(order.get_absolute_url(), "en")).content
    )
    assert "racking" not in notified
    assert "seguimiento" not in client.get(order.get_absolute_url()).content.decode()


@pytest.mark.django_db
def test_the_lists_cost_the_same_for_few_and_for_many():
    client, addresses = boss(), [reverse("admin:orders_order_changelist"), reverse("admin:orders_order_pick")]
    paid_order()
    few = [(queries(client, address), queries(client, address))[1] for address in addresses]
    for _order in range(5):
        _, payment = paid_order()
        refund(payment, Decimal(10))
    assert [queries(client, address) for address in addresses] == few


# -- picking ----------------------------------------------------------------------------------------------------------
@pytest.mark.django_db
def test_what_is_marked_leaves_the_list_for_good_and_comes_back_when_it_is_taken_back():
    order, _payment = paid_order(3)
    client, address = clerk("warehouse"), reverse("admin:orders_order_pick")
    page = client.get(address)
    row = page.context["rows"][0]
    sent = {"token": page.context["form"]["token"].value(), "row": [row.key]}
    assert client.post(address, sent).status_code == 302
    assert client.post(address, sent).status_code == 302  # A second press.

    pick = OrderPick.objects.get()
    assert (pick.quantity, pick.line.order) == (3, order)
    assert pick.picked_by.startswith("staff:")
    assert client.get(address).context["rows"] == []
    assert client.get(reverse("admin:orders_order_pick_print")).context["rows"] == []
    done = client.get(address, {"show": "picked"})
    assert [one.pk for one in done.context["picks"]] == [pick.pk]
    client.post(f"{address}?show=picked", {"token": "u", "row": [str(pick.pk)]})
    assert [one.units for one in client.get(address).context["rows"]] == [3]
    kinds = [
        entry.title
        for entry in boss().get(reverse("admin:orders_order_change", args=[order.pk])).context["entries"]
    ]
    assert len([title for title in kinds if "prepara" in title]) == 2


@pytest.mark.django_db
def test_a_stale_row_is_not_marked():
    """A unit was refunded since the list was shown: what the clerk saw is not what is to be picked."""
    _order, payment = paid_order(3)
    seen = picking.to_pick()[0].key
    refund(payment, payment.order.lines.get().unit_price, units=1)
    assert picking.mark([seen], actor=STAFF) == ([], 1)
    fresh = picking.to_pick()[0].key
    assert [pick.quantity for pick in picking.mark([fresh, "no.such.row"], actor=STAFF)[0]] == [2]
    # The refund fails: its unit is to be sent after all, and only that one is picked.
    Refund.objects.update(status="failed")
    assert [one.units for one in picking.to_pick()] == [1]


@pytest.mark.django_db
def test_whoever_may_not_pick_sees_the_list_only():
    paid_order()
    client, address = clerk("support"), reverse("admin:orders_order_pick")
    row = client.get(address).context["rows"][0].key
    assert client.post(address, {"token": "t", "row": [row]}).status_code == 403
    assert clerk("catalogue").get(address).status_code == 403
    assert not OrderPick.objects.exists()


@pytest.mark.django_db
def test_marking_many_costs_what_marking_few_does():
    def cost() -> int:
        keys = [one.key for one in picking.to_pick()]
        with CaptureQueriesContext(connection) as captured:
            picking.mark(keys, actor=STAFF)
        return len(captured)

    paid_order()
    few = cost()
    make_order(make_cart(*[(make_variant(), 1) for _line in range(6)]))
    assert cost() == few


@pytest.mark.django_db
def test_each_fact_is_counted_once_however_many_figures_it_has_a_part_in():
    """Two scans of the parts of shipments would be two sums of one fact, and twice the work of each page."""
    order, _payment = paid_order()
    sql, values = remaining.lines().filter(order=order).query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {sql}", values)
        plan = "\n".join(row[0] for row in cursor.fetchall())
    for table in ("orders_shipmentline", "orders_cancellationline", "orders_reimbursementline"):
        assert plan.count(f" on {table} ") == 1, plan
