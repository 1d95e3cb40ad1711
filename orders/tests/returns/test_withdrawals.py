"""Withdrawing from a purchase: a code at once, nothing revealed about other people's orders, and the staff's answer."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import AnonymousUser
from django.core.cache import cache
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from orders.models import WithdrawalRequest
from orders.returns import withdrawals
from orders.tests.factories import ACTOR, make_order, make_session
from shop.accounts.tests.staff_clients import clerk
from shop.core.models import EmailLog, Event

pytestmark = pytest.mark.django_db
FORM = reverse("orders:withdrawal")


@pytest.fixture(autouse=True)
def _no_counters() -> None:
    cache.clear()


def ask(client: Client, number: Any, email: str, message: str = "") -> Any:
    return client.post(FORM, {"order_number": number, "email": email, "message": message})


def test_a_buyer_gets_a_code_on_the_screen_and_by_mail(client):
    order = make_order()
    response = ask(client, f"Pedido #{order.number:,}".replace(",", "."), order.email.upper(), "No me queda.")
    page = client.get(response.url).content.decode()
    asked = WithdrawalRequest.objects.get()
    assert asked.code in page
    assert (asked.order, asked.status, asked.message) == (order, "received", "No me queda.")
    assert timedelta(hours=23) < asked.answer_by - timezone.now() <= timedelta(hours=24)
    to_buyer = EmailLog.objects.get(kind="withdrawal_received")
    assert (to_buyer.to, asked.code in to_buyer.text) == (order.email, True)
    assert EmailLog.objects.filter(kind="withdrawal_asked").count() == 1
    assert Event.objects.filter(
        subject_type="orders.order", subject_id=order.pk, kind="withdrawal requested"
    ).exists()


@pytest.mark.parametrize(("named", "shown"), [("10007", 'value="10007"'), ("10007<b>", "")])
def test_a_guests_link_fills_in_the_number_alone(client, named: str, shown: str):
    text = client.get(FORM, {"pedido": named}).text
    assert shown in text
    assert "10007&lt;" not in text


def test_asking_twice_is_one_request(client):
    order = make_order()
    first, second = ask(client, order.number, order.email), ask(client, order.number, order.email)
    assert first.url == second.url
    assert WithdrawalRequest.objects.count() == 1
    assert EmailLog.objects.filter(kind="withdrawal_received").count() == 1


def test_the_form_does_not_tell_which_orders_exist(client):
    order = make_order()
    pages = []
    for number, email in ((order.number, "stranger@example.com"), (order.number + 1, order.email)):
        page = client.get(ask(client, number, email).url).content.decode()
        asked = WithdrawalRequest.objects.get(email=email)
        assert asked.order is None
        for part in (asked.code, email, str(number), str(asked.pk)):
            page = page.replace(part, "…")
        pages.append(page.split("<main")[1].split("</main>")[0].split("<time")[0])
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("number", "email", "field"),
    [
        ("", "a@b.co", "order_number"),
        ("hola", "a@b.co", "order_number"),
        ("9" * 19, "a@b.co", "order_number"),
        ("10007", "x", "email"),
    ],
)
def test_what_cannot_be_a_purchase_is_told_beside_the_field(client, number, email, field):
    page = ask(client, number, email, "text that stays")
    assert page.status_code == 422
    assert field in page.context["form"].errors
    assert "text that stays" in page.content.decode()
    assert not WithdrawalRequest.objects.exists()


def test_variations_of_an_address_are_one_mailbox_that_is_not_flooded(client):
    for number in range(5):
        ask(client, 10_000 + number, f"a.n.a+{number}@gmail.com")

    answer = ask(client, 10_009, "ana+other@googlemail.com")

    assert (answer.status_code, EmailLog.objects.filter(kind="withdrawal_received").count()) == (429, 5)


def test_requests_of_one_address_are_limited_and_nothing_typed_is_lost(client):
    for number in range(5):
        assert ask(client, 10_000 + number, "ana@example.com").status_code == 302
    page = ask(client, 10_009, "ana@example.com", "my words")
    assert (page.status_code, WithdrawalRequest.objects.count()) == (429, 5)
    assert "my words" in page.content.decode()


def test_the_code_is_shown_to_the_browser_that_asked_only(client):
    assert client.get(reverse("orders:withdrawal_done")).url == FORM


def test_the_staff_notes_one_answer():
    asked = withdrawals.request(
        order_number="10007", email="ana@example.com", message="", language="es", actor=ACTOR
    )
    other = WithdrawalRequest.objects.get(pk=asked.pk)
    withdrawals.answer(asked, words="Retiro el lunes.", actor=ACTOR)
    with pytest.raises(withdrawals.AnsweredAlready):
        withdrawals.answer(other, words="Otra cosa.", actor=ACTOR)
    asked.refresh_from_db()
    assert (asked.status, asked.answer) == ("answered", "Retiro el lunes.")
    again = withdrawals.request(
        order_number="10007", email="ana@example.com", message="", language="es", actor=ACTOR
    )
    assert again.pk != asked.pk


@pytest.mark.parametrize(("role", "may"), [("support", True), ("manager", True), ("catalogue", False)])
def test_who_may_answer(role, may):
    asked = withdrawals.request(
        order_number="10007", email="ana@example.com", message="", language="es", actor=ACTOR
    )
    page = clerk(role).get(f"/admin/orders/withdrawalrequest/{asked.pk}/answer/")
    assert (page.status_code == 200) is may


@pytest.mark.django_db
def test_every_page_has_the_link_also_those_of_errors(client: Client):
    session = make_session()
    pages = ["/", "/carrito/", "/no-such-page/", reverse("orders:checkout_contact", args=[session.token])]
    for page in pages:
        assert f'href="{FORM}"' in client.get(page).content.decode(), page
    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    request.session = client.session
    for template in ("400.html", "403.html", "404.html", "500.html", "503.html"):
        assert f'href="{FORM}"' in render_to_string(template, request=request), template
