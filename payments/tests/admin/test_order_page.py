"""The payments of one order on one page: everything about it, masked, by permission, at constant cost; its buttons."""

from decimal import Decimal
from typing import Any

import pytest
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.urls import reverse
from django.utils import timezone

from orders.models import CheckoutSession, Order
from orders.tests.admin.test_orders import pay
from orders.tests.factories import make_cart, make_order, make_session, make_variant
from payments.models import Dispute, Payment, PaymentAttempt, ProviderWatch, Refund, WebhookEvent
from payments.settlement import settle
from payments.tests.world import World
from shop.accounts.tests.staff_clients import boss, clerk, queries
from shop.core.models import Event
from shop.core.money import display as money
from tests.support.html import compact

pytestmark = pytest.mark.django_db
ENGLISH = {"accept-language": "en"}


def address(order: Order | None) -> str:
    assert order is not None
    return reverse("admin:payments_order", args=[order.pk])


def make_dispute(payment: Payment, number: str = "1") -> Dispute:
    return Dispute.objects.create(
        payment=payment,
        gateway=payment.gateway,
        external_id=f"dp-{number}",
        status="needs_response",
        amount=payment.amount,
        currency=payment.currency,
        opened_at=timezone.now(),
        fetched_at=timezone.now(),
        respond_by=timezone.now(),
        snapshot={"evidence": {"customer_email_address": "ana@example.com"}},
    )


# -- the page ---------------------------------------------------------------------------------------------------------
def test_everything_about_the_money_stands_on_one_page_and_nothing_about_the_person():
    payment = pay(make_order())
    Payment.objects.update(
        snapshot={
            "payer": {"email": "ana@example.com", "identification": {"number": "30123456"}},
            "status": "approved",
        }
    )
    PaymentAttempt.objects.update(last_error="refused: Bearer APP_USR-12345678")
    make_dispute(payment)

    page = clerk("manager").get(address(payment.order), headers=ENGLISH)

    words = compact(page.content.decode())
    for word in (
        payment.external_id,
        "Mercado Pago",
        "stain",
        "dp-1",
        "payment ×3",
        "approved",
        "needs our answer",
    ):
        assert word in words, word
    for secret in ("ana@example.com", "30123456", "APP_USR"):
        assert secret not in words, secret
    sums = page.context["sums"]
    assert (sums.under_way, sums.left) == ("$ 10", page.context["payments"][0]["left"])
    order_page = boss().get(reverse("admin:orders_order_change", args=[payment.order_id])).content.decode()
    assert address(payment.order) in order_page
    assert reverse("admin:payments_payment_refund", args=[payment.pk]) in order_page


def test_no_page_of_the_back_office_shows_what_is_masked_elsewhere():
    payment = pay(make_order())
    dispute = make_dispute(payment)
    secret = "refused for ana@example.com with sk_test_abcdefgh"
    Payment.objects.update(snapshot={"payer": {"email": "ana@example.com"}, "note": secret})
    PaymentAttempt.objects.update(last_error=secret)
    Refund.objects.update(last_error=secret, status="failed")
    WebhookEvent.objects.update(error=secret, payload={"note": secret})
    watch = ProviderWatch.objects.create(gateway="stripe", last_error=secret)
    refund = Refund.objects.get()
    rows = {
        "payment": payment,
        "paymentattempt": payment.attempt,
        "refund": refund,
        "dispute": dispute,
        "providerwatch": watch,
        "webhookevent": WebhookEvent.objects.get(),
    }
    client = boss()
    for model, row in rows.items():
        for page in (
            reverse(f"admin:payments_{model}_change", args=[row.pk]),
            reverse(f"admin:payments_{model}_changelist"),
        ):
            words = client.get(page).content.decode()
            assert "sk_test" not in words, page
            assert "refused for ana@" not in words, page
    again = client.get(reverse("admin:payments_refund_try_again", args=[refund.pk])).content.decode()
    assert "sk_test" not in again


