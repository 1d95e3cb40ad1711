"""The order's page and the history: by secret link for whoever holds it, by login for the buyer alone."""

import pytest
from django.urls import reverse

from orders.models import Order
from orders.tests.factories import ACTOR, make_cart, make_order, make_user
from orders.timeline import Pace, timeline
from shop.core.states import move

pytestmark = pytest.mark.django_db


def test_the_secret_link_opens_the_order_to_a_guest(client):
    order = make_order()
    page = client.get(order.get_absolute_url())
    text = page.content.decode()
    assert page.status_code == 200
    for shown in (
        f"#{order.number}",
        order.lines.get().name,
        "ana@example.com",
        "Av. Corrientes 1234",
        "noindex",
    ):
        assert shown in text


@pytest.mark.parametrize("secret", ["x", "A" * 32, "a" * 500])
def test_a_made_up_secret_opens_nothing(client, secret):
    make_order()
    assert client.get(reverse("orders:order_secret", args=[secret])).status_code == 404


def test_only_the_buyers_account_sees_it_by_number(client):
    user = make_user()
    order = make_order(make_cart(user=user), user=user)
    where = reverse("orders:order_detail", args=[order.number])
    assert reverse("account_login") in client.get(where).url
    client.force_login(make_user())
    assert client.get(where).status_code == 404
    client.force_login(user)
    assert client.get(where).status_code == 200
    assert client.get(reverse("orders:order_detail", args=[10**30])).status_code == 404


def test_a_guests_order_is_nobodys_by_number(client):
    order = make_order()
    client.force_login(make_user())
    assert client.get(reverse("orders:order_detail", args=[order.number])).status_code == 404


def test_the_history_shows_ones_own_orders_in_pages(client, django_assert_max_num_queries):
    user = make_user()
    numbers = [make_order(make_cart(user=user), user=user).number for _order in range(11)]
    make_order()
    client.force_login(user)
    client.get(reverse("orders:history"))  # Once in a while a visit is noted (`shop.accounts.devices`).
    with django_assert_max_num_queries(9):
        first = client.get(reverse("orders:history"))
    assert [order.number for order in first.context["page"]] == numbers[:0:-1]
    assert first.context["page"].object_list[0].units == 1
    second = client.get(reverse("orders:history"), {"page": "2"})
    assert [order.number for order in second.context["page"]] == numbers[:1]
    for rubbish in ("x", "-1", "999", "9" * 50):
        assert client.get(reverse("orders:history"), {"page": rubbish}).status_code == 200


def test_an_empty_history_says_so(client):
    client.force_login(make_user())
    assert client.get(reverse("orders:history")).status_code == 200


@pytest.mark.parametrize(
    ("state", "paces"),
    [
        (None, [Pace.DONE, Pace.NOW, Pace.AHEAD]),
        (Order.Status.COMPLETED, [Pace.DONE, Pace.DONE]),
        (Order.Status.CANCELLED, [Pace.DONE, Pace.DONE]),
    ],
)
def test_the_timeline_follows_the_state(client, state, paces):
    order = make_order()
    if state:
        move(order, state, actor=ACTOR)
    notified = timeline(order)
    assert [moment.pace for moment in notified] == paces
    assert notified[-1].at is not None or state is None
    assert client.get(order.get_absolute_url()).status_code == 200
