"""Refunds by the staff: by units or by a sum, shown before they are confirmed, once, and never more than was paid."""

import re
import threading
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.urls import reverse

from orders.models import Order
from orders.reimbursements.left import left_of
from orders.tests.admin.test_orders import pay
from orders.tests.factories import make_cart, make_order, make_variant
from payments.models import Payment, Refund, RefundLine
from payments.refunds import quotes, refund_requests, reimbursing
from payments.tests.admin.refund_form import ENGLISH, address, confirmed, lines_of, make_paid, send, units
from shop.accounts.tests.staff_clients import boss, clerk, queries

pytestmark = pytest.mark.django_db


@pytest.fixture
def payment() -> Payment:
    """Return the payment of an order of three units of one product and one of another, with shipping."""
    return make_paid()


# -- choosing and looking ---------------------------------------------------------------------------------------------
def test_the_preview_says_what_goes_back_what_remains_and_how(payment: Payment):
    line = lines_of(payment)[0]

    answer = send(clerk("support"), payment, step="preview", shipping="on", **units(line, 2))

    assert answer.status_code == 200
    quote = answer.context["quote"]
    order = payment.order
    assert order is not None
    assert quote.amount == line.unit_price * 2 + order.shipping_total
    assert quote.after == payment.amount - quote.amount
    assert (quote.provider, quote.by_hand, quote.is_late) == ("Mercado Pago", False, False)
    assert [(one.quantity, one.amount) for one in quote.lines] == [
        (2, line.unit_price * 2),
        (1, order.shipping_total),
    ]
    assert "nobody has to transfer anything" in answer.content.decode()
    assert not Refund.objects.exists()


def test_what_was_previewed_is_what_the_page_sends_when_it_is_confirmed(payment: Payment):
    client = clerk("support")
    line = lines_of(payment)[0]
    preview = send(client, payment, step="preview", shipping="on", **units(line, 2))

    answer = client.post(address(payment), hidden(preview) | {"step": "confirm"})

    assert answer.status_code == 302
    assert answer["Location"] == reverse("admin:payments_order", args=[payment.order_id])
    refund = Refund.objects.get()
    assert refund.amount == preview.context["quote"].amount
    assert (refund.reason, refund.origin) == ("Torn seam", "staff")
    assert list(refund.lines.values_list("order_line", "quantity")) == [(line.pk, 2), (None, 1)]


def hidden(answer: Any) -> dict[str, str]:
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.content.decode())
    return {name: value for name, value in found if name != "csrfmiddlewaretoken"}


def test_all_of_it_is_one_press_and_by_line_where_that_is_the_same(payment: Payment):
    client = clerk("support")
    preview = send(client, payment, everything="1")
    assert preview.context["quote"].amount == payment.amount
    assert client.post(address(payment), hidden(preview) | {"step": "confirm"}).status_code == 302
    refund = Refund.objects.get()
    assert refund.amount == payment.amount
    assert refund.lines.count() == 3


def test_all_that_is_left_after_a_sum_went_back_is_a_sum(payment: Payment):
    refund_requests.request(payment, Decimal("1.00"), "staff", "", "k", actor="t")
    client = clerk("support")
    preview = send(client, payment, everything="1")
    assert client.post(address(payment), hidden(preview) | {"step": "confirm"}).status_code == 302
    refund = Refund.objects.get(reason="Torn seam")
    assert refund.amount == payment.amount - 1
    assert not refund.lines.exists()


@pytest.mark.parametrize("step", ["preview", "confirm", "edit", "", "nonsense"])
def test_nothing_goes_back_unseen(payment: Payment, step: str):
    assert send(boss(), payment, amount="10", step=step).status_code == 200
    assert not Refund.objects.exists()


@pytest.mark.parametrize(
    ("data", "field"),
    [
        ({}, None),
        ({"amount": "5", "shipping": "on"}, None),
        ({"amount": "0"}, "amount"),
        ({"amount": "NaN"}, "amount"),
        ({"amount": "5.001"}, "amount"),
        ({"amount": "99999999"}, "amount"),
        ({"amount": "5", "reason": ""}, "reason"),
        ({"amount": "5", "reason": "x" * 201}, "reason"),
        ({"units": "4"}, "units"),
        ({"units": "-1"}, "units"),
        ({"units": "²"}, "units"),
    ],
)
@pytest.mark.parametrize("step", ["preview", "confirm"])
def test_what_cannot_be_is_told_beside_its_field(
    payment: Payment, data: dict[str, str], field: str | None, step: str
):
    name = f"units_{lines_of(payment)[0].pk.hex}"
    data = {name if key == "units" else key: value for key, value in data.items()}

    answer = send(boss(), payment, step=step, seen=str(payment.amount), **data)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [name if field == "units" else field or "__all__"]
    assert not Refund.objects.exists()


