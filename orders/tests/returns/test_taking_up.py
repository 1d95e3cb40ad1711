"""A declared withdrawal becomes a return of what left and a cancellation of what did not, once; the rest is by law."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse

from inventory.checks import runner
from orders.cancellation import withdrawing
from orders.models import Cancellation, Order, Return, WithdrawalRequest
from orders.returns import deciding, inspecting, receiving, withdrawals
from orders.returns.deciding import Choice
from orders.returns.inspecting import Found
from orders.tests.admin.test_orders import pay
from orders.tests.claims.claims import claim_of
from orders.tests.factories import make_cart, make_order, make_variant
from orders.tests.returns.returns import STAFF, deliver, delivered_order, give_but
from payments.models import Refund
from shop.accounts.tests.factories import UserFactory
from shop.accounts.tests.staff_clients import boss, signed_in


@pytest.fixture(scope="module")
def order(shared_rows: Any) -> Iterator[Order]:
    """An order of three units of one line and one of another, delivered today."""
    with shared_rows():
        yield delivered_order()


def declare(order: Order) -> WithdrawalRequest:
    return withdrawals.request(
        order_number=str(order.number), email=order.email, message="", language="es", actor="buyer"
    )


@pytest.mark.django_db
def test_of_what_has_arrived_a_return_is_made_and_all_that_was_paid_comes_back(order: Order):
    asked = declare(order)
    page = reverse("admin:orders_withdrawalrequest_change", args=[asked.pk])
    client = boss()
    assert "take-up" in client.get(page).content.decode()
    url = reverse("admin:orders_withdrawalrequest_take_up", args=[asked.pk])
    token = client.get(url).context["form"]["token"].value()
    assert client.post(url, {"token": token}).status_code == 302
    assert client.post(url, {"token": "again"}).status_code == 422
    rma = Return.objects.get()
    asked.refresh_from_db()
    assert (rma.status, rma.withdrawal, asked.status) == ("approved", asked, "answered")
    assert rma.number in asked.answer
    counted = {line.pk: line.quantity for line in order.lines.all()}
    receiving.receive(rma, counted, parcel=1, actor=STAFF)
    lines = list(rma.lines.all())
    inspecting.inspect(
        rma, [Found(line.pk, line.quantity, "new", "restock") for line in lines], key="i", actor=STAFF
    )
    made = deciding.decide(rma, Choice(units=deciding.open_units(rma)), key="d", actor=STAFF)
    assert (made.total, made.freight) == (order.total, order.shipping_total)
    assert runner.check(scope="") == []


@pytest.mark.django_db
def test_what_was_not_sent_is_cancelled_and_a_part_of_each_is_both():
    order = make_order(make_cart((make_variant(units=9), 3)))
    pay(order, str(order.number))
    Refund.objects.all().delete()
    line = order.lines.get()
    deliver(order, units={line.pk: 1})
    done = withdrawing.take_up(declare(order), actor=STAFF)
    assert done.rma is not None
    assert done.cancelled is not None
    assert [one.quantity for one in done.rma.lines.all()] == [1]
    assert [one.quantity for one in done.cancelled.lines.all()] == [2]
    unsent = make_order(make_cart((make_variant(units=9), 2)))
    assert withdrawing.take_up(declare(unsent), actor=STAFF).rma is None
    assert Cancellation.objects.count() == 2
    with pytest.raises(withdrawing.NothingToTakeUp):
        withdrawing.take_up(declare(unsent), actor=STAFF)
    stranger = withdrawals.request(
        order_number="99999", email="x@example.com", message="", language="es", actor="x"
    )
    with pytest.raises(withdrawing.NothingToTakeUp):
        withdrawing.take_up(stranger, actor=STAFF)


@pytest.mark.django_db
def test_whoever_may_not_cancel_orders_takes_no_withdrawal_up(order: Order):
    url = reverse("admin:orders_withdrawalrequest_take_up", args=[declare(order).pk])
    user = UserFactory.create(is_staff=True)
    names = (
        "view_withdrawalrequest",
        "change_withdrawalrequest",
        "add_return",
        "change_return",
        "change_order",
    )
    user.user_permissions.set(Permission.objects.filter(codename__in=names))
    assert signed_in(user).get(url).status_code == 403
    user.user_permissions.add(Permission.objects.get(codename="add_cancellation"))
    assert signed_in(user).get(url).status_code == 200


@pytest.mark.django_db
def test_the_office_reads_what_was_given_back_or_claimed_before_it_answers(order: Order):
    asked, client = declare(order), boss()
    pages = [
        reverse(f"admin:orders_withdrawalrequest_{name}", args=[asked.pk])
        for name in ("change", "take_up", "answer")
    ]

    def said(url: str) -> str:
        return " ".join(client.get(url, headers={"accept-language": "en"}).content.decode().split())

    assert not any("may still go back" in said(url) for url in pages)
    claim_of(order, order.lines.get(quantity=3), 1)
    give_but(order, Decimal(70))
    for url in pages:
        page = said(url)
        assert f"Claim {order.number}-C1: open." in page
        assert "went back, or are on their way." in page
        assert "At most ARS 70 may still go back." in page or "At most $ 70 may still go back." in page
    assert withdrawing.take_up(asked, actor=STAFF).rma
    assert order.money.paid - order.money.promised == 70
    rma = Return.objects.get()
    assert deciding.quote(rma, Choice(units=deciding.open_units(rma))).total == 70
