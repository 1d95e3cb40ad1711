"""The shopper's pages: Pay, return, status; a correct message for every state, no caching, the query never trusted."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.checkout import sessions
from orders.models import CheckoutSession, Order
from orders.tests.factories import active, expire_cart, make_cart, make_session, make_user, make_variant
from payments.checkout import attempts
from payments.models import PaymentAttempt
from payments.settlement import settle
from payments.tests.world import GATEWAYS, World
from payments.views.paying import _LAST_TURN
from tests.support.html import compact
from tests.support.languages import PageClient

pytestmark = pytest.mark.django_db
both = pytest.mark.parametrize("gateway", GATEWAYS)


@pytest.fixture
def shopper() -> Client:
    return PageClient("en")


def press(shopper: Client, session: CheckoutSession, gateway: str) -> Any:
    return shopper.post(reverse("payments:start", args=[session.token]), {"gateway": gateway})


def come_back(shopper: Client, attempt: PaymentAttempt, **query: str) -> Any:
    return shopper.get(reverse("payments:return", args=[attempt.token]), query)


def page(shopper: Client, attempt: PaymentAttempt, **query: str) -> str:
    answer = shopper.get(reverse("payments:status", args=[attempt.token]), query)
    assert answer.status_code == 200
    assert "no-store" in answer["Cache-Control"]
    return answer.content.decode()


@both
def test_pay_leads_to_the_provider_and_back_to_the_order(providers: World, shopper: Client, gateway: str):
    session = make_session()
    answer = press(shopper, session, gateway)
    attempt = PaymentAttempt.objects.get()
    assert (answer.status_code, answer["Location"]) == (303, attempt.redirect_url)
    providers.pay(attempt)
    back = come_back(shopper, attempt)
    assert back.status_code == 302
    assert back["Location"] == Order.objects.get().get_absolute_url()
    session.refresh_from_db()
    assert session.cart is not None
    assert not session.cart.lines.exists()


@both
def test_the_query_of_the_return_decides_nothing(providers: World, shopper: Client, gateway: str):
    session = make_session()
    attempt = providers.begin(gateway, session)
    # Mercado Pago's stand-in sells in ARS.
    other = providers.begin("mercadopago" if session.currency == "ARS" else "stripe")
    paid_elsewhere = providers.pay(other)
    lies = {
        "status": "approved",
        "collection_status": "approved",
        "payment_id": paid_elsewhere.id,
        "external_reference": other.reference,
        "session_id": "cs_test_other",
    }
    answer = come_back(shopper, attempt, **lies)
    assert answer.status_code == 200
    assert "Confirming your payment" in answer.content.decode()
    assert not Order.objects.filter(checkout=session).exists()


@pytest.mark.parametrize("hint", ["null", "abc", "9" * 40, "²", "../../etc", "1\r\nX: y"])
def test_strange_hints_are_no_crash(providers: World, shopper: Client, hint: str):
    attempt = providers.begin("mercadopago")
    assert come_back(shopper, attempt, payment_id=hint, status=hint).status_code == 200


def test_a_lie_about_the_payment_does_not_hide_the_truth(providers: World, shopper: Client):
    attempt = providers.begin("mercadopago")
    providers.pay(attempt)
    answer = come_back(shopper, attempt, payment_id="999999999999", status="rejected")
    assert answer["Location"] == Order.objects.get().get_absolute_url()


@both
def test_a_provider_that_does_not_answer_shows_confirming(providers: World, shopper: Client, gateway: str):
    attempt = providers.begin(gateway)
    providers.pay(attempt)
    providers.fault("http_429", gateway, count=None)
    words = come_back(shopper, attempt).content.decode()
    assert "Confirming your payment" in words
    assert "Do not pay again" in words
    assert "hx-get" in words
    assert '<noscript><meta http-equiv="refresh"' in compact(words)


def test_the_page_turns_by_itself(providers: World, shopper: Client):
    attempt = providers.begin("stripe")
    fragment = reverse("payments:status_fragment", args=[attempt.token])
    assert shopper.get(fragment, {"turn": "1"}).status_code == 200
    providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor="test")
    turned = shopper.get(fragment, {"turn": "2"})
    assert turned.status_code == 204
    assert turned["HX-Redirect"] == Order.objects.get().get_absolute_url()


def test_the_page_gives_up_asking_and_says_so(providers: World, shopper: Client):
    attempt = providers.begin("stripe")
    words = page(shopper, attempt, turn=str(_LAST_TURN))
    assert "hx-get" not in words
    assert "stopped checking" in words
    for turn in ("-1", "x", "999999999999", "²"):
        assert "hx-get" in page(shopper, attempt, turn=turn)


def test_pages_ask_the_provider_rarely(providers: World, shopper: Client, monkeypatch: pytest.MonkeyPatch):
    attempt = providers.begin("stripe")
    asked: list[object] = []
    ask = settle.ask

    def noted(*named: Any, **options: Any) -> Any:
        asked.append(named)
        return ask(*named, **options)

    monkeypatch.setattr(settle, "ask", noted)
    for _turn in range(5):
        come_back(shopper, attempt)
    assert len(asked) == 1


@both
def test_leaving_and_declined_are_told_apart(providers: World, shopper: Client, gateway: str):
    attempt = providers.begin(gateway)
    words = come_back(shopper, attempt, left="1").content.decode()
    assert "Not paid yet" in words
    assert attempt.redirect_url.replace("&", "&amp;") in words
    providers.pay(attempt, "rejected")
    settle.settle(attempt_id=attempt.pk, actor="test")
    words = page(shopper, attempt)
    assert "declined" in words
    assert "stay reserved" in words
    assert reverse("orders:checkout_payment", args=[attempt.purchase.token]) in words


def test_a_voucher_says_what_to_do_and_until_when(providers: World, shopper: Client):
    attempt = providers.begin("mercadopago")
    providers.pay(attempt, "voucher")
    words = come_back(shopper, attempt).content.decode()
    attempt.refresh_from_db()
    assert attempt.voucher_url
    assert attempt.voucher_url in words
    assert "reserved for you" in words
    # Pressing Pay again shows the same, instead of opening a second checkout.
    again = press(shopper, attempt.purchase, "mercadopago")
    assert again["Location"] == reverse("payments:status", args=[attempt.token])


def test_an_expired_one_leads_on(providers: World, shopper: Client):
    attempt = providers.begin("stripe")
    attempts.close(attempt, actor="test", end="expired")
    assert "The time to pay is over" in page(shopper, attempt)
    attempt.purchase.refresh_from_db()
    sessions.cancel(attempt.purchase, "test")
    assert reverse("orders:cart") in page(shopper, attempt)


def test_money_that_goes_back_is_told(providers: World, shopper: Client):
    variant = make_variant(units=1)
    session = make_session(make_cart((variant, 1)))
    attempt = providers.begin("mercadopago", session)
    attempts.close(attempt, actor="test")
    CheckoutSession.objects.filter(pk=session.pk).update(expires_at=timezone.now() - timedelta(seconds=1))
    sessions.expire_due()
    assert session.cart is not None
    expire_cart(session.cart)
    make_cart((variant, 1))
    providers.pay(attempt, late=True)
    settle.settle(attempt_id=attempt.pk, actor="test")
    assert "going back to you" in page(shopper, attempt)


def test_a_payment_that_does_not_fit_is_told(providers: World, shopper: Client):
    attempt = providers.begin("mercadopago")
    providers.fault("amount_delta")
    providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor="test")
    assert "looking at your payment" in page(shopper, attempt)


@both
def test_a_provider_that_is_down_is_said_and_everything_kept(providers: World, shopper: Client, gateway: str):
    session = make_session()
    providers.fault("http_500", gateway)
    answer = press(shopper, session, gateway)
    assert answer.status_code == 200
    words = answer.content.decode()
    assert "is not answering" in words
    assert "Nothing was charged" in words
    assert "stay reserved for you until" in words
    assert active(checkout_id=session.pk) == 1


def test_bad_input_is_answered(providers: World, shopper: Client):
    session = make_session()
    for gateway in ("", "paypal", "mercadopago;drop", "\udcff".encode("utf-8", "replace").decode()):
        assert press(shopper, session, gateway)["Location"] == reverse(
            "orders:checkout_payment", args=[session.token]
        )
    assert not PaymentAttempt.objects.exists()
    assert shopper.get(reverse("payments:start", args=[session.token])).status_code == 405
    assert press(shopper, CheckoutSession(token="nobody"), "stripe").status_code == 404
    for name in ("return", "status", "status_fragment"):
        assert shopper.get(reverse(f"payments:{name}", args=["nobody"])).status_code == 404


def test_anothers_purchase_cannot_be_paid_or_cancelled(providers: World, shopper: Client):
    user = make_user()
    session = make_session(user=user)
    assert press(shopper, session, "stripe").status_code == 404
    assert shopper.post(reverse("payments:cancel", args=[session.token])).status_code == 404
    shopper.force_login(user)
    assert press(shopper, session, "stripe").status_code == 303


def test_the_shopper_cancels_and_changes(providers: World, shopper: Client):
    session = make_session()
    press(shopper, session, "mercadopago")
    answer = shopper.post(reverse("payments:cancel", args=[session.token]))
    assert answer["Location"] == reverse("orders:checkout_payment", args=[session.token])
    session.refresh_from_db()
    assert session.status == "open"
