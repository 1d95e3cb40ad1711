"""Money that goes back without a reimbursement, and contracts that fall: each is credited, once."""

import pytest
from django.utils import timezone

from orders.installments import cancelling
from orders.invoices import issuing
from orders.models import InstallmentPlan, Invoice
from orders.tests.installments.plans import make_plan
from payments.models import Payment
from payments.settlement import settle
from payments.tests.world import World

pytestmark = pytest.mark.django_db


def issue_all() -> None:
    for _turn in range(2):
        Invoice.objects.filter(next_try_at__isnull=False).update(next_try_at=timezone.now())
        issuing.issue_due()


def test_a_refund_made_in_the_providers_panel_is_credited_once(providers: World):
    attempt = providers.begin("stripe")
    paid = providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor="test")
    issue_all()
    providers.refund_in_panel(attempt, paid, str(Payment.objects.get().amount))
    for _turn in range(2):
        settle.settle(attempt_id=attempt.pk, actor="test")
        issue_all()
    invoice = Invoice.objects.exclude(kind="credit_note").get()
    note = Invoice.objects.get(kind="credit_note")
    assert (note.status, note.total, note.related_to) == ("authorised", invoice.total, invoice)
    assert {line.kind for line in note.lines.all()} == {"sum"}


def test_a_contract_that_falls_unpaid_needs_no_document_or_is_credited_whole():
    early, late = make_plan(), make_plan()
    Invoice.objects.filter(order=early.order).update(next_try_at=None)
    issue_all()
    InstallmentPlan.objects.update(pay_first_by=timezone.now())
    cancelling.cancel_due()
    issue_all()
    assert Invoice.objects.get(order=early.order).status == "void"
    invoice = Invoice.objects.get(order=late.order, kind="receipt")
    note = Invoice.objects.get(order=late.order, kind="credit_note")
    assert (note.status, note.total) == ("authorised", invoice.total)
