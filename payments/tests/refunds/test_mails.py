"""The buyer gets one mail for each refund, whoever made it: how much, of which order, which way, how long it takes."""

from decimal import Decimal
from typing import Any

import pytest

from orders.models import Order
from payments import notices
from payments.models import Payment, Refund
from payments.refunds import refund_requests, sending
from payments.settlement import settle
from payments.tests.world import World
from shop.core.models import EmailLog

STAFF = "staff:ana@example.com"


def snapshot(kind: str = "order_refunded") -> list[EmailLog]:
    return list(EmailLog.objects.filter(kind=kind).order_by("created_at"))


@pytest.fixture
def paid(providers: World, db: None) -> Any:
    attempt = providers.begin("mercadopago")
    record = providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor="test")
    return attempt, record, Payment.objects.get()


def give_back(payment: Payment, amount: Decimal, key: str) -> Refund:
    refund = refund_requests.request(payment, amount, Refund.Origin.STAFF, "torn", key, actor=STAFF)
    return sending.send(refund.pk)


@pytest.mark.django_db(transaction=True)
def test_a_part_and_then_the_rest_are_told_once_each(paid):
    attempt, _record, payment = paid
    give_back(payment, Decimal("100.50"), "a")
    give_back(payment, payment.amount - Decimal("100.50"), "b")
    for _time in range(2):
        settle.settle(attempt_id=attempt.pk, actor="test")

    part, rest = snapshot()
    order = Order.objects.get()
    assert part.to == order.email
    assert f"#{order.number}" in part.subject
    assert "100,50" in part.text
    assert "Mercado Pago · Visa" in part.text
    assert "una parte" in part.text
    assert "todo tu pedido" not in part.text
    assert "todo tu pedido" in rest.text
    assert order.secret not in part.text + part.html + rest.text
    assert order.is_off


@pytest.mark.django_db(transaction=True)
def test_what_was_made_in_the_providers_panel_is_told_as_well(providers: World, paid):
    attempt, record, payment = paid
    providers.refund_in_panel(attempt, record, str(payment.amount))
    for _time in range(2):
        settle.settle(attempt_id=attempt.pk, actor="test")
    (mail,) = snapshot()
    assert "todo lo que pagaste" in mail.text
    assert Refund.objects.get().origin == "provider"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "words"), [("es", "Te lo devolvimos"), ("en", "nothing to do"), ("pt-br", "Devolvemos")]
)
def test_it_is_told_in_the_buyers_language(language: str, words: str):
    from orders.tests.admin.test_orders import pay
    from orders.tests.factories import make_order

    order = make_order()
    payment = pay(order)
    type(order.checkout).objects.filter(pk=order.checkout_id).update(language=language)
    refund = Refund.objects.select_related("payment").get()
    refund.status = "succeeded"
    for _time in range(2):
        notices.tell_returned(refund)
    (mail,) = snapshot()
    assert words in mail.text
    assert mail.language == language
    assert payment.order == order


@pytest.mark.django_db(transaction=True)
def test_money_that_bought_nothing_keeps_its_own_mail(paid):
    _attempt, _record, payment = paid
    Payment.objects.filter(pk=payment.pk).update(role="surplus")
    payment.refresh_from_db()
    refund = refund_requests.request(
        payment, payment.amount, Refund.Origin.AUTOMATIC, "surplus", f"surplus:{payment.pk}", actor="job"
    )
    sending.send(refund.pk)
    assert snapshot() == []
    assert len(snapshot("payment_surplus_returned")) == 1
