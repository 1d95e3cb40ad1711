"""Debit notes: the difference that a buyer paid for an exchange is billed once, and credited with the rest."""

from decimal import Decimal

import pypdfium2
import pytest
from django.utils import timezone

from orders.invoices import issuing, papers, wanted
from orders.invoices.printed import printed
from orders.models import ExchangeCharge, Invoice, Order
from orders.reimbursements.left import for_sum
from orders.tests.exchanges.exchanges import approve, ask, order_with_sizes, pay
from orders.tests.factories import make_variant
from orders.tests.invoices.office import Office, due_now
from orders.tests.invoices.test_receipts import paid_back
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db

DIFFERENCE = Decimal(1500)


def dearer_exchange() -> tuple[Order, ExchangeCharge]:
    """Return a delivered order, and what is to be paid for an exchange of one of its units for something dearer."""
    order, line, _size = order_with_sizes()
    exchange = ask(order, line, make_variant(units=2, price=line.unit_price + DIFFERENCE))
    approve(exchange)
    return order, exchange.charge


def note_of(order: Order, kind: str = "debit_note") -> Invoice:
    return Invoice.objects.get(order=order, kind=kind)


def test_a_paid_difference_gets_one_note_to_its_receipt_however_often_the_jobs_run():
    order, charge = dearer_exchange()
    assert not Invoice.objects.filter(kind="debit_note").exists()
    pay(charge)
    assert wanted.debit_note(charge) is not None
    for _turn in range(3):
        due_now()
        issuing.issue_due()
    receipt, note = note_of(order, "receipt"), note_of(order)
    assert (note.status, note.name, note.total) == ("authorised", "D-00000001", DIFFERENCE)
    assert note.related_to == receipt
    order.refresh_from_db()
    assert order.invoice_number == receipt.name
    shown = printed(note)
    assert shown.title == "Nota de débito"
    assert ("Suma a", receipt.name) in [(label, words.partition(" ·")[0]) for label, words in shown.facts]
    paper = pypdfium2.PdfDocument(papers.file_of(note))[0].get_textpage().get_text_range()
    assert charge.exchange.number in paper
    mail = EmailLog.objects.get(kind="invoice", dedupe_key=f"invoice:{note.pk}")
    assert "débito" in mail.subject


def test_what_no_event_ordered_is_found_by_the_job():
    order, charge = dearer_exchange()
    issuing.issue_due()
    pay(charge)
    Invoice.objects.filter(kind="debit_note").delete()
    issuing.issue_due()
    assert note_of(order).charge == charge


def test_a_credit_note_waits_for_the_debit_note_and_may_credit_both():
    order, charge = dearer_exchange()
    issuing.issue_due()
    pay(charge)
    debit = note_of(order)
    Invoice.objects.filter(pk=debit.pk).update(next_try_at=None)
    everything = order.total + DIFFERENCE
    paid_back(order, for_sum(everything))
    credit = note_of(order, "credit_note")
    issuing.issue_due()
    credit.refresh_from_db()
    assert (credit.status, credit.total) == ("draft", 0)
    issuing.issue(debit.pk)
    Invoice.objects.filter(pk=debit.pk).update(next_try_at=timezone.now())
    issuing.issue(debit.pk)
    # The note was made due by what it waited for.
    assert issuing.issue_due()["issued"] == 1
    credit.refresh_from_db()
    assert (credit.status, credit.total, credit.related_to) == ("authorised", everything, debit.related_to)


def test_a_note_of_an_order_without_an_invoice_is_none():
    order, charge = dearer_exchange()
    Invoice.objects.filter(order=order).delete()
    pay(charge)
    issuing.issue_due()
    assert not Invoice.objects.filter(order=order).exists()


def test_the_tax_office_issues_it_in_the_class_of_its_invoice(arca: Office):
    order, charge = dearer_exchange()
    issuing.issue_due()
    pay(charge)
    issuing.issue_due()
    note = note_of(order)
    assert (note.status, note.series.letter, note.name) == ("authorised", "B", "B 00001-00000001")
    (sent,) = arca.issued(7)
    assert Decimal(sent.body["ImpTotal"]) == DIFFERENCE
    assert note.tax == (DIFFERENCE - DIFFERENCE / Decimal("1.21")).quantize(Decimal("0.01"))
    related = note.content["fiscal"]["related"]
    assert [one["number"] for one in related] == [note_of(order, "invoice").number]
    paid_back(order, for_sum(order.total + DIFFERENCE))
    issuing.issue_due()
    credit = note_of(order, "credit_note")
    assert (credit.status, credit.last_error) == ("authorised", "")
    for name in ("total", "net", "tax"):
        assert getattr(credit, name) == getattr(note, name) + getattr(credit.related_to, name)
