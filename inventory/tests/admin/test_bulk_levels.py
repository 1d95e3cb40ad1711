"""Stock tools: scan to a variant, many levels at once after asking, trends in one query, printing."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.urls import reverse
from django.utils import timezone

from inventory import reservations
from inventory.ledger import stock_trend
from inventory.models import StockLevel, StockMovement
from inventory.purchasing import reorder_points
from inventory.tests.factories import TTL, LocationFactory, make_variant, stocked
from shop.accounts.tests.staff_clients import boss, clerk, queries
from shop.core.ids import uuid7

pytestmark = pytest.mark.django_db
LEVELS = "admin:inventory_stocklevel_changelist"


def page_of(variant: Any) -> str:
    return reverse("admin:inventory_stocklevel_variant", args=[variant.pk])


def the_past(level: StockLevel, days: int, units: int) -> None:
    """Book a movement so many days ago (a given date is kept)."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO inventory_stockmovement (level_id, variant_id, location_id, kind, quantity, reference,"
            " cause_type, note, actor, occurred_at, on_hand_after)"
            " VALUES (%s, %s, %s, 'adjustment', %s, '', '', 'past', 'x', %s, 0)",
            [level.pk, level.variant_id, level.location_id, units, timezone.now() - timedelta(days=days)],
        )


@pytest.mark.parametrize("code", ["7791234567890", "abc-1", " ABC-1 "])
def test_a_scanned_barcode_or_typed_sku_leads_to_the_variants_stock(code):
    variant = make_variant(sku="ABC-1", barcode="7791234567890")
    answer = clerk("warehouse").get(reverse("admin:inventory_stocklevel_scan"), {"code": code})
    assert answer["Location"] == page_of(variant)


def test_an_unknown_code_is_searched_and_an_empty_one_leads_back():
    scan, client = reverse("admin:inventory_stocklevel_scan"), clerk("warehouse")
    assert client.get(scan, {"code": "buzo & co"})["Location"] == reverse(LEVELS) + "?q=buzo+%26+co"
    assert client.get(scan)["Location"] == reverse(LEVELS)
    assert clerk().get(scan, {"code": "x"}).status_code == 403


def test_the_variants_page_tells_its_stock_everywhere_with_holds_and_movements():
    variant = make_variant(sku="ABC")
    stocked(7, variant=variant), stocked(5, variant=variant)
    reservations.reserve(variant_id=variant.pk, quantity=2, ttl=TTL, cart_id=uuid7(), actor="shopper")

    answer = clerk("warehouse").get(page_of(variant))

    assert answer.context["total"] == {"on_hand": 12, "reserved": 2, "available": 10}
    page = answer.content.decode()
    assert page.count('class="bo-spark"') == 3
    assert "receive-here" in page
    assert "receive-here" not in clerk("catalogue").get(page_of(variant)).content.decode()
    assert clerk().get(page_of(variant)).status_code == 403
    assert boss().get(page_of(make_variant())).status_code == 200
    assert boss().get(reverse("admin:inventory_stocklevel_variant", args=[uuid7()])).status_code == 404


def test_the_variants_page_costs_the_same_however_much_there_is():
    variant, client = make_variant(), boss()
    stocked(7, variant=variant)
    few = queries(client, page_of(variant))
    for _ in range(4):
        stocked(3, variant=variant)
    assert queries(client, page_of(variant)) == few


def test_a_course_is_what_lay_there_on_each_day_by_the_ledger():
    level = stocked(0)
    the_past(level, 40, 10)
    the_past(level, 20, -4)
    the_past(level, 5, 9)

    trend = stock_trend.of_levels([level.pk])[level.pk]

    assert trend == [10] * 9 + [6] * 15 + [15] * 6
    assert stock_trend.total([trend, trend])[-1] == 30
    drawn = stock_trend.drawn(trend, minimum=3)
    assert "bo-spark-minimum" in drawn
    assert "style=" not in drawn
    assert stock_trend.of_levels([]) == {}
    assert stock_trend.drawn([]) == ""


def test_the_list_draws_every_course_with_one_query_more():
    client = boss()
    stocked(1)
    few = queries(client, reverse(LEVELS))
    for _ in range(5):
        stocked(2)
    assert queries(client, reverse(LEVELS)) == few
    assert client.get(reverse(LEVELS)).content.decode().count('class="bo-spark"') == 6


@pytest.mark.parametrize(("value", "found"), [("low", 1), ("out", 1), ("held", 1), ("over", 1), ("", 4)])
def test_levels_are_found_by_place_and_by_what_is_wrong_with_them(value, found):
    place = LocationFactory.create()
    low, reserved, over = (stocked(5, location=place) for _ in range(3))
    stocked(0, location=place)
    StockLevel.objects.filter(pk=low.pk).update(minimum=9)
    StockLevel.objects.filter(pk=over.pk).update(optimal=2)
    reservations.reserve(
        variant_id=reserved.variant_id, quantity=2, ttl=TTL, cart_id=uuid7(), actor="shopper"
    )
    stocked(5)

    answer = boss().get(reverse(LEVELS), {"stock": value, "location__id__exact": str(place.pk)})

    assert len(answer.context["cl"].result_list) == found


def chosen(*levels: StockLevel, **values: Any) -> dict[str, Any]:
    return {"action": "set_rules", "_selected_action": [str(level.pk) for level in levels], **values}


def shown_by(asked: Any) -> dict[str, Any]:
    """Return the hidden fields of the bulk form."""
    token = str(asked.context["form"]["token"].value())
    return {"apply": "1", "token": token, "shown": asked.context["shown"]}


