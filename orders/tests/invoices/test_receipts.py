"""Plain receipts, where no tax office is asked: once for each order, numbered, printed, mailed, and never changed."""

import re
from collections.abc import Sequence
from decimal import Decimal

import pypdfium2
import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from orders.invoices import content, issuing, papers
from orders.models import (
    Invoice,
    InvoiceFile,
    InvoiceLine,
    InvoiceSeries,
    Order,
    Reimbursement,
    ReimbursementLine,
)
from orders.reimbursements import owing
from orders.reimbursements.left import for_sum, for_units, left_of
from orders.tests.factories import make_cart, make_order, make_user, make_variant
from shop.core.mail.outbox import as_sent
from shop.core.models import EmailLog
from shop.core.states import move

pytestmark = pytest.mark.django_db


def receipt_of(order: Order) -> Invoice:
    return Invoice.objects.get(order=order, kind="receipt")


def paid_back(order: Order, lines: Sequence[ReimbursementLine], key: str = "a") -> Reimbursement:
    """Owe something, and let its money go back."""
    owed = owing.owe(order, lines, reason="devolución", dedupe_key=f"{order.pk}:{key}", actor="test")
    owing.begin(owed, actor="test")
    assert owing.follow(owed, promised=owed.amount, paid=owed.amount, actor="test")
    return owed


def test_a_paid_order_gets_one_receipt_however_often_the_job_runs():
    order = make_order()
    draft = receipt_of(order)
    assert (draft.status, draft.number, draft.content) == ("draft", None, {})
    assert issuing.issue_due() == {"issued": 1}
    assert issuing.issue_due() == {}
    assert issuing.issue(draft.pk) == "skipped"
    row = receipt_of(order)
    assert (row.status, row.number, row.name, row.total) == ("authorised", 1, "R-00000001", order.total)
    assert sum(line.amount for line in row.lines.all()) == order.total
    order.refresh_from_db()
    assert order.invoice_number == "R-00000001"
    assert InvoiceFile.objects.count() == EmailLog.objects.filter(kind="invoice").count() == 1


def test_the_paper_says_what_was_bought_and_that_it_is_no_invoice():
    order = make_order(make_cart((make_variant(), 2)))
    issuing.issue_due()
    words = " ".join(
        pypdfium2.PdfDocument(papers.file_of(receipt_of(order)))[0].get_textpage().get_text_range().split()
    )
    for said in ("R-00000001", "Ana Gómez", "DNI 30123456", order.lines.get().name, f"#{order.number}"):
        assert said in words
    assert "Documento no válido como factura" in words


def test_the_page_and_the_paper_open_with_the_orders_link_or_its_account_and_for_nobody_else(client: Client):
    own, other = make_user(), make_user()
    order = make_order(user=own)
    issuing.issue_due()
    row = receipt_of(order)
    mail = as_sent(EmailLog.objects.get(kind="invoice")).text
    (page_url, pdf_url) = re.findall(r"https?://\S+(/pedido/\S+)", mail)
    assert "R-00000001" in client.get(page_url).content.decode()
    file = client.get(pdf_url)
    assert file["Content-Type"] == "application/pdf"
    assert file.content == papers.file_of(row)
    assert page_url.encode() in client.get(order.get_absolute_url()).content
    assert client.get(reverse("orders:invoice", args=["x" * 43, row.pk])).status_code == 404
    at_home = [reverse(f"orders:own_invoice{end}", args=[order.number, row.pk]) for end in ("", "_pdf")]
    for person, status in ((other, 404), (own, 200)):
        client.force_login(person)
        assert [client.get(url).status_code for url in at_home] == [status, status]


def test_what_was_issued_never_changes():
    """The database refuses it: not only our own code."""
    order = make_order()
    issuing.issue_due()
    row = receipt_of(order)
    changes = {
        "total": Decimal(1),
        "number": 7,
        "status": "void",
        "content": {},
        "issued_on": timezone.localdate().replace(year=2000),
        "name": "R-7",
    }
    for name, value in changes.items():
        with pytest.raises(IntegrityError), transaction.atomic():
            Invoice.objects.filter(pk=row.pk).update(**{name: value})
    for act in (
        lambda: InvoiceLine.objects.filter(invoice=row).update(amount=1),
        lambda: InvoiceLine.objects.filter(invoice=row).delete(),
        lambda: InvoiceFile.objects.filter(invoice=row).update(sha256="x"),
        lambda: InvoiceFile.objects.filter(invoice=row).delete(),
        lambda: Invoice.objects.filter(pk=row.pk).delete(),
    ):
        with pytest.raises(Exception, match=r"percha|pgtrigger|Cannot delete"), transaction.atomic():
            act()


