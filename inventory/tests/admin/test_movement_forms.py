"""Transfers, returns and losses in the back office: each form acts once, and shows errors beside its fields."""

from typing import Any

import pytest
from django.urls import reverse

from inventory import reservations
from inventory.admin.transfers import LINE
from inventory.ledger import transfers
from inventory.models import Location, StockLevel, StockMovement, Transfer
from inventory.tests.factories import TTL, LocationFactory, make_variant, stocked
from shop.accounts.tests.staff_clients import boss, carried, clerk, queries, token
from shop.core.ids import uuid7

pytestmark = pytest.mark.django_db
LEVELS, TRANSFERS = "admin:inventory_stocklevel_changelist", "admin:inventory_transfer_changelist"


@pytest.fixture
def level() -> StockLevel:
    return stocked(10)


@pytest.fixture
def shop() -> Location:
    return LocationFactory.create(name="Tienda")


def on_hand(level: StockLevel, place: Location) -> int:
    return StockLevel.objects.get(variant_id=level.variant_id, location=place).on_hand


def sending(level: StockLevel, shop: Location, lines: Any, **changes: Any) -> dict[Any, Any]:
    return {
        "token": "s",
        "source": str(level.location_id),
        "destination": str(shop.pk),
        "lines": lines,
        "note": "vidriera",
        **changes,
    }


def send(level: StockLevel, shop: Location, units: int) -> Transfer:
    return transfers.send(
        source_id=level.location_id,
        destination_id=shop.pk,
        wanted={level.variant_id: units},
        actor="staff:a@b.co",
    )


def test_a_clerk_sends_and_receives_in_parts_with_a_loss(level, shop):
    other = stocked(3, location=level.location, variant=make_variant(barcode="779000000001"))
    client, page = clerk("warehouse"), reverse(TRANSFERS) + "send/"
    lines = f"{level.variant.sku.lower()} x 4\n779000000001\n\n779000000001;1\n{level.variant.sku}"
    data = sending(level, shop, lines, token=token(client, page))

    assert [client.post(page, data).status_code for _n in range(2)] == [302, 302]

    found = Transfer.objects.get()
    assert {line.variant_id: line.sent for line in found.lines.all()} == {
        level.variant_id: 5,
        other.variant_id: 2,
    }
    listed = client.get(reverse(TRANSFERS), headers={"accept-language": "en"})
    assert "7, 7 on the way" in listed.content.decode()

    receive = reverse("admin:inventory_transfer_receive", args=[found.pk])
    mine, its = level.variant_id.hex, other.variant_id.hex
    part = carried(client, receive) | {
        f"arrived_{mine}": "3",
        f"lost_{mine}": "1",
        f"arrived_{its}": "0",
        "note": "",
    }
    assert client.post(receive, part).context["form"].errors.keys() == {"note"}
    assert client.post(receive, part | {"note": "caja rota"}).status_code == 302
    assert on_hand(level, shop) == 3
    found.refresh_from_db()
    assert found.status == "partly"

    back = reverse("admin:inventory_transfer_bring_back", args=[found.pk])
    rest = carried(client, back) | {f"arrived_{mine}": "1", f"arrived_{its}": "2", "note": "otra vez"}
    assert client.post(back, rest).status_code == 302
    found.refresh_from_db()
    assert found.status == "closed"
    assert on_hand(level, level.location) == 6
    assert client.get(reverse("admin:inventory_transfer_change", args=[found.pk])).status_code == 200
    assert client.get(receive).status_code == 200


def test_at_once_is_one_form(level, shop):
    answer = boss().post(
        reverse(TRANSFERS) + "send/", sending(level, shop, f"{level.variant.sku} 4", arrives_at_once="on")
    )
    assert answer.status_code == 302
    assert Transfer.objects.get().status == "closed"
    assert on_hand(level, shop) == 4


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ("NOPE 3", "NOPE"),
        ("{sku} 0", "{sku} 0"),
        ("{sku} -2", "{sku} -2"),
        ("{sku} eins", "eins"),
        ("", ""),
        ("{sku} 11", "10"),
    ],
)
def test_lines_that_cannot_go_are_named_and_nothing_is_sent(level, shop, lines, words):
    reservations.reserve(variant_id=level.variant_id, quantity=1, ttl=TTL, cart_id=uuid7(), actor="shopper")
    sku = level.variant.sku
    answer = boss().post(reverse(TRANSFERS) + "send/", sending(level, shop, lines.format(sku=sku)))
    assert answer.status_code == 422
    assert words.format(sku=sku) in str(answer.context["form"].errors["lines"])
    assert not Transfer.objects.exists()