def test_every_link_of_the_page_leads_somewhere():
    payment = pay(make_order())
    Refund.objects.update(status="failed")
    Refund.objects.create(
        payment=payment,
        amount=Decimal(1),
        currency="ARS",
        status="manual",
        dedupe_key="by-hand",
        reason="slip",
    )
    Payment.objects.create(
        attempt=payment.attempt,
        order=payment.order,
        gateway="elsewhere",
        external_id="odd",
        status="approved",
        role="mismatch",
        amount=5,
        currency="USD",
        approved_at=timezone.now(),
    )
    make_dispute(payment)
    client = boss()
    words = client.get(address(payment.order)).content.decode()
    body = words[words.index("bo-stack") :]
    links = {part.split('"')[0] for part in body.split('href="')[1:]}
    wanted = [link for link in links if link.startswith("/admin/payments/")]
    assert len(wanted) >= 9
    assert {client.get(link).status_code for link in wanted} == {200}


@pytest.mark.parametrize(
    ("role", "status"), [("manager", 200), ("support", 200), ("warehouse", 403), ("catalogue", 403)]
)
def test_who_may_see_it(role: str, status: int):
    payment = pay(make_order())
    assert clerk(role).get(address(payment.order)).status_code == status


def test_buttons_are_shown_to_those_who_may_press_them():
    payment = pay(make_order())
    Payment.objects.update(role="mismatch")
    Refund.objects.update(status="failed")
    links = {
        name: reverse(f"admin:payments_{name}", args=[key])
        for name, key in (("payment_decide", payment.pk), ("refund_try_again", Refund.objects.get().pk))
    }
    for role, is_shown in (("manager", True), ("support", False)):
        words = clerk(role).get(address(payment.order)).content.decode()
        assert [link in words for link in links.values()] == [is_shown] * 2


@pytest.mark.parametrize("key", ["01a1fc8b-0000-7000-8000-000000000000"])
def test_an_order_that_is_not_there_is_not_found(key: str):
    assert boss().get(f"/admin/payments/payment/order/{key}/").status_code == 404


def test_the_page_costs_the_same_for_few_and_for_many():
    few, many = (pay(make_order(make_cart((make_variant(), 1))), name) for name in ("few", "many"))
    for payment, number in ((few, 1), (many, 6)):
        for turn in range(number):
            more = Payment.objects.create(
                attempt=payment.attempt,
                order=payment.order,
                gateway="stripe",
                external_id=f"{payment.pk}{turn}",
                status="approved",
                role="surplus",
                amount=100,
                currency="ARS",
                snapshot={"a": 1},
            )
            make_dispute(more, f"{payment.pk}{turn}")
            Refund.objects.create(payment=more, amount=1, currency="ARS", dedupe_key=f"{more.pk}")
            WebhookEvent.objects.create(
                provider="stripe", event_id=f"{more.pk}", topic="t", subject="s", trail=payment.trail
            )
    client = boss()
    queries(client, address(few.order))
    assert queries(client, address(few.order)) == queries(client, address(many.order)) <= 14


# -- asking -----------------------------------------------------------------------------------------------------------
def ask(client: Any, attempt: PaymentAttempt) -> list[str]:
    """Press the button and return what is said."""
    cache.clear()
    answer = client.post(
        reverse("admin:payments_paymentattempt_ask", args=[attempt.pk]), {"from_order": "1"}, headers=ENGLISH
    )
    assert answer.status_code == 302
    return [str(message) for message in get_messages(answer.wsgi_request)]


@pytest.mark.parametrize("gateway", ["mercadopago", "stripe"])
def test_asking_settles_what_no_webhook_told_and_says_so(providers: World, gateway: str):
    attempt = providers.begin(gateway)
    client = clerk("support")
    assert "nothing was paid. Nothing new" in ask(client, attempt)[0]
    providers.pay(attempt)

    first, second = ask(client, attempt), ask(client, attempt)

    assert "That was news" in first[-1]
    assert "Nothing new" in second[-1]
    order = Order.objects.get()
    assert Payment.objects.get().order == order
    assert client.get(address(order)).status_code == 200


