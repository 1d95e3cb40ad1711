"""The pages of exports: a short list at once, a long one with its progress; each for those who may see its rows."""

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from inventory import counts
from inventory.admin.purchasing import replenishment_pages
from inventory.exchange import export_jobs, exports
from inventory.models import ExportJob, StockLevel
from inventory.tests.factories import stocked
from shop.accounts.staff import roles
from shop.accounts.tests.staff_clients import boss, clerk, queries
from shop.core.models import Event
from tests.support.html import compact

pytestmark = pytest.mark.django_db
LIST = "admin:inventory_exportjob_changelist"
EXPORT = "admin:inventory_importjob_export"


@pytest.fixture(autouse=True)
def all_lists_are_long(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "AT_ONCE", -1)


def press(client: Client, contents: str = "stock", form: str = "csv") -> ExportJob:
    answer: Any = client.post(reverse(EXPORT), {"contents": contents, "format": form})
    found = next(job for job in ExportJob.objects.all() if the_page(job) == answer.url)
    assert (found.contents, found.form) == (contents, form)
    return found


def the_page(job: ExportJob, name: str = "change") -> str:
    return reverse(f"admin:inventory_exportjob_{name}", args=[job.pk])


def test_a_clerk_presses_watches_and_fetches_the_file():
    client = clerk("warehouse")
    stocked(3)

    job = press(client)
    page = client.get(the_page(job)).content.decode()
    assert "<progress" in page
    # Without JavaScript the page loads again by itself, and a link does so at once.
    assert re.search(
        r'<noscript><meta http-equiv="refresh" content="\d+"></noscript>', compact(page).split("</head>")[0]
    )
    assert '<noscript><p><a class="bo-note" href="">' in compact(page)
    assert the_page(job, "progress") in page
    assert "<progress" in client.get(the_page(job, "progress")).content.decode()
    assert client.get(the_page(job, "file")).status_code == 302

    export_jobs.run(job.pk)

    assert client.get(the_page(job, "progress"))["HX-Refresh"] == "true"
    page = client.get(the_page(job)).content.decode()
    assert "<progress" not in page
    assert f'href="{the_page(job, "file")}"' in page
    answer: Any = client.get(the_page(job, "file"))
    content = b"".join(answer.streaming_content)
    job.refresh_from_db()
    assert answer["Content-Type"].startswith("text/csv")
    assert answer["Content-Disposition"] == f'attachment; filename="{job.file_name}"'
    assert int(answer["Content-Length"]) == len(content) == job.byte_count
    assert content == exports.export("stock", "csv").content
    assert Event.objects.filter(subject_id=job.pk, kind="downloaded").count() == 1


def test_pressing_twice_gives_one_export():
    client = clerk("warehouse")
    assert press(client) == press(client)
    assert ExportJob.objects.count() == 1


def test_opening_an_address_begins_no_work(client):
    stocked(3)
    one = boss()
    answer = one.get(reverse(EXPORT) + "?contents=stock&format=csv", follow=True)
    assert answer.redirect_chain[0][0] == reverse("admin:inventory_importjob_changelist")
    assert [str(message) for message in answer.context["messages"]]
    assert client.post(reverse(EXPORT), {"contents": "stock", "format": "csv"}).status_code == 302
    assert not ExportJob.objects.exists()


@pytest.mark.parametrize("contents", list(ExportJob.Contents))
def test_each_list_is_for_those_who_may_see_its_rows_also_later(contents):
    level = stocked(3)
    count = counts.open_count(location_id=level.location_id, actor="staff:a@example.com")
    filters = {"count": str(count.pk)} if contents == "count" else {}
    job, _is_new = export_jobs.ask(
        contents=contents, form="csv", filters=filters, about="", language="en", actor="staff:a@example.com"
    )
    export_jobs.run(job.pk)
    needed = {
        "catalogue": "catalog.view_variant",
        "stock": "inventory.view_stocklevel",
        "opening": "inventory.view_stocklevel",
        "valuation": "inventory.view_stockmovement",
        "replenish": "inventory.view_purchaseorder",
        "count": "inventory.view_stockcount",
    }[contents]
    for role in roles.ROLES:
        client = clerk(role)
        expected = 200 if needed in roles.ROLES[role] else 403
        for name in ("change", "progress", "file"):
            assert client.get(the_page(job, name)).status_code == expected, (role, name)
        shown = the_page(job) in client.get(reverse(LIST)).content.decode()
        assert shown is (expected == 200), role
    assert clerk().get(the_page(job, "file")).status_code == 403
    assert Client().get(the_page(job, "file")).status_code == 302