def test_a_cash_voucher_is_announced_as_work_for_people(payment: Payment):
    Payment.objects.update(gateway="stripe", method="oxxo")
    answer = send(boss(), payment, amount="10")
    assert answer.context["quote"].by_hand
    assert "transfer the money by hand" in answer.content.decode()


def test_an_old_payment_is_announced_too(payment: Payment):
    Payment.objects.update(approved_at="2025-01-01T00:00:00Z")
    assert send(boss(), payment, amount="10").context["quote"].is_late


def test_money_that_never_came_is_told_before_anything_is_confirmed(payment: Payment):
    Payment.objects.update(approved_at=None, role="none", status="pending")
    answer = send(boss(), payment, amount="10")
    assert answer.status_code == 422
    assert answer.context["quote"] is None


# -- units of the order -----------------------------------------------------------------------------------------------
def test_units_go_back_once_over_several_refunds(payment: Payment):
    client, line = boss(), lines_of(payment)[0]
    assert confirmed(client, payment, token="1", **units(line, 2)).status_code == 302

    page = client.get(address(payment))
    left = {row["line"].pk: (row["back"], row["left"]) for row in page.context["form"].rows}
    assert left[line.pk] == (2, 1)
    assert confirmed(client, payment, token="2", **units(line, 2)).status_code == 422
    assert confirmed(client, payment, token="3", **units(line, 1)).status_code == 302
    assert sum(RefundLine.objects.values_list("quantity", flat=True)) == 3


def test_a_refund_that_failed_gives_its_units_free_and_takes_them_again_only_if_they_are(payment: Payment):
    client, line = boss(), lines_of(payment)[0]
    assert confirmed(client, payment, token="1", **units(line, 3)).status_code == 302
    first = Refund.objects.get()
    Refund.objects.update(status="failed")
    assert confirmed(client, payment, token="2", **units(line, 1)).status_code == 302

    again = reverse("admin:payments_refund_try_again", args=[first.pk])
    assert client.post(again, {"token": "t"}).status_code == 422
    first.refresh_from_db()
    assert first.status == "failed"
    Refund.objects.exclude(pk=first.pk).update(status="failed")
    assert client.post(again, {"token": "t"}).status_code == 302


def test_shipping_goes_back_once(payment: Payment):
    client = boss()
    assert confirmed(client, payment, token="1", shipping="on").status_code == 302
    assert client.get(address(payment)).context["shipping_left"] == 0
    assert confirmed(client, payment, token="2", shipping="on").status_code == 422


@pytest.mark.parametrize("fault", ["units", "price", "stranger", "shipping", "zero", "no line and two"])
def test_the_database_refuses_what_the_order_does_not_have(payment: Payment, fault: str):
    line = lines_of(payment)[0]
    other = lines_of(make_paid())[0]
    refund = refund_requests.request(payment, Decimal("1.00"), "staff", "", "k", actor="t")
    assert payment.order is not None
    row = {
        "units": RefundLine(order_line=line, quantity=4, amount=line.unit_price * 4),
        "price": RefundLine(order_line=line, quantity=1, amount=line.unit_price - 1),
        "stranger": RefundLine(order_line=other, quantity=1, amount=other.unit_price),
        "shipping": RefundLine(amount=payment.order.shipping_total + 1),
        "zero": RefundLine(order_line=line, quantity=0, amount=0),
        "no line and two": RefundLine(quantity=2, amount=1),
    }[fault]
    row.refund = refund
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()


def test_lines_of_another_sum_are_a_mistake_of_ours(payment: Payment):
    line = lines_of(payment)[0]
    wrong = [RefundLine(order_line=line, quantity=1, amount=line.unit_price)]
    with pytest.raises(ValueError, match="another sum"):
        refund_requests.request(payment, Decimal("1.00"), "staff", "", "k", actor="t", lines=wrong)
    assert not Refund.objects.exists()


# -- once, and not beside somebody else -------------------------------------------------------------------------------
def test_sent_twice_it_acts_once(payment: Payment):
    client, seen = boss(), str(payment.amount)
    answers = [confirmed(client, payment, everything="1", seen=seen) for _turn in range(2)]
    assert [answer.status_code for answer in answers] == [302, 302]
    assert Refund.objects.count() == 1