def test_pressed_twice_at_once_it_asks_once(providers: World):
    attempt = providers.begin("stripe")
    client = clerk("manager")
    cache.clear()
    page = reverse("admin:payments_paymentattempt_ask", args=[attempt.pk])
    said = [
        str(message)
        for _turn in range(2)
        for message in get_messages(client.post(page, headers=ENGLISH).wsgi_request)
    ]
    assert "asked a moment ago" in said[-1]


def test_a_provider_that_is_down_is_told_honestly(providers: World):
    attempt = providers.begin("stripe")
    providers.fault("http_500", "stripe", count=None)
    before = list(PaymentAttempt.objects.values())

    said = ask(clerk("manager"), attempt)

    assert "does not answer at the moment. Nothing was changed" in said[0]
    assert [row["status"] for row in PaymentAttempt.objects.values()] == [row["status"] for row in before]


def test_asking_is_a_question_first_and_only_for_those_who_may(providers: World):
    attempt = providers.begin("stripe")
    providers.pay(attempt)
    page = reverse("admin:payments_paymentattempt_ask", args=[attempt.pk])
    assert boss().get(page).status_code == 200
    for role in ("warehouse", "catalogue"):
        assert clerk(role).post(page).status_code == 403
    assert not Order.objects.exists()


def test_a_provider_that_this_shop_has_no_more_is_said(providers: World):
    attempt = providers.begin("stripe")
    PaymentAttempt.objects.update(gateway="elsewhere")
    assert "no connection to elsewhere" in ask(boss(), attempt)[0]


# -- deciding ---------------------------------------------------------------------------------------------------------
@pytest.fixture
def held(providers: World) -> Payment:
    """Return a payment under review, for a purchase that was changed after its attempt was closed."""
    session = make_session(make_cart((make_variant(units=9, price=Decimal("9000.00")), 2)))
    attempt = providers.begin("mercadopago", session)
    line = session.lines.get()
    line.quantity, line.total = 1, line.unit_price
    line.save()
    CheckoutSession.objects.filter(pk=session.pk).update(
        subtotal=line.total, total=line.total + session.shipping_total
    )
    providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor="t")
    payment = Payment.objects.get()
    assert payment.role == "mismatch"
    return payment


def decide(client: Any, payment: Payment, choice: str, **data: str) -> Any:
    page = reverse("admin:payments_payment_decide", args=[payment.pk])
    context = client.get(page, headers=ENGLISH).context
    return client.post(
        page, {"token": context["token"], "seen": context["seen"], "choice": choice, **data}, headers=ENGLISH
    )


def test_the_page_shows_what_was_offered_beside_what_would_be_sold(held: Payment):
    page = boss().get(reverse("admin:payments_payment_decide", args=[held.pk]), headers=ENGLISH)

    words = page.content.decode()
    assert "What is sold is the purchase as it is now" in words
    line, shipping, total = page.context["rows"]
    assert (line.offered[:1], line.now[:1], line.is_changed) == ("2", "1", True)
    assert not shipping.is_changed
    assert total.is_changed
    assert page.context["too_much"] == "$ 9,000"
    assert "before it was changed" in page.context["reason"]


def test_selling_sells_what_it_is_now_and_leaves_the_rest_to_be_refunded(held: Payment):
    client = clerk("manager")
    answer = decide(client, held, "accept")
    order = Order.objects.get()
    assert answer["Location"] == address(order)
    assert order.lines.get().quantity == 1
    held.refresh_from_db()
    assert (held.role, held.order) == ("order", order)


