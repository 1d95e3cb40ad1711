"""The pages of import and export: upload, preview, confirm, progress; each by permission, each form once."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from catalog.models import Variant
from inventory.exchange import jobs
from inventory.models import ImportJob, StockMovement
from inventory.tests.factories import LocationFactory, make_variant, stocked
from shop.accounts.tests.staff_clients import boss, clerk, queries, token
from shop.core.spreadsheets import sheets

pytestmark = pytest.mark.django_db
LIST = "admin:inventory_importjob_changelist"


def upload(client: Any, kind: str, text: str, **changes: Any) -> Any:
    page = reverse(LIST) + "upload/"
    file = SimpleUploadedFile("stock.csv", text.encode())
    return client.post(page, {"token": token(client, page), "kind": kind, "file": file, **changes})


def the_page(job: ImportJob) -> str:
    return reverse("admin:inventory_importjob_change", args=[job.pk])


def test_a_clerk_uploads_looks_confirms_and_sees_what_was_done():
    client = clerk("warehouse")
    LocationFactory.create(code="central")
    variant = make_variant(sku="A")

    answer = upload(client, "stock", "SKU;Location;Movement;Quantity\nA;central;receive;7\n")
    job = ImportJob.objects.get()
    assert answer.url == the_page(job)
    page = client.get(the_page(job)).content.decode()
    assert "<progress" in page
    assert "http-equiv" in page.split("</head>")[0]

    jobs.run(job.pk)
    page = client.get(the_page(job)).content.decode()
    assert "<progress" not in page
    assert 'value="import"' in page
    assert not StockMovement.objects.exists()

    decide = reverse("admin:inventory_importjob_decide", args=[job.pk])
    assert client.get(decide).status_code == 302
    assert [client.post(decide, {"decision": "import"}).status_code for _ in range(2)] == [302, 302]
    jobs.run(job.pk)
    assert variant.movements.get().quantity == 7
    assert "bo-verdict--ok" in client.get(the_page(job)).content.decode()


def test_the_page_asks_how_far_it_is_and_loads_anew_at_the_end(django_capture_on_commit_callbacks):
    client = boss()
    upload(client, "catalogue", "SKU;Price\nA;x\n")
    job = ImportJob.objects.get()
    progress = reverse("admin:inventory_importjob_progress", args=[job.pk])
    assert "<progress" in client.get(progress).content.decode()

    jobs.run(job.pk)

    assert client.get(progress)["HX-Refresh"] == "true"
    page = client.get(the_page(job)).content.decode()
    assert "bo-verdict--error" in page
    errors = client.get(reverse("admin:inventory_importjob_errors", args=[job.pk]))
    assert errors.content.decode("utf-8-sig").splitlines()[1].startswith("2;Price;x;")


def test_what_is_wrong_runs_in_no_spreadsheet_either():
    client = boss()
    upload(client, "catalogue", "SKU;Price\nA;x\n")
    job = ImportJob.objects.get()
    job.issues.create(row=2, column="=c", value="@v", words="-1.234 can be read in two ways")
    errors = client.get(reverse("admin:inventory_importjob_errors", args=[job.pk]))
    assert errors.content.decode("utf-8-sig").splitlines()[1] == "2;'=c;'@v;'-1.234 can be read in two ways"


def test_cancelling_imports_nothing():
    client = boss()
    make_variant(sku="A")
    upload(client, "catalogue", "SKU;Price\nA;5\n")
    job = ImportJob.objects.get()
    jobs.run(job.pk)
    client.post(reverse("admin:inventory_importjob_decide", args=[job.pk]), {"decision": "cancel"})
    client.post(reverse("admin:inventory_importjob_decide", args=[job.pk]), {"decision": "import"})
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.status == "cancelled"
    assert Variant.objects.get().price == 1000


def test_each_kind_of_file_is_for_those_who_may_touch_it():
    def kinds(client: Client) -> list[Any]:
        return [
            code
            for code, _words in client.get(reverse(LIST) + "upload/").context["form"].fields["kind"].choices
        ]

    assert kinds(clerk("warehouse")) == ["stock"]
    assert kinds(clerk("catalogue")) == ["catalogue"]
    assert kinds(clerk("manager")) == ["catalogue", "stock"]
    assert clerk("support").get(reverse(LIST) + "upload/").status_code == 403
    assert upload(clerk("warehouse"), "catalogue", "SKU\nA\n").status_code == 422
    upload(boss(), "catalogue", "SKU;Price\nA;5\n")
    job = ImportJob.objects.get()
    jobs.run(job.pk)
    decide = reverse("admin:inventory_importjob_decide", args=[job.pk])
    assert clerk("warehouse").post(decide, {"decision": "import"}).status_code == 403
    assert clerk("support").get(the_page(job)).status_code == 403


def test_the_same_form_twice_uploads_once():
    client = boss()
    page = reverse(LIST) + "upload/"
    key = token(client, page)
    for _ in range(2):
        file = SimpleUploadedFile("x.csv", b"SKU\nA\n")
        assert client.post(page, {"token": key, "kind": "catalogue", "file": file}).status_code == 302
    assert ImportJob.objects.count() == 1


def test_a_file_too_large_or_empty_is_told_beside_the_field(monkeypatch):
    monkeypatch.setattr(sheets, "MOST_BYTES", 20)
    client = boss()
    for text in ("S" * 21, ""):
        answer = upload(client, "catalogue", text)
        assert answer.status_code == 422
        assert list(answer.context["form"].errors) == ["file"]
    assert not ImportJob.objects.exists()


@pytest.mark.parametrize(
    ("contents", "name"), [("catalogue", "catalogo"), ("stock", "stock"), ("opening", "saldo-inicial")]
)
@pytest.mark.parametrize("form", ["xlsx", "csv", "csv-semicolon"])
def test_exports_are_downloads_for_those_who_may_see_the_rows(contents, name, form):
    stocked(3)
    address = f"{reverse('admin:inventory_importjob_export')}?contents={contents}&format={form}"
    answer = clerk("warehouse").get(address)
    assert answer.status_code == 200
    assert answer["Content-Disposition"].startswith(f'attachment; filename="{name}-')
    assert len(answer.content) > 50
    assert clerk().get(address).status_code == 403


def test_an_unknown_export_and_a_stranger_get_nothing(client):
    assert (
        boss().get(reverse("admin:inventory_importjob_export") + "?contents=users&format=csv").status_code
        == 302
    )
    assert client.get(reverse("admin:inventory_importjob_export")).status_code == 302


def test_the_uploaded_file_is_only_ever_a_download():
    client = boss()
    upload(client, "catalogue", "<script>alert(1)</script>\nx\n")
    job = ImportJob.objects.get()
    answer = client.get(reverse("admin:inventory_importjob_file", args=[job.pk]))
    assert answer["Content-Type"] == "application/octet-stream"
    assert "attachment" in answer["Content-Disposition"]
    jobs.run(job.pk)
    assert b"<script>alert" not in client.get(the_page(job)).content


def test_the_list_costs_the_same_however_many_files_there_are():
    client = boss()
    upload(client, "catalogue", "SKU;Price\nA;5\n")
    few = queries(client, reverse(LIST))
    for _ in range(4):
        upload(client, "catalogue", "SKU;Price\nA;5\n")
    assert queries(client, reverse(LIST)) == few