def test_partial_refunds_are_credited_line_by_line_and_never_more_than_was_sold():
    order = make_order(make_cart((make_variant(), 3)))
    issuing.issue_due()
    invoice = receipt_of(order)
    line = order.lines.get()
    for key, units, more in (("one", 1, 0), ("sum", 0, 100), ("rest", 1, 50)):
        lines = for_units(left_of(order), {line.pk: units})
        paid_back(order, [*lines, *(for_sum(Decimal(more)) if more else [])], key)
        issuing.issue_due()
    notes = Invoice.objects.filter(related_to=invoice).order_by("number")
    assert [note.name for note in notes] == ["N-00000001", "N-00000002", "N-00000003"]
    assert [note.total for note in notes] == [line.unit_price, 100, line.unit_price + 50]
    credited = InvoiceLine.objects.filter(credits=invoice.lines.get(kind="line"))
    assert sum(row.quantity for row in credited) == 2
    # Freight was not given back, and no note credits it.
    assert not InvoiceLine.objects.filter(credits__kind="shipping").exists()
    with pytest.raises(IntegrityError, match="credited"), transaction.atomic():
        InvoiceLine.objects.create(
            invoice=notes[0],
            position=9,
            kind="line",
            credits=invoice.lines.get(kind="line"),
            quantity=2,
            amount=1,
            net=1,
            description="x",
        )
    with pytest.raises(IntegrityError, match="invoiced"), transaction.atomic():
        InvoiceLine.objects.create(
            invoice=notes[0],
            position=9,
            kind="sum",
            amount=invoice.total,
            net=invoice.total,
            description="x",
        )


def test_a_note_waits_for_its_invoice_and_follows_it():
    order = make_order()
    line = order.lines.get()
    paid_back(order, for_units(left_of(order), {line.pk: 1}, shipping=True))
    note = Invoice.objects.get(kind="credit_note")
    assert issuing.issue(note.pk) == "waits for its invoice"
    issuing.issue(receipt_of(order).pk)
    issuing.issue_due()
    note.refresh_from_db()
    assert (note.status, note.total) == ("authorised", order.total)
    assert {row.credits.kind for row in note.lines.all()} == {"line", "shipping"}


def test_a_refund_that_fails_before_its_note_needs_none_and_one_that_fails_after_it_is_shown_to_staff():
    order = make_order(make_cart((make_variant(), 2)))
    line = order.lines.get()
    early = paid_back(order, for_units(left_of(order), {line.pk: 1}), "early")
    move(early, "failed", actor="test")
    assert Invoice.objects.get(reimbursement=early).status == "void"
    move(early, "paying", actor="test")
    move(early, "paid", actor="test")
    issuing.issue_due()
    issuing.issue_due()
    note = Invoice.objects.get(reimbursement=early)
    assert (note.status, note.attention) == ("authorised", "")
    move(early, "failed", actor="test")
    note.refresh_from_db()
    assert (note.status, note.attention) == ("authorised", papers.FAILED_LATER)


def test_orders_of_before_get_none_unless_the_setting_says_since_when(settings):
    order = make_order()
    Invoice.objects.all().delete()
    assert issuing.issue_due() == {}
    settings.INVOICES_SINCE = timezone.localdate()
    assert issuing.issue_due()["wanted"] == 1
    assert receipt_of(order).number == 1


def test_one_that_cannot_be_issued_delays_no_other(monkeypatch: pytest.MonkeyPatch):
    bad, good = make_order(), make_order()
    real = content.lines_of

    def lines_of(order: Order, **named: bool) -> object:
        if order.pk == bad.pk:
            raise ValueError("broken")
        return real(order, **named)

    monkeypatch.setattr(content, "lines_of", lines_of)
    assert issuing.issue_due() == {"put off": 1, "issued": 1}
    assert receipt_of(good).number == 1
    row = receipt_of(bad)
    assert (row.status, row.last_error) == ("draft", "ValueError: broken")
    assert row.next_try_at > timezone.now()
    assert InvoiceSeries.objects.get().next_number == 2


def test_a_free_order_gets_none_and_a_job_that_dies_after_the_number_prints_later(monkeypatch):
    order = make_order()
    row = receipt_of(order)
    monkeypatch.setattr(papers, "finish", lambda _row: (_ for _ in ()).throw(RuntimeError("died")))
    issuing.issue(row.pk)
    row.refresh_from_db()
    assert (row.status, row.number) == ("authorised", 1)
    assert not InvoiceFile.objects.exists()
    monkeypatch.undo()
    Invoice.objects.filter(pk=row.pk).update(next_try_at=timezone.now())
    assert issuing.issue_due() == {"printed": 1}
    assert InvoiceFile.objects.count() == 1
