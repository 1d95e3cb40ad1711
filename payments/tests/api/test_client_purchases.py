"""What a client buys by one request: once, also when it is repeated; delivered, reserved and paid by the shop's rules."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.utils import timezone

from orders.models import Cart, CheckoutSession, InstallmentPlan
from orders.tests.factories import ShippingRateFactory, make_user
from payments.checks import check_clients_shipping
from payments.models import PaymentAttempt
from payments.tests.api.client_shop import Shop
from payments.tests.world import BROKEN_LINE, CREATE, World
from shop.accounts.models import Address
from tests.support.api_client import ApiClient

pytestmark = pytest.mark.django_db


def test_a_key_buys_once_also_after_the_process_was_killed(shop: Shop, monkeypatch: Any, settings: Any):
    """Killed before, between and after its acts, the same request finds what it has begun; another key buys again."""
    settings.INSTALLMENT_MAX_PLANS = 9
    monkeypatch.setattr("shop.core.api.idempotency.RE_DRIVEN_AFTER", timedelta(0))

    def killed(*_arguments: object, **_named: object) -> None:
        raise KeyboardInterrupt

    begun, sold = "orders.checkout.client_purchases.complete", "shop.core.api.idempotency._store"
    for installments, made, act in (
        (3, InstallmentPlan.objects, "orders.installments.placing.accept"),
        (1, PaymentAttempt.objects, "payments.checkout.attempts.start"),
    ):
        for number, step in enumerate((begun, act, sold), start=1):
            key = f"{installments}-{number}"
            with monkeypatch.context() as patch:
                patch.setattr(step, killed)
                with pytest.raises(KeyboardInterrupt):
                    shop.buy(installments, key=key)
            first = shop.buy(installments, key=key)
            again = shop.buy(installments, key=key)
            assert first.status_code == {3: 201, 1: 200}[installments], first.content
            assert again.json() == first.json()
            assert again["Idempotent-Replayed"] == "true"
            assert made.count() == number, step
        other = shop.buy(installments, key=key, metodoPago=2)
        assert (other.status_code, list(other.json())) == (422, ["error"])
    assert shop.stock() == [(24, 6), (42, 3)]


def test_a_provider_that_does_not_answer_is_asked_again_by_the_same_request(shop: Shop, providers: World):
    providers.fault("timeout_after", "stripe", request=CREATE["stripe"], params=BROKEN_LINE)
    silent = shop.buy(1)
    assert silent.status_code == 503
    assert int(silent["Retry-After"]) > 0
    assert list(silent.json()) == ["error"]
    assert shop.stock() == [(30, 2), (45, 1)], "kept for the next try"
    assert shop.buy(1).status_code == 200
    assert shop.stock() == [(30, 2), (45, 1)]


def test_another_provider_stands_in_where_stripe_is_not_offered(shop: Shop, settings: Any):
    settings.PAYMENT_GATEWAYS = ["mercadopago"]
    answer = shop.buy(1).json()
    attempt = PaymentAttempt.objects.get()
    assert attempt.gateway == "mercadopago"
    assert (answer["checkout_url"], answer["session_id"]) == (attempt.redirect_url, attempt.external_id)
    sale = shop.buy(3).json()["venta"]
    refused = shop.client.post(f"/api/ventas/cuotas/{sale['cuotas'][0]['idCuota']}/crear-payment-intent/")
    assert refused.status_code == 400
    assert list(refused.json()) == ["error"]


def test_it_is_sent_where_the_setting_says(shop: Shop, settings: Any):
    rate = ShippingRateFactory.create(price=Decimal("10.00"))
    settings.CLIENT_API_SHIPPING_METHOD = rate.method.code
    without = shop.buy(1)
    assert without.status_code == 400
    assert "dirección" in without.json()["error"]
    assert not CheckoutSession.objects.exists()
    Address.objects.create(
        user=shop.user,
        recipient="Ana",
        street="Corrientes 1",
        city="Buenos Aires",
        state="Buenos Aires",
        postal_code="1043",
        country="AR",
        is_default=True,
    )
    assert {name: shop.buy(1).json()[name] for name in ("total", "subtotal")} == {
        "total": 178.0,
        "subtotal": 168.0,
    }
    assert CheckoutSession.objects.get().shipping_address.street == "Corrientes 1"


def test_a_checkout_whose_time_is_over_gives_way_to_another(shop: Shop):
    first = shop.buy(1).json()["session_id"]
    CheckoutSession.objects.update(expires_at=timezone.now())
    second = shop.buy(1).json()["session_id"]
    assert second != first
    assert Cart.objects.filter(buyer=shop.user).count() == 2
    assert shop.buy(1).json()["session_id"] == second


def test_units_in_an_unpaid_purchase_of_the_same_buyer_are_not_missing_in_the_next(
    shop: Shop, providers: World
):
    first = shop.buy(1, detalles=shop.one_of(shop.polera, 20))
    other = ApiClient(make_user()).post("/api/ventas/", shop.body(detalles=shop.one_of(shop.polera, 11)))
    assert (other.status_code, other.json()["error"][-2:]) == (400, "10"), "of a stranger they are"
    second = shop.buy(1, detalles=shop.one_of(shop.polera, 11))
    assert second.status_code == 200, second.content
    assert shop.stock() == [(30, 11), (45, 0)]
    before, after = PaymentAttempt.objects.order_by("created_at")
    assert (before.status, after.status) == ("cancelled", "redirected")
    assert before.external_id == first.json()["session_id"]

    providers.pay(after)
    refused = shop.buy(3, detalles=shop.one_of(shop.polera, 30))
    assert refused.json() == {"error": "Stock insuficiente para Polera Roja M. Disponible: 19"}, (
        "paid: it stays"
    )


def test_a_shipping_that_is_not_offered_is_known_at_the_check(settings: Any):
    assert check_clients_shipping(None, databases=["default"]) == []
    settings.CLIENT_API_SHIPPING_METHOD = "none-such"
    assert [found.id for found in check_clients_shipping(None, databases=["default"])] == ["percha.W023"]
