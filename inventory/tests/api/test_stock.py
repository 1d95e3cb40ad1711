"""The stock contract, field by field: movements, what is available, what is low."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from catalog.models import Variant
from inventory.models import StockLevel, StockMovement
from inventory.tests.factories import LocationFactory, make_variant, stocked
from orders.tests.factories import make_user
from shop.accounts.models import User
from tests.support.api_client import ApiClient

pytestmark = pytest.mark.django_db
MOVEMENTS, UPDATE = "/api/stock/movements", "/api/stock/update"


def clerk(*permissions: str) -> ApiClient:
    """Return the client of a member of the staff with these permissions of the stock."""
    user = make_user()
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return ApiClient(User.objects.get(pk=user.pk), second_step=True)


@pytest.fixture
def client() -> ApiClient:
    return clerk("view_stocklevel", "add_stockmovement")


def number(level: StockLevel) -> int:
    return Variant.objects.get(pk=level.variant_id).public_number


def test_a_movement_is_booked_with_its_balance_and_answered_field_by_field(client):
    level = stocked(5)
    body = {
        "productVariantId": number(level),
        "quantity": 7,
        "movementTypeId": 1,
        "referenceNumber": "F-001",
        "notes": "remito",
        "unitCost": 12.5,
    }

    answer = client.post(MOVEMENTS, body, key="one")
    again = client.post(MOVEMENTS, body, key="one")

    assert answer.status_code == 201
    booked = StockMovement.objects.latest("id")
    found = answer.json()
    assert found.pop("movement_date").endswith("Z")
    assert found == body | {"id": booked.pk, "unitCost": "12.50", "userId": found["userId"]}
    assert isinstance(found["userId"], int)
    level.refresh_from_db()
    assert (level.on_hand, booked.on_hand_after, booked.kind, booked.reference) == (
        12,
        12,
        "purchase",
        "F-001",
    )
    assert booked.actor.startswith("staff:")
    assert (again.json()["id"], again["Idempotent-Replayed"]) == (booked.pk, "true")


@pytest.mark.parametrize(("kind", "left"), [(3, 9), (4, 9), (5, 1), (6, 1), (8, 1)])
def test_each_type_adds_or_takes(client, kind, left):
    level = stocked(5)
    answer = client.post(
        MOVEMENTS, {"productVariantId": number(level), "quantity": 4, "movementTypeId": kind}
    )
    level.refresh_from_db()
    assert (answer.status_code, level.on_hand) == (201, left)


def test_the_refusals_are_the_contracts_own_and_nothing_is_booked(client):
    level = stocked(5)
    StockLevel.objects.filter(pk=level.pk).update(reserved=2)
    good: dict[str, Any] = {"productVariantId": number(level), "quantity": 4, "movementTypeId": 6}
    before = StockMovement.objects.count()

    unknown = {"message": "Producto o tipo de movimiento no encontrado"}
    unlike: list[dict[str, Any]] = [
        {"productVariantId": 999999},
        {"movementTypeId": 2},
        {"movementTypeId": 99},
    ]
    for wrong in unlike:
        answer = client.post(MOVEMENTS, good | wrong)
        assert (answer.status_code, answer.json()) == (404, unknown)
    answer = client.post(MOVEMENTS, good)
    assert (answer.status_code, answer.json()) == (400, {"message": "Stock insuficiente"})
    bad: list[dict[str, Any]] = [
        {"quantity": 0},
        {"quantity": "4"},
        {"quantity": 1.5},
        {"more": 1},
        {"unitCost": -1},
    ]
    for wrong in bad:
        answer = client.post(MOVEMENTS, good | wrong)
        assert (answer.status_code, list(answer.json())) == (400, ["message"])
    missing = client.post(UPDATE, {"variantId": 999999, "quantity": 1, "movementType": "increase"})
    assert (missing.status_code, missing.json()) == (400, {"error": "Product variant not found"})
    short = client.post(UPDATE, {"variantId": number(level), "quantity": 4, "movementType": "decrease"})
    assert (short.status_code, short.json()) == (400, {"error": "Insufficient stock"})
    assert StockMovement.objects.count() == before


def test_units_go_from_several_places_when_no_one_place_has_enough(client):
    level = stocked(3)
    other = stocked(4, variant=level.variant, location=LocationFactory.create())
    body = {"productVariantId": number(level), "quantity": 6, "movementTypeId": 6}

    assert client.post(MOVEMENTS, body).status_code == 201
    levels = StockLevel.objects.filter(pk__in=[level.pk, other.pk])
    assert sum(levels.values_list("on_hand", flat=True)) == 1


def test_what_there_is_is_low_at_the_minimum_and_ok_above_it(client):
    level = stocked(5)
    path = f"/api/stock/available/{number(level)}"
    for minimum, status in ((4, "OK"), (5, "LOW_STOCK"), (6, "LOW_STOCK")):
        StockLevel.objects.filter(pk=level.pk).update(minimum=minimum, optimal=9, bin="A-1")
        found = client.get(path).json()
        assert found["status"] == status
        assert (found["currentStock"], found["minimumStock"]) == (5, minimum)
    assert found["productVariant"] == {
        "id": number(level),
        "size": found["productVariant"]["size"],
        "color": found["productVariant"]["color"],
        "price": str(level.variant.price),
        "current_stock": 5,
        "minimum_stock": 6,
        "optimal_stock": 9,
        "location": "A-1",
        "sku": level.variant.sku,
        "is_active": True,
    }
    unknown = client.get("/api/stock/available/999999999999999999999")
    assert (unknown.status_code, unknown.json()) == (404, {"message": "Producto no encontrado"})


def test_update_answers_the_variant_and_low_and_alerts_list_it_at_a_constant_cost(client):
    def spent(path: str) -> tuple[int, Any]:
        with CaptureQueriesContext(connection) as captured:
            found = client.get(path).json()
        return len(captured), found

    level = stocked(5)
    StockLevel.objects.filter(pk=level.pk).update(minimum=5)
    make_variant()
    answer = client.post(UPDATE, {"variantId": number(level), "quantity": 1, "movementType": "increase"})
    assert (answer.status_code, answer.json()["current_stock"]) == (200, 6)
    answer = client.post(UPDATE, {"variantId": number(level), "quantity": 2, "movementType": "decrease"})
    assert answer.json()["current_stock"] == 4
    few = {path: spent(path)[0] for path in ("/api/stock/low", "/api/stock/alerts")}
    for _one in range(3):
        StockLevel.objects.filter(pk=stocked(1).pk).update(minimum=2)

    for path, queries in few.items():
        assert spent(path)[0] == queries
    low = client.get("/api/stock/low").json()
    alerts = client.get("/api/stock/alerts").json()
    assert number(level) in [one["id"] for one in low]
    assert alerts["alertCount"] == len(alerts["products"]) == len(low)
    first = alerts["products"][0]
    assert {name: value for name, value in first.items() if name != "GeneralProduct"} == low[0]
    assert set(first["GeneralProduct"]) == {"name", "description", "is_active"}
    page = client.get("/api/stock/low?limit=2")
    assert 'rel="next"' in page["Link"]


def test_who_may_do_what():
    level = stocked(5)
    body = {"productVariantId": number(level), "quantity": 1, "movementTypeId": 1}
    assert ApiClient().post(MOVEMENTS, body).json().keys() == {"message"}
    assert ApiClient().get("/api/stock/low").status_code == 401
    assert clerk("view_stocklevel").get("/api/stock/low").status_code == 200
    refused = clerk("view_stocklevel").post(MOVEMENTS, body)
    assert (refused.status_code, list(refused.json())) == (403, ["message"])
    assert list(clerk().post(UPDATE, {}).json()) == ["error"]
