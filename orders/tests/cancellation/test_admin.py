"""The back office cancels in two steps, once, as it was shown; the order's page offers the acts that make sense."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from orders.admin import order_acts
from orders.models import Cancellation, Order
from orders.tests.fulfilment.test_remaining import paid_order, refund
from shop.accounts.tests.staff_clients import boss, clerk

pytestmark = pytest.mark.django_db


def page(order: Order) -> str:
    return reverse("admin:orders_order_cancel", args=[order.pk])


def choice(order: Order, client: Client, **changes: Any) -> dict[str, str]:
    form = client.get(page(order)).context["form"]
    line = order.lines.get()
    return {
        "token": form["token"].value(),
        f"units_{line.pk.hex}": "3",
        "reason": "buyer_asked",
        "note": "por teléfono",
        "step": "preview",
    } | changes


def test_two_steps_and_what_became_untrue_is_shown_before_it_is_done():
    order, payment = paid_order()
    client = boss()
    sent = choice(order, client)
    quote = client.post(page(order), sent).context["quote"]
    assert quote.amount == order.total
    assert not Cancellation.objects.exists()
    refund(payment, Decimal(5))
    confirm = sent | {"step": "confirm", "seen": quote.seen}
    shown = client.post(page(order), confirm)
    assert shown.status_code == 422
    assert shown.context["quote"].amount == order.total - 5
    assert "por teléfono" in shown.content.decode()
    assert not Cancellation.objects.exists()
    again = confirm | {"seen": shown.context["quote"].seen, "token": shown.context["form"]["token"].value()}
    for _click in range(2):
        assert client.post(page(order), again).status_code == 302
    made = Cancellation.objects.get()
    assert (made.note, made.by, made.is_whole) == ("por teléfono", "staff", True)
    assert made.actor.startswith("staff:")
    assert "refusal" in client.get(page(order)).context
    changed_page = client.get(reverse("admin:orders_order_change", args=[order.pk])).content.decode()
    assert "por teléfono" in changed_page


def test_wrong_units_are_refused_beside_their_line_and_only_some_may_cancel():
    order, _payment = paid_order()
    client = boss()
    line = order.lines.get()
    for units in ("9", "0", "x"):
        answer = client.post(page(order), choice(order, client, **{f"units_{line.pk.hex}": units}))
        assert answer.status_code == 422
    assert clerk("warehouse").get(page(order)).status_code == 403
    assert clerk("support").get(page(order)).status_code == 200


def offered(client: Client, order: Order) -> list[tuple[str, bool]]:
    answer = client.get(reverse("admin:orders_order_change", args=[order.pk]))
    found = [(act.code, act.is_main) for act in answer.context["acts"]]
    for act in answer.context["acts"]:
        assert f'href="{act.url}"' in answer.content.decode()
        assert client.get(act.url).status_code == 200
    return found


def test_the_page_offers_the_acts_that_make_sense_to_whoever_may_do_them():
    order, _payment = paid_order()
    client = boss()
    own = {"hold", "refund", "cancel"}
    everything = offered(client, order)
    assert everything[0] == ("prepare", True)
    codes = [code for code, _is_main in everything if code in own]
    assert codes == ["hold", "refund", "cancel"]
    assert "cancel" not in dict(offered(clerk("warehouse"), order))
    assert {act.rank for act in order_acts.registered().values() if act.code in own} == {
        order_acts.Rank.HOLD,
        order_acts.Rank.REFUND,
        order_acts.Rank.CANCEL,
    }
    order.holds.create(kind="staff", source="x", reason="fraud?")
    assert offered(client, order)[0] == ("release", True)
    Order.objects.filter(pk=order.pk).update(status="cancelled")
    assert "put-back" in dict(offered(client, order))
    assert "cancel" not in dict(offered(client, order))
