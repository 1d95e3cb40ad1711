"""The page by which goods of an order in instalments come back: previewed, compared, done once."""

from typing import Any

import pytest
from django.urls import reverse

from orders.models import InstallmentPlan, Reimbursement
from orders.tests.factories import level_of, make_order, warehouse
from orders.tests.installments.factories import line, make_plan, opened
from payments.models import Payment, Refund
from payments.tests.admin.refund_form import ENGLISH
from payments.tests.plans import pay_part
from shop.accounts.tests.staff_clients import boss, clerk, queries

pytestmark = pytest.mark.django_db


def address(plan: InstallmentPlan) -> str:
    return reverse("admin:payments_order_goods_back", args=[plan.order_id])


def send(client: Any, plan: InstallmentPlan, **data: Any) -> Any:
    return client.post(address(plan), {"token": "t", "reason": "Torn seam", **data}, headers=ENGLISH)


def unit(plan: InstallmentPlan) -> dict[str, str]:
    row = line(plan, "45.00")
    return {f"units_{row.pk.hex}": "1", f"place_{row.pk.hex}": str(warehouse().pk)}


def test_it_shows_what_falls_and_what_is_money_and_does_exactly_that_once():
    plan = make_plan()
    pay_part(plan, 1)
    client = boss()
    assert "58,66 of" in client.get(address(plan), headers=ENGLISH).content.decode().replace("58.66", "58,66")
    preview = send(client, plan, step="preview", **unit(plan))
    quote = preview.context["quote"]
    shown = [str(row.open_after) for row in quote.reduction.rows]
    assert (shown, quote.payments) == (["0.00", "35.09", "35.09"], [])
    assert not Reimbursement.objects.exists()
    done = send(client, plan, step="confirm", seen=quote.seen, **unit(plan))
    assert done.status_code == 302, done.content.decode()
    again = send(client, plan, step="confirm", seen=quote.seen, **unit(plan))
    assert again.status_code == 302
    assert [str(one) for one in opened(plan)] == shown
    assert Reimbursement.objects.get().lines.get().quantity == 1
    variant = line(plan, "45.00").variant_id
    assert variant
    assert level_of(variant).on_hand == 8


def test_what_changed_since_the_preview_is_shown_again_and_nothing_is_done():
    plan = make_plan()
    pay_part(plan, 1)
    client = boss()
    seen = send(client, plan, step="preview", **unit(plan)).context["quote"].seen
    pay_part(plan, 2)
    answer = send(client, plan, step="confirm", seen=seen, **unit(plan))
    assert answer.status_code == 422
    assert "Look again before you confirm" in answer.content.decode()
    assert answer.context["quote"].seen != seen
    assert not Reimbursement.objects.exists()


def test_everything_names_the_payments_by_which_money_goes_back():
    plan = make_plan()
    pay_part(plan, 1)
    pay_part(plan, 2)
    client = boss()
    preview = send(client, plan, everything="1")
    assert preview.content.decode().count("Mercado Pago") == 2
    send(client, plan, everything="1", step="confirm", seen=preview.context["quote"].seen)
    assert Refund.objects.count() == 2
    assert Payment.objects.count() == 2


def test_a_refund_of_one_of_its_payments_leads_here_and_other_orders_have_no_such_page():
    plan = make_plan()
    payment = pay_part(plan, 1)
    client = boss()
    refund = reverse("admin:payments_payment_refund", args=[payment.pk])
    for answer in (
        client.get(refund),
        client.post(refund, {"amount": "1", "step": "confirm", "seen": "58.66"}),
    ):
        assert (answer.status_code, answer["Location"]) == (302, address(plan))
    page = client.get(reverse("admin:payments_order", args=[plan.order_id])).content.decode()
    assert (address(plan) in page, refund in page) == (True, False)
    assert (
        address(plan)
        in client.get(reverse("admin:orders_order_change", args=[plan.order_id])).content.decode()
    )
    other = reverse("admin:payments_order_goods_back", args=[make_order().pk])
    assert client.get(other).status_code == 404
    assert clerk("orders.view_order").get(address(plan)).status_code == 403


@pytest.mark.parametrize(
    ("chosen", "words"),
    [({}, "one of the two"), ({"amount": "175.99"}, "At most")],
)
def test_what_cannot_go_back_is_refused_in_words(chosen: dict[str, str], words: str):
    plan = make_plan()
    answer = send(boss(), plan, step="preview", **chosen)
    assert (answer.status_code, words in answer.content.decode()) == (422, True)


def test_the_page_costs_the_same_for_few_and_for_many():
    few, many = (
        make_plan(("45.00", 1), count=3),
        make_plan(("45.00", 2), ("50.00", 1), ("60.00", 2), count=12),
    )
    for number in range(1, 6):
        pay_part(many, number)
    pay_part(few, 1)
    client = boss()
    queries(client, address(few))
    assert queries(client, address(few)) == queries(client, address(many)) <= 16