def test_rules_of_many_levels_are_set_after_asking_once_and_empty_fields_leave_theirs():
    one, two, other = stocked(5), stocked(5), stocked(5)
    StockLevel.objects.update(bin="A-1")
    client, page = clerk("warehouse"), reverse(LEVELS)

    asked = client.post(page, chosen(one, two))
    assert asked.status_code == 200
    assert not StockLevel.objects.filter(minimum=4).exists()
    form = chosen(one, two, **shown_by(asked), minimum="4", optimal="9", bin="")
    assert [client.post(page, form).status_code for _ in range(2)] == [302, 302]

    found = StockLevel.objects.order_by("pk").values_list("minimum", "optimal", "bin", "on_hand")
    assert list(found) == [(4, 9, "A-1", 5), (4, 9, "A-1", 5), (0, 0, "A-1", 5)]
    assert LogEntry.objects.count() == 2
    assert other.on_hand == 5
    assert clerk("catalogue").post(page, form).status_code in {200, 302, 403}
    assert StockLevel.objects.get(pk=other.pk).minimum == 0


def test_a_rule_that_somebody_else_set_meanwhile_is_shown_before_it_is_overwritten():
    one, two = stocked(5), stocked(5)
    client, page = clerk("warehouse"), reverse(LEVELS)
    asked = client.post(page, chosen(one, two))
    reorder_points.set_rules([two.pk], rules={"minimum": 7})

    answer = client.post(page, chosen(one, two, **shown_by(asked), minimum="4", optimal="", bin=""))

    assert (answer.status_code, StockLevel.objects.filter(minimum=4).count()) == (422, 0)
    assert "0 (×1), 7 (×1)" in answer.content.decode()
    again = client.post(page, chosen(one, two, **shown_by(answer), minimum="4", optimal="", bin=""))
    assert (again.status_code, StockLevel.objects.filter(minimum=4).count()) == (302, 2)


def test_a_rule_that_is_left_alone_may_have_changed_meanwhile():
    level = stocked(5)
    client, page = clerk("warehouse"), reverse(LEVELS)
    asked = client.post(page, chosen(level))
    reorder_points.set_rules([level.pk], rules={"bin": "Z-9"})

    answer = client.post(page, chosen(level, **shown_by(asked), minimum="4", optimal="", bin=""))

    level.refresh_from_db()
    assert (answer.status_code, level.minimum, level.bin) == (302, 4, "Z-9")


def test_a_typing_error_does_not_pass_off_what_others_wrote_as_shown():
    level = stocked(5)
    client, page = clerk("warehouse"), reverse(LEVELS)
    asked = client.post(page, chosen(level))
    reorder_points.set_rules([level.pk], rules={"minimum": 7})

    mistyped = client.post(page, chosen(level, **shown_by(asked), minimum="four", optimal="", bin=""))
    answer = client.post(page, chosen(level, **shown_by(mistyped), minimum="4", optimal="", bin=""))

    level.refresh_from_db()
    assert (answer.status_code, level.minimum) == (422, 7)


@pytest.mark.parametrize("shown", ["", "forged"])
def test_a_bulk_form_that_says_not_what_it_showed_sets_nothing(shown):
    level = stocked(5)
    form = chosen(level, apply="1", token="t", minimum="4", shown=shown)
    assert boss().post(reverse(LEVELS), form).status_code == 422
    level.refresh_from_db()
    assert level.minimum == 0


def test_a_bulk_form_without_content_is_asked_again_and_figures_are_no_rule():
    level = stocked(5)
    answer = boss().post(reverse(LEVELS), chosen(level, apply="1", token="t"))
    assert answer.status_code == 422
    with pytest.raises(ValueError, match="on_hand"):
        reorder_points.set_rules([level.pk], rules={"on_hand": 9})


def test_whoever_may_not_change_levels_is_not_offered_to():
    level = stocked(5)
    client = clerk("catalogue")
    client.post(reverse(LEVELS), chosen(level, apply="1", token="t", minimum="7"))
    level.refresh_from_db()
    assert level.minimum == 0


def test_bin_lists_are_blind():
    level = stocked(5, location=LocationFactory.create(name="Central"))
    StockLevel.objects.filter(pk=level.pk).update(bin="B-7")
    client, sheet = clerk("warehouse"), reverse("admin:inventory_stocklevel_print")

    label = client.get(sheet, {"location": str(level.location_id)}).content.decode()
    assert "B-7" in label
    assert level.variant.sku in label
    assert "<b>" not in label
    printed = client.post(reverse(LEVELS), {"action": "print_bins", "_selected_action": [str(level.pk)]})
    assert level.variant.sku in printed.content.decode()
    assert StockMovement.objects.count() == 1
    assert clerk().get(sheet).status_code == 403


def test_the_stock_pages_lead_to_what_is_to_be_picked():
    client = clerk("warehouse")
    assert f'href="{reverse("admin:orders_order_pick")}"' in client.get(reverse(LEVELS)).content.decode()


def test_the_sidebar_tells_the_reservations_from_what_is_kept_aside():
    client, address = boss(), reverse("admin:inventory_reservation_changelist")
    kept_aside = "?purpose__exact=manual&now=live"

    def chosen(query: str) -> set[str]:
        groups = client.get(address + query).context["sidebar_navigation"]
        return {str(entry["link"]) for group in groups for entry in group["items"] if entry["active"]}

    assert chosen("") == {address}
    assert address + kept_aside in chosen(kept_aside)
    assert chosen("?purpose__exact=cart&now=live") == {address}
