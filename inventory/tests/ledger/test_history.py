"""The history of the stock: from any figure to its rows, and from each row to its cause."""

from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.urls import reverse
from django.utils import timezone

from inventory import ledger, reservations
from inventory.ledger import history, transfers
from inventory.models import StockLevel, StockMovement
from inventory.reservations import manual
from inventory.tests.factories import TTL, LocationFactory, make_variant, stocked
from orders.tests.factories import make_awaiting, make_order
from shop.accounts.tests.staff_clients import boss, clerk, queries
from shop.core.ids import uuid7

pytestmark = pytest.mark.django_db
ACTOR = "staff:clerk@example.com"


def why(level: StockLevel) -> str:
    return reverse("admin:inventory_stocklevel_why", args=[level.pk])


def adjust(level: StockLevel, difference: int) -> StockMovement:
    return ledger.adjust(
        variant_id=level.variant_id,
        location_id=level.location_id,
        difference=difference,
        note="x",
        actor=ACTOR,
    )


def lay(level: StockLevel, at: datetime) -> int:
    return history.levels_at([level.pk], at)[level.pk]


def test_the_stock_of_any_instant_is_known():
    before = timezone.now()
    level = stocked(10)
    moments = [timezone.now()]
    for difference in (5, -3, 1):
        adjust(level, difference)
        moments.append(timezone.now())
    assert [lay(level, moment) for moment in moments] == [10, 15, 12, 13]
    assert lay(level, before) == 0
    assert lay(level, before - timedelta(days=900)) == 0
    assert lay(level, timezone.now() + timedelta(days=1)) == 13


def test_movements_are_dated_and_numbered_as_they_happen_also_within_a_transaction():
    level = stocked(10)
    with transaction.atomic():
        first = adjust(level, 1)
        between = timezone.now()
        second = adjust(level, 1)
    rows = list(StockMovement.objects.filter(pk__in=[first.pk, second.pk]).order_by("pk"))
    assert rows[0].occurred_at < between < rows[1].occurred_at
    assert lay(level, between) == 11


def test_every_instant_agrees_with_the_sum_of_the_movements_up_to_it():
    level = stocked(10)
    for difference in (4, -2, 7, -9, 3):
        adjust(level, difference)
    rows = list(StockMovement.objects.order_by("id"))
    for row in rows:
        total = sum(each.quantity for each in rows if each.occurred_at <= row.occurred_at)
        assert lay(level, row.occurred_at) == total == row.on_hand_after


def test_pages_of_movements_join_without_a_gap():
    level = stocked(10)
    for _n in range(7):
        adjust(level, 1)
    first = history.movements(level.pk, size=3)
    second = history.movements(level.pk, size=3, before=first.before)
    third = history.movements(level.pk, size=3, before=second.before)
    assert (first.closing, first.opening) == (17, 14)
    assert (second.closing, second.opening) == (14, 11)
    assert (third.closing, third.opening, third.before) == (11, 0, None)
    seen = [movement.pk for page in (first, second, third) for movement in page.movements]
    assert seen == sorted(StockMovement.objects.values_list("pk", flat=True), reverse=True)


def test_each_figure_leads_to_what_made_it():
    order = make_order()
    line = order.lines.get()
    level = StockLevel.objects.filter(variant_id=line.variant_id, movements__kind="sale").get()
    reservations.reserve(variant_id=level.variant_id, quantity=1, ttl=TTL, cart_id=uuid7(), actor="shopper")
    (aside,) = manual.reserve(
        variant_id=level.variant_id,
        quantity=1,
        owner="Caro",
        reason="prensa",
        until=timezone.now() + TTL,
        actor=ACTOR,
    )
    shop = LocationFactory.create(name="Tienda")
    sent = transfers.send(
        source_id=level.location_id, destination_id=shop.pk, wanted={level.variant_id: 1}, actor=ACTOR
    )
    level.refresh_from_db()

    page = boss().get(why(level), headers={"accept-language": "en"})

    html = page.content.decode()
    assert f"Why is this {level.on_hand}?" in html
    assert page.context["page"].closing == level.on_hand
    assert (
        sum(reservation.quantity for reservation, _owner, _who in page.context["reservations"])
        == level.reserved
    )
    for address in (
        reverse("admin:orders_order_change", args=[order.pk]),
        reverse("admin:inventory_transfer_change", args=[sent.pk]),
        reverse("admin:inventory_reservation_change", args=[aside.pk]),
    ):
        assert address in html
    assert str(order) in html
    assert page.context["in_transit"] == 1
    assert page.context["total"] == level.on_hand


def test_a_reservation_of_a_purchase_leads_to_its_checkout():
    session = make_awaiting()
    level = StockLevel.objects.filter(reserved__gt=0).get()
    html = boss().get(why(level)).content.decode()
    assert reverse("admin:orders_checkoutsession_change", args=[session.pk]) in html


