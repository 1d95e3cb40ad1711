"""Purchases of the client contract at once: the last unit is sold once, and a request sent twice acts once."""

from collections import Counter
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from catalog.models import Variant
from inventory.checks import runner
from inventory.models import Reservation
from orders.models import InstallmentPlan, Order, PaymentMethod
from orders.tests.factories import level_of, make_user, make_variant
from orders.tests.installments.plans import make_offer
from payments.models import PaymentAttempt
from payments.tests.world import World
from tests.races.tools.concurrency import together
from tests.support.api_client import ApiClient

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
AT_ONCE = 4


@pytest.fixture
def variant(settings: Any) -> Variant:
    settings.PAYMENT_GATEWAYS = ["stripe"]
    make_offer()
    # What the migrations have written, a transactional test before may have deleted.
    PaymentMethod.objects.get_or_create(
        code="card", defaults={"public_number": 1, "name": "Tarjeta", "gateways": ["stripe"]}
    )
    return make_variant(1, price=Decimal("168.00"))


def buy(client: ApiClient, variant: Variant, installments: int, key: str | None = None) -> Any:
    detalles = [{"producto": variant.public_number, "cantidad": 1}]
    body = {"metodoPago": 1, "nrocuotas": installments, "detalles": detalles}
    return client.post("/api/ventas/", body, key=key)


def test_of_several_who_want_the_last_unit_one_gets_it(variant: Variant, providers: World):
    clients = [ApiClient(make_user()) for _one in range(AT_ONCE)]
    answers = together(
        [partial(buy, client, variant, 1 if at % 2 else 3) for at, client in enumerate(clients)]
    )
    statuses = Counter(answer.status_code for answer in answers)
    assert statuses[400] == AT_ONCE - 1, [answer.content for answer in answers]
    refused = {answer.json()["error"] for answer in answers if answer.status_code == 400}
    assert refused == {f"Stock insuficiente para {variant.product.name} · {variant.name}. Disponible: 0"}
    reserved = Reservation.objects.filter(status="active", variant=variant).count()
    assert (Order.objects.count(), reserved) in {(1, 0), (0, 1)}
    assert runner.check() == []


@pytest.mark.parametrize("installments", [1, 3])
def test_one_key_at_once_is_one_purchase(variant: Variant, providers: World, installments: int):
    client = ApiClient(make_user())
    answers = together([partial(buy, client, variant, installments, "one")] * AT_ONCE)
    good = {1: 200, 3: 201}[installments]
    assert {answer.status_code for answer in answers} <= {good, 409}
    assert len({answer.content for answer in answers if answer.status_code == good}) == 1
    assert PaymentAttempt.objects.count() == (1 if installments == 1 else 0)
    assert InstallmentPlan.objects.count() == (1 if installments == 3 else 0)


def test_a_double_click_without_a_key_leads_to_one_payment(variant: Variant, providers: World):
    client = ApiClient(make_user())
    answers = together([partial(buy, client, variant, 1)] * AT_ONCE)
    assert {answer.status_code for answer in answers} == {200}, [answer.content for answer in answers]
    assert len({answer.json()["session_id"] for answer in answers}) == 1
    assert (PaymentAttempt.objects.count(), level_of(variant.pk).reserved) == (1, 1)
