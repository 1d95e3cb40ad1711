"""Unmatched payments, lists and payout reports in the back office: who may see and decide, once, at a constant cost."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from payments.models import PayoutLine, PayoutReport, ProviderWatch, StrayPayment
from payments.payouts import importing, reading
from payments.reconciliation import provider_list
from payments.tests.payouts.report_files import mp, mp_row, returned, sold, written
from payments.tests.world import World
from shop.accounts.tests.staff_clients import boss, carried, clerk, queries, token

pytestmark = pytest.mark.django_db
UPLOAD = "admin:payments_payoutreport_changelist"


def unmatched_payment(number: str = "1", **changes: Any) -> StrayPayment:
    values: dict[str, Any] = {
        "gateway": "stripe",
        "external_id": f"pi_{number}",
        "status": "approved",
        "amount": Decimal("50.00"),
        "currency": "ARS",
        "last_seen_at": timezone.now(),
    }
    return StrayPayment.objects.create(**values | changes)


def verb(model: str, row: Any, name: str) -> str:
    return reverse(f"admin:payments_{model}_change", args=[row.pk]).replace("/change/", f"/{name}/")


def upload(client: Client, content: bytes, gateway: str = "mercadopago", **data: str) -> Any:
    page = reverse(UPLOAD) + "upload/"
    file = SimpleUploadedFile("report.csv", content, "text/csv")
    return client.post(page, {"token": token(client, page), "gateway": gateway, "file": file, **data})


# -- Unmatched payments ---------------------------------------------------------------------------------------------------------
def test_a_decision_about_an_unmatched_payment_is_noted_with_its_author():
    row, client = unmatched_payment(), clerk("manager")
    page = verb("straypayment", row, "decide")
    answer = client.post(page, carried(client, page) | {"decision": "another_shop", "note": "The outlet's"})
    assert answer.status_code == 302
    row.refresh_from_db()
    assert (row.decision, row.note) == ("another_shop", "The outlet's")
    assert row.decided_by.startswith("staff:")

    again = client.post(page, carried(client, page) | {"decision": "another_shop", "note": "x"})
    assert again.status_code == 422
    reopened = client.post(page, carried(client, page) | {"decision": "open", "note": "Not theirs after all"})
    assert reopened.status_code == 302


@pytest.mark.parametrize(
    "data", [{"decision": "known", "note": "x"}, {"decision": "explained", "note": ""}, {}]
)
def test_a_decision_needs_words_and_is_one_of_peoples_own(data: dict[str, str]):
    row = unmatched_payment()
    assert boss().post(verb("straypayment", row, "decide"), {"token": "t", **data}).status_code == 422
    row.refresh_from_db()
    assert row.decision == "open"


@pytest.mark.parametrize(("role", "sees"), [("support", 200), ("warehouse", 403), ("catalogue", 403)])
def test_only_the_books_keepers_decide(role: str, sees: int):
    row, client = unmatched_payment(), clerk(role)
    assert client.get(reverse("admin:payments_straypayment_change", args=[row.pk])).status_code == sees
    assert (
        client.post(verb("straypayment", row, "decide"), {"token": "t", "decision": "explained"}).status_code
        == 403
    )
    assert client.get(reverse(UPLOAD)).status_code == 403
    assert client.get(reverse("admin:payments_payoutreport_residue")).status_code == 403
    assert client.get(reverse("admin:payments_payoutreport_residue_file")).status_code == 403


# -- The providers' lists -------------------------------------------------------------------------------------------
def test_the_list_is_read_by_a_button(providers: World):
    providers.pay(providers.begin("stripe"))
    watch = ProviderWatch.objects.create(gateway="stripe", high_water_mark=timezone.now())
    page = verb("providerwatch", watch, "read-now")
    assert clerk("support").post(page, {"token": "t"}).status_code == 403
    assert provider_list.read_list("stripe") == {}

    assert clerk("manager").post(page, {"token": "t"}).status_code == 302

    assert provider_list.read_list("stripe")["settled"] == 1


# -- Payout reports -------------------------------------------------------------------------------------------------
def test_a_report_is_uploaded_read_and_summed_up():
    payment = sold("101")
    returned(payment, "10.00")
    client = clerk("manager")
    rows = [mp_row("101"), mp_row("101", "refund", "-10.00"), mp_row("999", gross="5.00")]

    answer = upload(client, written(rows))

    report = PayoutReport.objects.get()
    assert answer.url == reverse("admin:payments_payoutreport_change", args=[report.pk])
    page = client.get(answer.url)
    (balance,) = page.context["payouts"]
    assert (balance["sales"], balance["refunded"], balance["left"]) == (
        Decimal("1005.00"),
        Decimal("-10.00"),
        1,
    )
    again = upload(client, written(rows))
    assert again.url == answer.url
    assert PayoutLine.objects.count() == 3


def test_sending_the_form_twice_reads_once():
    client = clerk("manager")
    page = reverse(UPLOAD) + "upload/"
    data = {"token": token(client, page), "gateway": "mercadopago"}
    for content in (written([mp_row("1")]), written([mp_row("1"), mp_row("2")])):
        client.post(page, data | {"file": SimpleUploadedFile("r.csv", content)})
    assert PayoutReport.objects.count() == 1


def test_what_is_wrong_with_a_file_stands_on_its_page_or_beside_the_field(monkeypatch: pytest.MonkeyPatch):
    client = clerk("manager")
    answer = upload(client, written([mp_row("1", DATE="<script>alert(1)</script>")]))
    page = client.get(answer.url)
    assert "&lt;script&gt;" in page.content.decode()
    assert "<script>alert(1)" not in page.content.decode()

    monkeypatch.setattr(reading, "MOST_BYTES", 10)
    refused = upload(client, written([mp_row("1")]))
    assert (refused.status_code, list(refused.context["form"].errors)) == (422, ["file"])
    assert upload(client, b"x", gateway="nobody").status_code == 422
    assert client.post(reverse(UPLOAD) + "upload/", {"token": "t"}).status_code == 422


def test_a_large_report_waits_for_its_worker(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importing, "READ_AT_ONCE", 1)
    client = clerk("manager")
    answer = upload(client, written([mp_row("1")]))
    page = client.get(answer.url)
    assert page.status_code == 200
    assert "http-equiv" in page.content.decode()


def test_the_residue_is_listed_explained_and_handed_out(settings: Any):
    settings.PAYOUT_REPORT_DAYS = 1
    missing = sold("=cmd|1", days_ago=3)
    far = (timezone.now() - timedelta(days=9)).isoformat(timespec="milliseconds")
    report = mp(mp_row("999", DATE=far))
    client = clerk("manager")

    page = client.get(reverse("admin:payments_payoutreport_residue"))
    assert list(page.context["payments"]) == [missing]
    line = report.lines.get()
    assert list(page.context["lines"]) == [line]
    answer: Any = client.get(reverse("admin:payments_payoutreport_residue_file"))
    file = b"".join(answer.streaming_content).decode()
    assert file.startswith("\ufeff")
    assert "'=cmd|1" in file
    assert len(file.strip().splitlines()) == 3

    explain = verb("payoutline", line, "explain")
    assert clerk("support").post(explain, {"token": "t", "note": "x"}).status_code == 403
    assert client.post(explain, {"token": "t", "note": ""}).status_code == 422
    assert client.post(explain, {"token": "t", "note": "by telephone"}).status_code == 302
    assert client.post(explain, {"token": "u", "note": "again"}).status_code == 422
    assert not client.get(reverse("admin:payments_payoutreport_residue")).context["lines"].object_list


def test_reports_and_lines_are_history():
    report = mp(mp_row("1"))
    client = boss()
    for model, row in (
        ("payoutreport", report),
        ("payoutline", report.lines.get()),
        ("straypayment", unmatched_payment()),
        ("providerwatch", ProviderWatch.objects.create(gateway="stripe")),
    ):
        change = reverse(f"admin:payments_{model}_change", args=[row.pk])
        assert client.get(change).status_code == 200, model
        assert client.post(change, {"status": "done"}).status_code == 403
        assert client.get(reverse(f"admin:payments_{model}_add")).status_code == 403
        delete = reverse(f"admin:payments_{model}_delete", args=[row.pk])
        assert client.post(delete, {"post": "yes"}).status_code == 403


def test_lists_and_summaries_cost_the_same_for_few_rows_and_for_many():
    client = boss()

    def fill(start: int, number: int) -> None:
        rows = []
        for place in range(start, start + number):
            payment = sold(str(place), days_ago=300 + place)
            returned(payment, "1.00")
            unmatched_payment(str(place))
            rows += [mp_row(str(place), gross="7.00", DATE="2024-01-01T00:00:00.000Z"), mp_row(f"9{place}")]
            mp(mp_row(f"8{place}"))
        mp(*rows)

    addresses = [
        reverse(f"admin:payments_{name}_changelist")
        for name in ("straypayment", "payoutreport", "payoutline")
    ]
    addresses.append(reverse("admin:payments_payoutreport_residue"))
    addresses.append(reverse("admin:index"))
    fill(1, 3)
    for address in addresses:
        queries(client, address)
    few = [queries(client, address) for address in addresses]
    fill(100, 15)
    assert [queries(client, address) for address in addresses] == few
    assert max(few[:-1]) <= 12


@pytest.mark.parametrize("key", ["x", "01a1fc8b-0000-7000-8000-000000000000"])
def test_a_verb_on_nothing_is_not_found(key: str):
    client = boss()
    for model, name in (("straypayment", "decide"), ("providerwatch", "read-now"), ("payoutline", "explain")):
        address = reverse(f"admin:payments_{model}_changelist") + f"{key}/{name}/"
        assert client.get(address).status_code == 404
    assert client.get(reverse(UPLOAD) + f"{key}/change/").status_code == 404


@pytest.mark.parametrize("query", ["lines=x&payments=-1", "lines=99999999999999999999", "lines=%00"])
def test_nonsense_pages_of_the_residue_are_answered(query: str):
    assert boss().get(reverse("admin:payments_payoutreport_residue") + f"?{query}").status_code in {200, 400}
