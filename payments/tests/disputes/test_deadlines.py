"""Disputes for staff and job: deadlines reminded of once, answers recorded, evidence ticked."""

from datetime import timedelta

import pytest
from django.core import mail
from django.utils import timezone

from payments.disputes import disputes
from payments.models import Dispute, DisputeEvidence
from payments.reconciliation import due_disputes
from payments.tests.disputes.test_disputes import STAFF, mails, paid, settled
from payments.tests.world import World

pytestmark = pytest.mark.django_db


def an_open_dispute(providers: World, days: float = 10) -> Dispute:
    attempt, there = paid(providers, "stripe")
    providers.dispute(attempt, there, days=days)
    settled(attempt)
    return Dispute.objects.get()


def test_deadlines_are_reminded_of_once_each(providers: World):
    dispute = an_open_dispute(providers)
    deadline = dispute.respond_by
    snapshot = [
        disputes.remind_due(now=deadline - timedelta(days=days, minutes=minutes))
        for days, minutes in ((4, 0), (3, 1), (2, 30), (2, 20), (1, 1), (0, 30), (0, 20), (-1, 0))
    ]
    assert snapshot == [0, 0, 1, 0, 0, 1, 0, 0]
    assert mails("dispute_reminder") == 2


def test_a_job_that_slept_reminds_only_once(providers: World):
    dispute = an_open_dispute(providers)
    assert disputes.remind_due(now=dispute.respond_by - timedelta(hours=5)) == 1
    assert disputes.remind_due(now=dispute.respond_by - timedelta(hours=4)) == 0


def test_who_was_told_late_is_not_reminded_at_once(providers: World):
    dispute = an_open_dispute(providers, days=2)
    assert disputes.remind_due() == 0
    assert disputes.remind_due(now=dispute.respond_by - timedelta(hours=20)) == 1


def test_an_answered_dispute_is_not_reminded_of(providers: World):
    dispute = an_open_dispute(providers)
    disputes.note_answer(dispute, actor=STAFF, note="sent the tracking number")
    assert disputes.remind_due(now=dispute.respond_by - timedelta(hours=5)) == 0
    assert dispute.notes.get().text == "sent the tracking number"


def test_an_ended_dispute_takes_no_answer(providers: World):
    attempt, there = paid(providers, "stripe")
    providers.dispute(attempt, there)
    providers.decide_dispute(attempt, there, "lose")
    settled(attempt)
    with pytest.raises(disputes.Closed):
        disputes.note_answer(Dispute.objects.get(), actor=STAFF)


def test_the_days_of_reminding_are_a_setting(providers: World, settings):
    settings.DISPUTE_REMINDER_DAYS = []
    dispute = an_open_dispute(providers)
    assert disputes.remind_due(now=dispute.respond_by - timedelta(hours=5)) == 0


def test_a_provider_that_does_not_answer_is_asked_again_later(providers: World):
    dispute = an_open_dispute(providers)
    Dispute.objects.update(next_fetch_at=timezone.now())
    providers.fault("http_500", "stripe", count=None)
    assert due_disputes.run_due()["failed"] == 1
    dispute.refresh_from_db()
    assert dispute.next_fetch_at > timezone.now()


def test_the_checklist_is_ticked_with_a_name(providers: World):
    dispute = an_open_dispute(providers)
    row = dispute.evidence.get(kind=DisputeEvidence.Kind.TRACKING)
    disputes.mark(row, is_ready=True, note="Andreani 1234", actor=STAFF)
    row.refresh_from_db()
    assert (row.is_ready, row.note, row.marked_by) == (True, "Andreani 1234", STAFF)
    # An answer of the provider leaves it as it is.
    settled(dispute.payment.attempt)
    row.refresh_from_db()
    assert row.is_ready
    assert mail.outbox == []