def test_the_page_travels_in_time():
    level = stocked(10)
    then = timezone.localtime()
    adjust(level, -4)
    asked = {"at": then.strftime("%Y-%m-%dT%H:%M:%S")}
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            "UPDATE inventory_stockmovement SET occurred_at = occurred_at - interval '1 hour' WHERE quantity = 10"
        )
        cursor.execute("SET LOCAL session_replication_role = origin")

    page = boss().get(why(level), asked, headers={"accept-language": "en"})

    assert "Why is this 10?" in page.content.decode()
    assert [movement.quantity for movement in page.context["page"].movements] == [10]
    assert page.context["reservations"] == []
    assert boss().get(why(level), {"at": "rubbish", "before": "x"}).status_code == 200


def test_the_page_costs_the_same_for_few_and_for_many():
    level, client = stocked(10), boss()
    cost = queries(client, why(level))
    for _n in range(60):
        adjust(level, 1)
    for _n in range(5):
        reservations.reserve(
            variant_id=level.variant_id, quantity=1, ttl=TTL, cart_id=uuid7(), actor="shopper"
        )
    assert queries(client, why(level)) <= cost


def test_a_variant_leads_to_its_fullest_place():
    level = stocked(3)
    fullest = stocked(9, variant=level.variant)
    page = boss().get(reverse("admin:inventory_stocklevel_why_variant", args=[level.variant_id]))
    assert page.context["level"] == fullest
    assert page.context["total"] == 12
    never = boss().get(reverse("admin:inventory_stocklevel_why_variant", args=[make_variant().pk]))
    assert never.status_code == 200


def test_only_who_may_see_the_ledger_may_ask():
    level = stocked(3)
    assert clerk("warehouse").get(why(level)).status_code == 200
    assert clerk("catalogue").get(why(level)).status_code == 403
    valuation = reverse("admin:inventory_stocklevel_valuation")
    assert clerk("catalogue").get(valuation).status_code == 403
    assert clerk("catalogue").get(reverse("admin:inventory_stocklevel_valuation_file")).status_code == 403


def test_the_valuation_is_shown_and_taken_away_as_a_file():
    level = stocked(2)
    level.variant.product.name = "=cmd()"
    level.variant.product.save()
    ledger.receive(
        variant_id=level.variant_id,
        location_id=level.location_id,
        quantity=8,
        unit_cost=Decimal("12.50"),
        reference="R",
        actor=ACTOR,
    )
    client, here = boss(), str(level.location_id)
    page = client.get(reverse("admin:inventory_stocklevel_valuation"), {"location": here})
    assert page.context["total"].value == Decimal("125.00")
    answer = client.get(
        reverse("admin:inventory_stocklevel_valuation_file"), headers={"accept-language": "en"}
    )
    text = answer.content.decode()
    assert text.startswith("\ufeffSKU,")
    assert f"{level.variant.sku},'=cmd()," in text
    assert text.rstrip().endswith("10,12.50,125.00")
    empty = client.get(reverse("admin:inventory_stocklevel_valuation"), {"at": "2001-01-01T00:00"})
    assert empty.context["total"].units == 0


def test_the_page_says_when_figure_and_rows_disagree():
    level = stocked(10)
    assert not boss().get(why(level)).context["disagrees"]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute("UPDATE inventory_stocklevel SET on_hand = 12")
        cursor.execute("SET LOCAL session_replication_role = origin")
    assert boss().get(why(level)).context["disagrees"]


def test_time_travel_and_pages_read_by_index_however_long_the_ledger_is():
    level = stocked(10)
    stocked(5)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(
            """
            INSERT INTO inventory_stockmovement (level_id, variant_id, location_id, kind, quantity, reference, cause_type,
                                                 note, actor, occurred_at, on_hand_after)
            SELECT %s, %s, %s, 'adjustment', 1, '', '', 'x', 'staff:x', now() - n * interval '1 minute', 1
              FROM generate_series(20000, 1, -1) AS n
            """,
            [level.pk, level.variant_id, level.location_id],
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute("ANALYZE inventory_stockmovement")
        cursor.execute(
            f"EXPLAIN (ANALYZE, BUFFERS) {history.LEVELS_AT}",
            {"levels": [level.pk], "at": timezone.now() - timedelta(days=7)},
        )
        plan = "\n".join(line for (line,) in cursor.fetchall())
    assert "stockmovement_instant" in plan
    assert "Seq Scan" not in plan
    page = StockMovement.objects.filter(level_id=level.pk, pk__lt=15_000_000)[:51].explain()
    assert "Seq Scan" not in page
    assert "Sort" not in page