@pytest.mark.parametrize(
    ("line", "sku", "units"),
    [
        ("abx45", "abx45", None),
        ("ABX45 x 2", "ABX45", "2"),
        ("ABX45 X2", "ABX45", "2"),
        ("ABX45;3", "ABX45", "3"),
        ("AB-1 × 4", "AB-1", "4"),
        ("AB-1\t5", "AB-1", "5"),
        ("AB-1 6", "AB-1", "6"),
    ],
)
def test_a_line_is_a_code_and_its_units(line, sku, units):
    match = LINE.match(line)
    assert match is not None
    assert (match["sku"], match["units"]) == (sku, units)


def test_a_place_does_not_send_to_itself(level):
    answer = boss().post(reverse(TRANSFERS) + "send/", sending(level, level.location, level.variant.sku))
    assert list(answer.context["form"].errors) == ["destination"]


def test_more_than_is_on_the_way_is_refused(level, shop):
    found, mine = send(level, shop, 4), level.variant_id.hex
    receive = reverse("admin:inventory_transfer_receive", args=[found.pk])
    for data in (
        {f"arrived_{mine}": "5"},
        {f"arrived_{mine}": "3", f"lost_{mine}": "2", "note": "x"},
        {"note": "x"},
    ):
        assert boss().post(receive, {"token": uuid7().hex, **data}).status_code == 422
    assert not StockMovement.objects.filter(kind="transfer_in").exists()


@pytest.mark.parametrize(
    ("verb", "kind", "left"),
    [
        ("customer-return", "customer_return", 12),
        ("supplier-return", "supplier_return", 8),
        ("write-off", "loss", 8),
    ],
)
def test_returns_and_losses_act_once(level, verb, kind, left):
    client, page = clerk("warehouse"), reverse(LEVELS) + f"{level.pk}/{verb}-here/"
    data = {
        "token": token(client, page),
        "sku": level.variant.sku,
        "location": str(level.location_id),
        "quantity": "2",
        "reference": "R-1",
        "note": "costura",
    }
    assert [client.post(page, data).status_code for _n in range(2)] == [302, 302]
    movement = StockMovement.objects.get(reference="R-1")
    assert (movement.kind, movement.note) == (kind, "costura")
    assert on_hand(level, level.location) == left
    assert client.post(page, data | {"token": "z", "note": ""}).status_code == 422
    if kind != "customer_return":
        refused = client.post(page, data | {"token": "y", "quantity": "99"})
        assert list(refused.context["form"].errors) == ["quantity"]
    assert client.get(reverse(LEVELS) + f"{verb}/").status_code == 200
    assert clerk("catalogue").get(page).status_code == 403


def test_the_lists_tell_places_and_total(level, shop):
    send(level, shop, 3)
    stocked(2, variant=level.variant, location=shop)
    client = boss()
    levels = client.get(reverse(LEVELS), headers={"accept-language": "en"}).content.decode()
    assert ">12</a>" in levels
    assert "3 on the way" in levels
    variants = client.get(reverse("admin:catalog_variant_changelist")).content.decode()
    assert f"{level.location} 7 · Tienda 2" in variants


def test_the_lists_cost_the_same_for_few_and_for_many(level, shop):
    client = boss()
    addresses = [reverse(LEVELS), reverse("admin:catalog_variant_changelist"), reverse(TRANSFERS)]
    send(level, shop, 1)
    few = [queries(client, address) for address in addresses]
    for _n in range(4):
        send(stocked(5, location=level.location), shop, 1)
    assert [queries(client, address) for address in addresses] == few
