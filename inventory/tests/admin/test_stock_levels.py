"""The stock in the back office: receive and adjust act once, errors are beside their field, permissions are checked."""

from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from inventory import reservations
from inventory.models import Reservation, StockLevel, StockMovement
from inventory.tests.factories import TTL, make_variant, stocked
from shop.accounts.tests.staff_clients import boss, carried, clerk, queries, token
from shop.core.ids import uuid7
from shop.core.models import IdempotencyKey

pytestmark = pytest.mark.django_db
LEVELS = "admin:inventory_stocklevel_changelist"


def here(level: StockLevel, verb: str) -> str:
    return reverse("admin:inventory_stocklevel_changelist") + f"{level.pk}/{verb}-here/"


def reservation(level: StockLevel, units: int) -> Reservation:
    return reservations.reserve(
        variant_id=level.variant_id, quantity=units, ttl=TTL, cart_id=uuid7(), actor="shopper"
    )


def receipt(level: StockLevel, **changes: Any) -> dict[str, Any]:
    return {
        "token": "t1",
        "sku": level.variant.sku,
        "location": str(level.location_id),
        "quantity": "7",
        "unit_cost": "1500.50",
        "reference": "R-1",
        "note": "first",
        **changes,
    }


def test_receiving_books_one_movement_however_often_the_form_is_sent():
    level, client = stocked(3), clerk("warehouse")
    page = here(level, "receive")
    data = receipt(level, token=token(client, page))

    answers = [client.post(page, data) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [302, 302, 302]
    movement = StockMovement.objects.get(reference="R-1")
    assert (movement.kind, movement.quantity, movement.unit_cost) == ("purchase", 7, Decimal("1500.50"))
    assert movement.actor.startswith("staff:")
    level.refresh_from_db()
    assert level.on_hand == 10


def test_receiving_from_the_list_makes_the_level_and_takes_a_barcode():
    level = stocked(1)
    other = make_variant(barcode="7791234567890")
    page = reverse(LEVELS) + "receive/"

    answer = boss().post(page, receipt(level, sku="7791234567890"))

    assert answer.status_code == 302
    assert StockLevel.objects.get(variant=other, location=level.location).on_hand == 7


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("sku", "NOPE"),
        ("quantity", "0"),
        ("quantity", "-3"),
        ("quantity", "1e9"),
        ("quantity", ""),
        ("unit_cost", "-1"),
        ("unit_cost", "cheap"),
        ("location", "x"),
        ("reference", "r" * 200),
    ],
)
def test_a_wrong_receipt_is_told_beside_its_field_and_books_nothing(field, value):
    level = stocked(3)

    answer = boss().post(here(level, "receive"), receipt(level, **{field: value}))

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert StockMovement.objects.count() == 1
    assert not IdempotencyKey.objects.exists()


def test_adjusting_books_the_difference_with_its_reason():
    level = stocked(5)
    data = {
        "token": "t",
        "sku": level.variant.sku.lower(),
        "location": str(level.location_id),
        "difference": "-2",
        "note": "broken zip",
    }

    assert boss().post(here(level, "adjust"), data).status_code == 302

    level.refresh_from_db()
    assert level.on_hand == 3
    assert StockMovement.objects.get(kind="adjustment").note == "broken zip"


@pytest.mark.parametrize(
    ("changes", "field"),
    [({"difference": "-4"}, "difference"), ({"difference": "0"}, "difference"), ({"note": " "}, "note")],
)
def test_an_adjustment_that_cannot_be_is_told_beside_its_field(changes, field):
    level = stocked(5)
    reservation(level, 2)
    data = {
        "token": "t",
        "sku": level.variant.sku,
        "location": str(level.location_id),
        "difference": "1",
        "note": "n",
    }

    answer = boss().post(here(level, "adjust"), data | changes)

    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    level.refresh_from_db()
    assert (level.on_hand, level.reserved) == (5, 2)


@pytest.mark.parametrize("verb", ["receive", "adjust"])
def test_whoever_may_only_look_may_not_move(verb):
    level = stocked(5)

    assert clerk("catalogue").get(here(level, verb)).status_code == 403
    assert clerk("support").post(here(level, verb), receipt(level)).status_code == 403
    assert StockMovement.objects.count() == 1