def test_whoever_confirms_second_is_told_and_sees_the_new_sums(payment: Payment):
    first, second = clerk("support"), clerk("manager")
    pages = [send(client, payment, amount="100", token=str(n)) for n, client in enumerate((first, second))]
    assert first.post(address(payment), hidden(pages[0]) | {"step": "confirm"}).status_code == 302

    snapshot = second.post(address(payment), hidden(pages[1]) | {"step": "confirm"}, headers=ENGLISH)

    assert snapshot.status_code == 422
    assert "Meanwhile another refund" in snapshot.content.decode()
    assert snapshot.context["quote"].before == payment.amount - 100
    assert Refund.objects.count() == 1
    # Having seen it, the second one may go on.
    assert second.post(address(payment), hidden(snapshot) | {"step": "confirm"}).status_code == 302
    assert Refund.objects.count() == 2


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("guarded", [True, False])
def test_two_at_once_one_is_told(payment: Payment, guarded: bool, monkeypatch: pytest.MonkeyPatch):
    """The control: without the sum that was shown both are refunded."""
    client_of = [clerk("support"), clerk("manager")]
    start, answers = threading.Barrier(2), []
    if not guarded:
        real = reimbursing.ask
        monkeypatch.setattr(
            reimbursing, "ask", lambda *args, **options: real(*args, **{**options, "expected": None})
        )
    seen = str(payment.amount)

    def confirm(number: int) -> None:
        try:
            start.wait(60)
            answer = confirmed(client_of[number], payment, token=f"t{number}", amount="1", seen=seen)
            answers.append(answer.status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=confirm, args=[number]) for number in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == ([302, 422] if guarded else [302, 302])
    assert Refund.objects.count() == (1 if guarded else 2)


@pytest.mark.django_db(transaction=True)
def test_two_payments_of_one_order_do_not_give_the_same_units_back_at_once(payment: Payment):
    """The order's lock serialises two payments, whose own locks differ."""
    line = lines_of(payment)[0]
    second = Payment.objects.create(
        attempt=payment.attempt,
        order=payment.order,
        gateway="mercadopago",
        external_id="second",
        status="approved",
        role="surplus",
        amount=payment.amount,
        currency="ARS",
        approved_at=payment.approved_at,
    )
    start, outcomes = threading.Barrier(2), []

    def give(which: Payment) -> None:
        try:
            start.wait(60)
            row = RefundLine(order_line=line, quantity=2, amount=line.unit_price * 2)
            refund_requests.request(which, row.amount, "staff", "", f"k{which.pk}", actor="t", lines=[row])
            outcomes.append("given")
        except refund_requests.LinesTaken:
            outcomes.append("taken")
        finally:
            connection.close()

    threads = [threading.Thread(target=give, args=[which]) for which in (payment, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(outcomes) == ["given", "taken"]


# -- who, and at what cost --------------------------------------------------------------------------------------------
@pytest.mark.parametrize("role", ["warehouse", "catalogue"])
def test_only_who_may_refund_sees_the_page(payment: Payment, role: str):
    client = clerk(role)
    assert client.get(address(payment)).status_code == 403
    assert confirmed(client, payment, amount="1").status_code == 403
    assert not Refund.objects.exists()


def test_several_payments_of_an_order_are_told_apart(payment: Payment):
    assert payment.order is not None
    surplus = Payment.objects.create(
        attempt=payment.attempt,
        order=payment.order,
        gateway="mercadopago",
        external_id="twice",
        status="approved",
        role="surplus",
        amount=payment.amount,
        currency="ARS",
        approved_at=payment.approved_at,
    )
    page = boss().get(address(surplus))
    assert [(row["payment"].pk, row["is_this"]) for row in page.context["siblings"]] == [
        (payment.pk, False),
        (surplus.pk, True),
    ]
    # Units belong to the payment that paid the order; of the other one a sum goes back.
    assert page.context["form"].rows == []
    assert address(payment) in page.content.decode()


def test_the_page_costs_the_same_for_one_line_and_for_many():
    few = pay(make_order(make_cart((make_variant(units=9), 1))), "few")
    many = pay(make_order(make_cart(*[(make_variant(units=9), 2) for _n in range(9)])), "many")
    client = boss()
    queries(client, address(few))
    assert queries(client, address(few)) == queries(client, address(many)) <= 16


def test_a_quote_is_exact_to_the_cent():
    order = make_order(make_cart((make_variant(units=9, price=Decimal("0.10")), 3)))
    payment = pay(order, "cent")
    Refund.objects.all().delete()
    left = left_of(Order.objects.get(pk=order.pk))
    quote = quotes.quote(payment, left, units={left.lines[0].line.pk: 3})
    assert quote.amount == Decimal("0.30")
    assert quote.after == payment.amount - Decimal("0.30")
