"""The statements of every minute find their rows by index, however long the history has grown."""

import json
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from inventory import reservations
from inventory.models import Reservation
from inventory.reservations.expiry import EXPIRED, RELEASE
from inventory.tests.factories import TTL, let_expire, make_variant, stocked
from shop.core.ids import uuid7

pytestmark = pytest.mark.django_db
HISTORY, ACTIVE = 20_000, 5_000


@pytest.fixture
def carts() -> list[UUID]:
    """A level with a long history of ended reservations, many active ones and an expired one."""
    level = stocked(1000)
    for _n in range(3):
        stocked(5, variant=make_variant())
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO inventory_reservation
                   (id, created_at, updated_at, level_id, variant_id, location_id, quantity, status, purpose, cart_id,
                    first_held_at, expires_at, ended_at, end_reason, ended_by, note, actor)
            SELECT gen_random_uuid(), now(), now(), %s, %s, %s, 1, CASE WHEN n <= %s THEN 'released' ELSE 'active' END,
                   'cart', gen_random_uuid(), now(), now() + n * interval '1 second', now(), '', '', '', ''
              FROM generate_series(1, %s) AS n
            """,
            [level.pk, level.variant_id, level.location_id, HISTORY, HISTORY + ACTIVE],
        )
    carts = [uuid7() for _n in range(20)]
    for cart_id in carts:
        reservations.reserve(
            variant_id=level.variant_id, quantity=1, ttl=TTL, cart_id=cart_id, actor="shopper"
        )
    let_expire(cart_id=carts[0])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE inventory_reservation, inventory_stocklevel")
    return carts


def nodes(plan: Any) -> Iterator[Any]:
    yield plan
    for child in plan.get("Plans", []):
        yield from nodes(child)


def reads(sql: str, params: Any) -> set[Any]:
    """Return (node, index) of each access to the table of reservations in the statement's plan."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        (answer,) = cursor.fetchone()
    plan = (json.loads(answer) if isinstance(answer, str) else answer)[0]["Plan"]
    return {
        (node["Node Type"], node.get("Index Name"))
        for node in nodes(plan)
        if "Scan" in node["Node Type"]
        and "CTE" not in node["Node Type"]
        and (node.get("Relation Name") == "inventory_reservation" or "Index Name" in node)
    }


def test_expiry_finds_due_holds_by_their_index(carts):
    sql = RELEASE.format(
        condition=EXPIRED,
        limit="ORDER BY reservation.expires_at, reservation.id LIMIT 500",
        busy="SKIP LOCKED",
    )
    found = reads(sql, {"reason": "expired", "actor": "test", "asynchronous": False})
    assert "reservation_due" in {index for _node, index in found}
    assert "Seq Scan" not in {node for node, _index in found}


def test_what_a_cart_reservations_is_found_by_its_index(carts, django_assert_num_queries):
    with django_assert_num_queries(1) as captured:
        assert len(reservations.find_active(cart_id=carts[1])) == 1
    found = reads(captured[0]["sql"].replace("%", "%%"), [])
    assert "reservation_cart" in {index for _node, index in found}
    assert "Seq Scan" not in {node for node, _index in found}


def test_a_checkouts_holds_are_found_by_their_index(carts, django_assert_num_queries):
    with django_assert_num_queries(1) as captured:
        assert reservations.find_active(checkout_id=uuid7()) == {}
    found = reads(captured[0]["sql"].replace("%", "%%"), [])
    assert "Seq Scan" not in {node for node, _index in found}


def test_releasing_a_cart_reads_only_its_own_reservations(carts):
    sql = RELEASE.format(condition="reservation.cart_id = %(cart_id)s", limit="", busy="")
    found = reads(sql, {"cart_id": carts[2], "reason": "x", "actor": "test", "asynchronous": False})
    assert "reservation_cart" in {index for _node, index in found}
    assert "Seq Scan" not in {node for node, _index in found}
    assert reservations.release(cart_id=carts[2], reason="x", actor="test") == 1
    assert Reservation.objects.filter(status="active").count() == ACTIVE + 19