def test_a_level_lets_only_its_targets_be_changed():
    level, client = stocked(5), clerk("warehouse")
    page = reverse("admin:inventory_stocklevel_change", args=[level.pk])

    assert (
        client.post(
            page, {"minimum": 3, "optimal": 9, "bin": "A-1", "on_hand": 500, "reserved": 4}
        ).status_code
        == 302
    )

    level.refresh_from_db()
    assert (level.minimum, level.optimal, level.bin, level.on_hand, level.reserved) == (3, 9, "A-1", 5, 0)
    assert (
        client.post(
            reverse("admin:inventory_stocklevel_delete", args=[level.pk]), {"post": "yes"}
        ).status_code
        == 403
    )


def test_the_ledger_is_only_read():
    movement = StockMovement.objects.get(level=stocked(5))
    client = boss()

    assert client.get(reverse("admin:inventory_stockmovement_change", args=[movement.pk])).status_code == 200
    assert client.get(reverse("admin:inventory_stockmovement_add")).status_code == 403
    assert (
        client.post(
            reverse("admin:inventory_stockmovement_change", args=[movement.pk]), {"quantity": 9}
        ).status_code
        == 403
    )
    assert client.get(reverse("admin:inventory_stockmovement_delete", args=[movement.pk])).status_code == 403


def test_chosen_holds_are_released_and_their_units_are_free_again():
    level = stocked(5)
    kept, gone = reservation(level, 1), reservation(level, 2)
    page = reverse("admin:inventory_reservation_changelist")
    action = {"action": "release_selected", "_selected_action": [str(gone.pk)]}

    refused = clerk("catalogue").post(page, action)
    support = clerk("support")
    asked = support.post(page, action)
    gone.refresh_from_db()
    assert (asked.status_code, gone.status) == (200, "active")
    answer = support.post(page, action | {"apply": "1"} | carried(support, page, action))

    assert (refused.status_code, answer.status_code) == (403, 302)
    gone.refresh_from_db()
    kept.refresh_from_db()
    level.refresh_from_db()
    assert (gone.status, kept.status, level.reserved) == ("released", "active", 1)
    assert gone.end_reason == "released by staff"


@pytest.mark.parametrize(("stock", "expected"), [("low", 1), ("out", 1), ("held", 1), ("over", 1), ("", 4)])
def test_levels_are_found_by_what_a_clerk_looks_for(stock, expected):
    low, out, reserved, over = stocked(2), stocked(0), stocked(5), stocked(9)
    StockLevel.objects.filter(pk=low.pk).update(minimum=3)
    StockLevel.objects.filter(pk=over.pk).update(optimal=8)
    reservation(reserved, 1)
    assert out.on_hand == 0

    page = boss().get(reverse(LEVELS), {"stock": stock} if stock else {})

    assert len(page.context["cl"].result_list) == expected


def test_lists_cost_the_same_for_five_rows_and_for_nine():
    client = boss()
    lists = [
        reverse(f"admin:inventory_{model}_changelist")
        for model in ("stocklevel", "stockmovement", "reservation", "location")
    ]
    for _number in range(5):
        reservation(stocked(5), 1)
    for address in lists:
        queries(client, address)
    few = [queries(client, address) for address in lists]
    for _number in range(4):
        reservation(stocked(5), 1)

    # A related filter reads its choices in one query; it appears from the second choice on.
    assert [queries(client, address) for address in lists] == few
    assert max(few) <= 12


def test_every_figure_leads_to_the_movements_that_make_it():
    level = stocked(5)
    stocked(6)
    client = boss()

    ledger = client.get(
        reverse("admin:inventory_stockmovement_changelist"), {"level__id__exact": str(level.pk)}
    )

    assert (
        reverse("admin:inventory_stocklevel_why", args=[level.pk])
        in client.get(reverse(LEVELS)).content.decode()
    )
    assert [movement.level_id for movement in ledger.context["cl"].result_list] == [level.pk]
    page = client.get(reverse("admin:inventory_stocklevel_change", args=[level.pk]))
    assert len(page.context["movements"]) == 1


@pytest.mark.parametrize("key", ["x", "01a1fc8b-0000-7000-8000-000000000000"])
def test_an_address_of_nothing_is_not_an_error(key):
    client = boss()

    assert client.get(reverse("admin:inventory_stocklevel_change", args=[key])).status_code == 302
    assert client.get(reverse(LEVELS) + f"{key}/receive-here/").status_code in {302, 404}
