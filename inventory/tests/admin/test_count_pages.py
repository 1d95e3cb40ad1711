"""Counting in the back office: blind, without JavaScript, by scanner or file; decided with the permission."""

import csv
import re
from io import StringIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from inventory import counts, ledger
from inventory.models import Location, StockCount, StockMovement
from inventory.tests.factories import LocationFactory, make_variant, stocked
from shop.accounts.models import User
from shop.accounts.tests.staff_clients import boss, clerk, queries, token

pytestmark = pytest.mark.django_db


def address(count: StockCount, name: str = "change", *more: Any) -> str:
    return reverse(f"admin:inventory_stockcount_{name}", args=[count.pk, *more])


def start(client: Client, place: Location) -> StockCount:
    page = reverse("admin:inventory_stockcount_start")
    answer = client.post(
        page, {"token": token(client, page), "location": place.pk, "category": "", "note": "n"}
    )
    assert answer.status_code == 302
    return StockCount.objects.latest("created_at")


def version(client: Client, count: StockCount) -> dict[str, str]:
    """Return the version in the approving form of the present page."""
    return {"shown": client.get(address(count)).context.get("shown", "")}


def test_a_count_from_start_to_correction_without_javascript():
    place = LocationFactory.create()
    variant = make_variant(barcode="779000111222")
    level, other = stocked(918273, location=place, variant=variant), stocked(5, location=place)
    counter, manager = clerk("warehouse"), clerk("manager")
    count = start(counter, place)
    page = counter.get(address(count))
    assert not re.search(rb"918.?273", page.content), "what the books expect is not shown"
    assert b"autofocus" in page.content
    for _n in range(2):
        answer = counter.post(
            address(count, "scan"), {"code": "779000111222", "quantity": "1", "key": f"{_n}"}, follow=True
        )
    assert variant.sku in answer.content.decode()
    assert count.lines.get(level=level).counted == 2
    line = count.lines.get(level=level)
    counter.post(address(count, "figures"), {f"line-{line.pk}": "918266", f"was-{line.pk}": "2", "query": ""})
    assert count.lines.get(level=level).counted == 918266
    ledger.adjust(variant_id=variant.pk, location_id=place.pk, difference=-7, note="n", actor="staff:x@y.z")
    counter.post(address(count, "decide", "submit"), {"uncounted": "leave"})
    review = counter.get(address(count)).content.decode()
    assert ">-7</b>" in review, "the difference (a bare -7 stands in every key)"
    assert "918.266" in review
    counter.post(address(count, "decide", "approve"), version(counter, count))
    assert StockCount.objects.get(pk=count.pk).status == "approved"
    level.refresh_from_db()
    assert level.on_hand == 918259
    other.refresh_from_db()
    assert other.on_hand == 5
    assert manager.get(address(count)).status_code == 200


def test_a_large_difference_is_approved_by_another_hand(settings):
    settings.COUNT_SECOND_PERSON_UNITS = 3
    place = LocationFactory.create()
    level = stocked(10, location=place)
    counter, manager = clerk("warehouse"), clerk("manager")
    count = start(counter, place)
    counter.post(address(count, "scan"), {"code": level.variant.sku, "quantity": "4"})
    counter.post(address(count, "decide", "submit"))
    counter.post(address(count, "decide", "approve"), version(counter, count))
    assert StockCount.objects.get(pk=count.pk).status == "review"
    assert "do/approve" not in counter.get(address(count)).content.decode()
    assert "do/approve" in manager.get(address(count)).content.decode()
    for _n in range(2):
        manager.post(address(count, "decide", "approve"), version(manager, count))
    assert StockMovement.objects.get(kind="count").quantity == -6


def test_who_approves_has_seen_the_figures_that_are_booked():
    place = LocationFactory.create()
    level, client = stocked(10, location=place), boss()
    count = start(client, place)
    line = count.lines.get()
    counts.put(count_id=count.pk, figures={level.pk: 9}, actor="staff:a@example.com")
    counts.submit(count_id=count.pk, actor="staff:a@example.com")
    seen = version(client, count)
    counts.send_back(count_id=count.pk, line_ids=[line.pk], reason="again", actor="staff:b@example.com")
    counts.put(count_id=count.pk, figures={level.pk: 2}, actor="staff:a@example.com")
    counts.submit(count_id=count.pk, actor="staff:a@example.com")

    for facts in (seen, {}):
        client.post(address(count, "decide", "approve"), facts)
        assert StockCount.objects.get(pk=count.pk).status == "review"
    client.post(address(count, "decide", "approve"), version(client, count))
    level.refresh_from_db()
    assert level.on_hand == 2


