"""What an order that is paid in instalments says to its buyer: page, history, timeline, confirmation."""

from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.installments import cancelling, plan_state, reductions
from orders.models import InstallmentPlan, Order
from orders.reimbursements.money import debt_of
from orders.tests.factories import ACTOR, make_order
from orders.tests.installments.plans import ask, make_plan, pay
from orders.timeline import timeline
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db


def page_of(plan: InstallmentPlan) -> str:
    return Client().get(plan.order.get_absolute_url()).text.replace("\xa0", " ")


def titles(plan: InstallmentPlan) -> list[str]:
    return [moment.title for moment in timeline(Order.objects.get(pk=plan.order_id))]


def confirmations() -> int:
    return EmailLog.objects.filter(kind="order_confirmation").count()


def test_until_the_first_is_paid_nothing_is_called_paid_or_confirmed():
    plan = make_plan()
    page = page_of(plan)
    assert "Espera la primera cuota" in page
    assert "Recibimos el pago" not in page
    assert reverse("orders:installments", args=[plan.order.secret]) in page
    assert not confirmations()


def test_history_and_overview_say_that_the_first_is_waited_for():
    plan, client = make_plan(), Client()
    make_order(user=plan.user)
    assert plan.user
    client.force_login(plan.user)
    for name in ("orders:history", "accounts:overview"):
        assert "Espera la primera cuota" in client.get(reverse(name)).text


def test_the_first_payment_confirms_the_order_once_and_later_ones_do_not():
    plan = make_plan()
    pay(ask(plan, 1))
    mail = EmailLog.objects.get(kind="order_confirmation")
    assert "Llegó tu primera cuota" in mail.text
    assert "Tu pago llegó" not in mail.text
    assert "32,25" in mail.text
    assert "1 de 3 pagadas" in page_of(plan)
    assert titles(plan)[:2] == ["Pedido hecho", "Recibimos el primer pago"]
    pay(ask(plan, 2))
    pay(ask(plan, 3))
    assert confirmations() == 1
    assert "Está todo pagado" in titles(plan)
    assert "Ya no debés nada" in page_of(plan)


def test_everything_at_once_confirms_it_too():
    plan = make_plan()
    pay(ask(plan))
    mail = EmailLog.objects.get(kind="order_confirmation")
    assert "Todas tus cuotas están pagadas" in mail.text


def test_a_cancelled_plan_says_that_nothing_is_owed():
    plan = make_plan()
    InstallmentPlan.objects.filter(pk=plan.pk).update(pay_first_by=timezone.now() - timedelta(hours=1))
    with transaction.atomic():
        cancelling.cancel(plan, actor=ACTOR)
    page = page_of(plan)
    assert "La primera cuota no se pagó a tiempo" in page
    assert "Lo que pagaste vuelve" not in page
    assert not confirmations()


def test_what_fell_with_goods_that_came_back_is_not_called_paid():
    plan = make_plan()
    pay(ask(plan, 1))
    with transaction.atomic():
        debt = debt_of(plan.order_id)
        assert debt
        reductions.reduce(plan_state.lock(plan.pk), debt, cause="x", actor=ACTOR)
    page = page_of(plan)
    assert "1 de 1 pagadas" in page
    assert "3 de 3" not in page
