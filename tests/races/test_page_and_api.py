"""The last unit, asked for by the shop's page and by the API in the same moment: one has it, the other is told."""

import json
from typing import Any

import pytest
from django.test import Client

from inventory.models import Reservation, StockLevel
from orders.tests.factories import make_variant
from tests.races.tools.concurrency import surprises
from tests.races.tools.rendezvous import meet_at_a_lock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def test_the_last_unit_goes_to_the_page_or_to_the_api():
    variant = make_variant(1)

    def by_page() -> int:
        wanted = {"variant": str(variant.pk), "quantity": "1"}
        answer: Any = Client().post("/carrito/agregar/", wanted, headers={"HX-Target": "cart-drawer"})
        return int(answer.status_code)

    def by_api() -> int:
        wanted = json.dumps({"variant": str(variant.pk), "quantity": 1})
        headers = {"Idempotency-Key": "the-last-one-of-all"}
        answer: Any = Client().post(
            "/api/v1/cart/items", wanted, content_type="application/json", headers=headers
        )
        return int(answer.status_code)

    page, api = answers = meet_at_a_lock(
        (by_page, by_api), lock=lambda: StockLevel.objects.select_for_update().get(variant=variant)
    )
    assert not surprises(answers)
    assert (page, api) in {(200, 409), (422, 201)}
    assert Reservation.objects.get(variant=variant, status="active").quantity == 1
