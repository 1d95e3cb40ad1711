"""Numbers of documents at one instant, and a worker that is killed at any step of issuing one.

Real threads, the real PostgreSQL, ARCA over HTTP; each guard has a control which shows what it prevents.
"""

import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from uuid import UUID

import pgtrigger
import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from inventory.checks import runner
from orders.invoices import issuing, numbering, preparing, writer
from orders.models import FiscalTicket, ForeignInvoiceNumber, Invoice, InvoiceFile, InvoiceSeries, Order
from orders.tests.factories import make_order
from orders.tests.invoices.office import Office, due_now, open_office
from shop.core.ids import uuid7
from shop.core.models import EmailLog
from tests.races.test_killed_worker import DONE, KILLED, MOST, KilledProcess
from tests.races.tools.concurrency import PATIENCE, surprises, together
from tests.races.tools.killing import shop_environment
from tests.support.soak import amount

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
STRIDE = amount("steps between two deaths of a worker that issues a document", usual=7, soak=1)


class Undone(Exception):
    """The transaction is undone after its number was drawn."""


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Office, dict[str, Any]]]:
    with open_office(tmp_path_factory.mktemp("arca")) as found:
        yield found


@pytest.fixture
def arca(office: tuple[Office, dict[str, Any]], settings: Any) -> Office:
    running, values = office
    for name, value in values.items():
        setattr(settings, name, value)
    running.reset()
    return running


def drawn(
    order: Order, series_id: UUID, *, is_undone: bool = False, locked: Any = numbering.lock
) -> Callable[[], int]:
    """Return the act of drawing a number and writing its document in one transaction."""

    def act() -> int:
        with transaction.atomic():
            series, number, day = numbering.take(series_id, timezone.localdate(), locked=locked)
            Invoice.objects.create(
                order=order,
                kind="receipt",
                status="authorised",
                series=series,
                number=number,
                name=f"R-{number}",
                issued_on=day,
                issued_at=timezone.now(),
                currency="ARS",
                dedupe_key=str(uuid7()),
            )
            if is_undone:
                raise Undone
        return number

    return act


def broken_numbers() -> list[runner.Violation]:
    return [found for found in runner.check(scope="") if found.code == "invoice-numbers"]


def own_series() -> InvoiceSeries:
    return numbering.series_of(preparing.own_series("receipt"))


def test_32_writers_with_forced_rollbacks_leave_no_gap_and_no_duplicate():
    order, series = make_order(), own_series()
    acts = [drawn(order, series.pk, is_undone=at % 3 == 0) for at in range(96)]
    answers = together(acts, at_once=32)
    assert not surprises(answers, Undone)
    numbers = list(
        Invoice.objects.filter(number__isnull=False).order_by("number").values_list("number", flat=True)
    )
    assert numbers == list(range(1, 65))
    assert broken_numbers() == []


def test_gaps_and_days_that_go_backwards_are_reported():
    order, series = make_order(), own_series()
    for _n in range(3):
        drawn(order, series.pk)()
    assert broken_numbers() == []
    with pgtrigger.ignore("orders.Invoice:issued_never_changes"):
        Invoice.objects.filter(number=2).delete()
        Invoice.objects.filter(number=3).update(issued_on=timezone.localdate().replace(year=2000))
    gap = next(iter(broken_numbers()))
    assert "number 2" in gap.expected
    assert "number 3" in gap.found
    ForeignInvoiceNumber.objects.create(series=series, number=2, actor="test")
    assert broken_numbers() == []
    InvoiceSeries.objects.update(next_number=9)
    assert "number 9" in next(iter(broken_numbers())).found


def test_control_without_the_lock_two_draw_one_number():
    order, series = make_order(), own_series()
    both = threading.Barrier(2, timeout=PATIENCE)

    def unlocked(series_id: UUID) -> InvoiceSeries:
        found = InvoiceSeries.objects.get(pk=series_id)
        both.wait()
        return found

    answers = together([drawn(order, series.pk, locked=unlocked)] * 2)
    assert [type(one) for one in surprises(answers)] == [IntegrityError]


def test_one_draft_by_eight_workers_is_one_document():
    order = make_order()
    draft = Invoice.objects.get(order=order)
    assert not surprises(together([partial(issuing.issue, draft.pk)] * 8))
    due_now()
    issuing.issue_due()
    assert Invoice.objects.get(order=order).number == 1
    assert InvoiceFile.objects.count() == EmailLog.objects.filter(kind="invoice").count() == 1