def test_a_file_that_is_deleted_or_was_never_made_is_told_in_words():
    client = boss()
    job = press(client)
    ExportJob.objects.filter(pk=job.pk).update(status="gone")
    assert client.get(the_page(job, "file"), follow=True).redirect_chain == [(the_page(job), 302)]
    assert "bo-verdict" in client.get(the_page(job)).content.decode()
    ExportJob.objects.filter(pk=job.pk).update(status="failed", refusal="It did not work.")
    assert "It did not work." in client.get(the_page(job)).content.decode()
    assert (
        client.get(the_page(job).replace(str(job.pk), "00000000-0000-7000-8000-000000000000")).status_code
        == 404
    )


def test_the_valuation_goes_out_with_the_choices_of_its_page():
    client, level = boss(), stocked(3)
    page = reverse("admin:inventory_stocklevel_valuation")
    asked = {"location": str(level.location_id), "category": "", "at": "2026-01-02T03:04"}
    shown = client.get(page, asked).content.decode()
    for name, value in asked.items():
        assert f'<input type="hidden" name="{name}" value="{value}">' in shown
    file = reverse("admin:inventory_stocklevel_valuation_file")
    answer: Any = client.post(file, {**asked, "format": "xlsx"})
    job = ExportJob.objects.get()
    assert answer.url == the_page(job)
    assert (job.contents, job.form, set(job.filters)) == ("valuation", "xlsx", {"location", "at"})
    assert level.location.name in job.about
    export_jobs.run(job.pk)
    job.refresh_from_db()
    assert (job.status, job.row_count, job.file_name) == ("done", 0, "valuacion-2026-01-02-0304.xlsx")
    led: Any = client.get(file, asked)
    assert led.url.startswith(page)


def test_what_to_buy_goes_out_with_the_choices_of_its_page():
    client, level = boss(), stocked(1)
    StockLevel.objects.filter(pk=level.pk).update(optimal=9)
    page = reverse("admin:inventory_purchaseorder_replenish")
    asked = {"location": str(level.location_id), "only": "minimum"}
    assert 'action="?as=csv"' in client.get(page, asked).content.decode()
    answer: Any = client.post(page + "?as=csv", asked)
    job = ExportJob.objects.get()
    assert answer.url == the_page(job)
    assert (job.contents, job.form, job.filters) == ("replenish", "csv", asked)


def test_what_to_buy_is_shown_a_page_at_a_time_and_whole_on_paper(monkeypatch):
    monkeypatch.setattr(replenishment_pages, "PER_PAGE", 2)
    for _n in range(3):
        StockLevel.objects.filter(pk=stocked(1).pk).update(optimal=9)
    client, page = boss(), reverse("admin:inventory_purchaseorder_replenish")

    def skus(**asked: str) -> list[str]:
        groups: Any = client.get(page, {"only": "", **asked}).context["groups"]
        return [need.sku for group in groups for need in group.needs]

    assert len(skus()) == 2
    assert "?only=&amp;page=2" in client.get(page, {"only": ""}).content.decode()
    assert sorted(skus() + skus(page="2")) == sorted(skus(**{"as": "paper", "page": "2"}))
    assert len(skus(**{"as": "paper"})) == 3


def test_the_list_of_a_long_count_is_made_by_a_worker_and_stays_blind():
    client, level = clerk("warehouse"), stocked(918273)
    count = counts.open_count(location_id=level.location_id, actor="staff:a@example.com")
    sheet = reverse("admin:inventory_stockcount_sheet", args=[count.pk])
    counting = reverse("admin:inventory_stockcount_change", args=[count.pk])
    assert f'method="post" action="{sheet}"' in client.get(counting).content.decode()
    led: Any = client.get(sheet)
    assert led.url == counting
    answer: Any = client.post(sheet)
    job = ExportJob.objects.get()
    assert answer.url == the_page(job)
    assert "918" not in re.sub(
        r"[0-9a-f-]{36}", "", client.get(the_page(job)).content.decode().split("<main")[-1]
    )
    export_jobs.run(job.pk)
    facts: Any = client.get(the_page(job, "file"))
    assert b"918273" not in b"".join(facts.streaming_content)


def test_the_list_costs_the_same_however_many_exports_there_are():
    client = boss()
    press(client, "stock", "csv")
    few = queries(client, reverse(LIST))
    for contents in exports.CONTENTS:
        for form in exports.FORMATS:
            press(client, contents, form)
    assert queries(client, reverse(LIST)) == few