def test_the_scanner_answers_json_and_tells_unknown_codes():
    place = LocationFactory.create()
    level = stocked(10, location=place)
    client = boss()
    count = start(client, place)
    accept = {"Accept": "application/json"}
    data = {"code": level.variant.sku, "quantity": "1", "key": "k1"}
    for _twice in range(2):
        answer = client.post(address(count, "scan"), data, headers=accept).json()
    assert (answer["ok"], answer["counted"], answer["lines"]) == (True, 1, 1)
    wrong = client.post(address(count, "scan"), data | {"code": "nobody"}, headers=accept).json()
    assert wrong["ok"] is False
    assert "nobody" in wrong["words"]


def test_the_sheet_goes_out_blind_and_comes_back_as_a_file():
    place = LocationFactory.create()
    level = stocked(918273, location=place)
    client = boss()
    count = start(client, place)
    sheet = client.get(address(count, "sheet")).content.decode("utf-8-sig")
    rows = list(csv.DictReader(StringIO(sheet)))
    assert [row["sku"] for row in rows] == [level.variant.sku]
    assert not re.search(r"918.?273", sheet)
    assert not re.search(rb"918.?273", client.get(address(count, "paper")).content)
    bad = SimpleUploadedFile("c.csv", f"sku,counted\n{level.variant.sku},-4\n".encode())
    refused = client.post(
        address(count, "file"), {"file": bad}, follow=True, headers={"accept-language": "en"}
    )
    assert "Row 2: “-4” is not a number of units." in refused.content.decode()
    assert count.lines.get().counted is None
    good = SimpleUploadedFile(
        "c.csv", sheet.replace(f"{rows[0]['shelf']},\r\n", f"{rows[0]['shelf']},918272\r\n").encode()
    )
    client.post(address(count, "file"), {"file": good})
    assert count.lines.get().counted == 918272


def test_who_may_not_count_or_approve_is_refused():
    place = LocationFactory.create()
    level = stocked(3, location=place)
    count = counts.open_count(location_id=place.pk, actor="staff:x@y.z")
    outsider = clerk("catalogue")
    assert outsider.get(address(count)).status_code == 403
    assert outsider.post(address(count, "scan"), {"code": level.variant.sku}).status_code == 403
    assert outsider.post(address(count, "decide", "submit")).status_code == 403
    assert outsider.post(address(count, "decide", "approve")).status_code == 403
    assert outsider.get(reverse("admin:inventory_stockcount_start")).status_code == 403
    assert boss().get(address(count, "scan")).status_code == 405
    assert User.objects.count() == 2


def test_a_count_sent_back_and_cancelled_corrects_nothing():
    place = LocationFactory.create()
    level = stocked(3, location=place)
    client = boss()
    count = start(client, place)
    client.post(address(count, "scan"), {"code": level.variant.sku, "quantity": "1"})
    client.post(address(count, "decide", "submit"))
    client.post(
        address(count, "decide", "send-back"), {"line": [count.lines.get().pk, "nonsense"], "reason": "look"}
    )
    assert count.lines.get().counted is None
    client.post(address(count, "decide", "cancel"), {"reason": "enough"})
    assert StockCount.objects.get(pk=count.pk).status == "cancelled"
    assert not StockMovement.objects.filter(kind="count").exists()


def test_the_pages_cost_the_same_however_long_the_list_is():
    place, client = LocationFactory.create(), boss()
    stocked(1, location=place)
    short = start(client, place)
    before = queries(client, address(short))
    big = LocationFactory.create()
    for _n in range(12):
        stocked(1, location=big)
    long = start(client, big)
    assert queries(client, address(long)) == before
    assert queries(client, reverse("admin:inventory_stockcount_changelist")) < 20


def test_one_figure_that_is_no_number_takes_none_of_the_others_away():
    place = LocationFactory.create()
    level, other = stocked(5, location=place), stocked(5, location=place)
    counter = clerk("warehouse")
    count = start(counter, place)
    good, bad = count.lines.get(level=level), count.lines.get(level=other)

    answer = counter.post(
        address(count, "figures"), {f"line-{bad.pk}": "1,5", f"line-{good.pk}": "1.200"}, follow=True
    )

    assert (count.lines.get(pk=good.pk).counted, count.lines.get(pk=bad.pk).counted) == (1200, None)
    facts = [str(one) for one in answer.context["messages"]]
    assert any(one.startswith(f"{other.variant.sku}: 1,5") for one in facts)