def test_workers_of_one_series_issue_each_document_once(arca: Office):
    orders = [make_order() for _n in range(5)]
    assert not surprises(together([issuing.issue_due] * 4))
    for _turn in range(2):
        due_now()
        issuing.issue_due()
    rows = Invoice.objects.filter(order__in=orders)
    assert sorted(row.number for row in rows) == [1, 2, 3, 4, 5]
    at_office = {int(one.body["CbteDesde"]): one.body["CAE"] for one in arca.issued()}
    assert {row.number: row.authorisation for row in rows} == at_office
    assert not InvoiceSeries.objects.get().is_frozen


def test_control_without_the_lease_the_second_writer_finds_another_last_number(
    arca: Office, monkeypatch: Any
):
    """Both have asked for the last number before one of them takes the next."""
    make_order()
    issuing.issue_due()
    series = InvoiceSeries.objects.get()
    drafts = [Invoice.objects.get(order=make_order()) for _n in range(2)]
    Invoice.objects.filter(status="draft").update(series=series)
    both = threading.Barrier(2, timeout=PATIENCE)

    def one_document(key: UUID) -> None:
        own = writer.Writer(series, "test")
        asked = own._office.last_number

        def last_number(key: Any) -> int:
            number = asked(key)
            both.wait()
            return number

        own._next = lambda: Invoice.objects.get(pk=key)  # type: ignore[method-assign]
        own._office.last_number = last_number  # type: ignore[method-assign, assignment]
        next(own.documents(), None)

    assert not surprises(together([partial(one_document, draft.pk) for draft in drafts]))
    series.refresh_from_db()
    assert series.is_frozen


def environment(values: dict[str, Any]) -> dict[str, str]:
    """Return the settings of the shop that asks ARCA, as a process of its own reads them."""
    named = {name: str(value) for name, value in values.items() if name != "ARCA_CUIT"}
    return shop_environment() | named | {"ARCA_TIMEOUT": "5"}


def some_hours_later(office: Office) -> None:
    """Let every lease, pause and ticket be over."""
    InvoiceSeries.objects.update(busy_until=None)
    FiscalTicket.objects.update(busy_until=None, not_before=None, sealed="", expires_at=None)
    office.handle.sandbox.store.run("DELETE FROM objects WHERE kind = 'arca.ticket'")
    due_now()


def test_a_worker_killed_at_any_step_leaves_one_document_at_arca(
    arca: Office, office: tuple[Office, dict[str, Any]]
):
    process = KilledProcess(environment(office[1]))
    deaths = 0
    try:
        for step in range(1, MOST, STRIDE):
            order = make_order()
            row = Invoice.objects.get(order=order)
            status = process.do("issue", row.pk, dies_at=step)
            for _turn in range(3):
                some_hours_later(arca)
                issuing.issue_due()
            row.refresh_from_db()
            assert row.status == "authorised", (step, row.status, row.last_error)
            at_office = [one for one in arca.issued() if one.body["CAE"] == row.authorisation]
            assert len(at_office) == 1, step
            assert int(at_office[0].body["CbteDesde"]) == row.number
            assert InvoiceFile.objects.filter(invoice=row).count() == 1
            assert EmailLog.objects.filter(kind="invoice", trail=order.trail).count() == 1
            if status == DONE:
                break
            assert status == KILLED
            deaths += 1
    finally:
        process.end()
    assert deaths > 5
    assert len(arca.issued()) == Invoice.objects.count() == deaths + 1
    assert not InvoiceSeries.objects.get().is_frozen
    assert broken_numbers() == []


def test_a_worker_killed_at_any_step_of_a_receipt_leaves_one_number():
    process = KilledProcess(shop_environment())
    deaths = 0
    try:
        for step in range(1, MOST, STRIDE):
            order = make_order()
            row = Invoice.objects.get(order=order)
            status = process.do("issue", row.pk, dies_at=step)
            due_now()
            issuing.issue_due()
            row.refresh_from_db()
            assert (row.status, row.number) == ("authorised", deaths + 1), step
            assert InvoiceFile.objects.filter(invoice=row).count() == 1
            assert EmailLog.objects.filter(kind="invoice", trail=order.trail).count() == 1
            if status == DONE:
                break
            deaths += 1
    finally:
        process.end()
    assert deaths > 1
    assert broken_numbers() == []