def test_sending_back_sends_all_of_it_once(held: Payment):
    client = clerk("manager")
    page = reverse("admin:payments_payment_decide", args=[held.pk])
    data = {"token": "t", "choice": "return"}
    assert [client.post(page, data).status_code for _turn in range(2)] == [302, 302]
    assert Refund.objects.get().amount == held.amount
    assert not Order.objects.exists()
    assert "decided already" in client.get(page, headers=ENGLISH).content.decode()


def test_a_purchase_that_changed_since_is_not_sold_unseen(held: Payment):
    client = clerk("manager")
    page = reverse("admin:payments_payment_decide", args=[held.pk])
    seen = client.get(page).context["seen"]
    session = CheckoutSession.objects.get()
    session.lines.update(name="Another", sku="OTHER")

    answer = client.post(page, {"token": "t", "seen": seen, "choice": "accept"}, headers=ENGLISH)

    assert answer.status_code == 422
    assert "has changed since this page was shown" in answer.content.decode()
    assert not Order.objects.exists()
    held.refresh_from_db()
    assert held.role == "mismatch"


def test_two_who_decide_at_once_decide_once(held: Payment):
    decide(clerk("manager"), held, "return")
    decide(clerk("manager"), held, "accept")
    assert not Order.objects.exists()
    assert Refund.objects.count() == 1
    assert Event.objects.filter(subject_id=held.pk, kind="resolved").count() == 1


@pytest.mark.parametrize("role", ["support", "warehouse"])
def test_only_who_may_decides(held: Payment, role: str):
    page = reverse("admin:payments_payment_decide", args=[held.pk])
    client = clerk(role)
    assert client.get(page).status_code == 403
    assert client.post(page, {"token": "t", "choice": "accept"}).status_code == 403


@pytest.mark.parametrize("data", [{}, {"token": "t"}, {"token": "t", "choice": "x"}, {"choice": "accept"}])
def test_nonsense_decides_nothing(held: Payment, data: dict[str, str]):
    page = reverse("admin:payments_payment_decide", args=[held.pk])
    assert boss().post(page, data).status_code == 422
    held.refresh_from_db()
    assert held.role == "mismatch"


def test_nothing_is_sold_for_money_that_went_back_since_the_page_was_shown(held: Payment, providers: World):
    """Refunded in the panel while somebody looks at the page: the sale is refused, and is not offered any more."""
    client = clerk("manager")
    page = reverse("admin:payments_payment_decide", args=[held.pk])
    seen = client.get(page, headers=ENGLISH).context["seen"]
    providers.do("mp.refund", held.external_id)
    settle.settle(attempt_id=held.attempt_id, actor="t")

    answer = client.post(page, {"token": "t", "seen": seen, "choice": "accept"}, headers=ENGLISH)

    assert answer.status_code == 422
    assert 'value="accept"' not in answer.content.decode()
    # Also a POST from a page without that button buys nothing.
    assert decide(client, held, "accept").status_code == 302
    assert not Order.objects.exists()
    held.refresh_from_db()
    assert (held.role, held.refunds.count()) == ("surplus", 1)


def test_what_is_left_is_what_it_is_sold_for(held: Payment, providers: World):
    providers.do("mp.refund", held.external_id, amount="1000")
    settle.settle(attempt_id=held.attempt_id, actor="t")
    words = (
        boss().get(reverse("admin:payments_payment_decide", args=[held.pk]), headers=ENGLISH).content.decode()
    )
    left = money(held.amount - 1000, held.currency)
    assert f"Sell the purchase as it is now for {left}" in words
    assert f"Send {left} back" in words


def test_disputed_money_cannot_be_sent_back_and_that_is_said(held: Payment, providers: World):
    providers.do("mp.chargeback", held.external_id)
    settle.settle(attempt_id=held.attempt_id, actor="t")
    answer = decide(clerk("manager"), held, "return")
    assert answer.status_code == 422
    assert "nothing can go back until that has ended" in answer.content.decode()
    held.refresh_from_db()
    assert (held.role, held.refunds.count()) == ("mismatch", 0)
