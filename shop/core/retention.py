"""Retention: what is deleted, and after how long."""

from datetime import timedelta
from typing import Final

from django.contrib.sessions.models import Session
from django.db.models.functions import Now

from shop.core.mail import outbox
from shop.core.models import IdempotencyKey, JobRun, StoredAnswer

KEEP_JOB_RUNS: Final = timedelta(days=31)
KEEP_IDEMPOTENCY_KEYS: Final = timedelta(days=2)
KEEP_STORED_ANSWERS: Final = timedelta(days=1)


def purge() -> dict[str, int]:
    """Delete job runs older than a month, idempotency keys older than two days, stored answers of
    the API older than one, and sessions that have ended.

    Mails that failed lose their encrypted text when their secrets are no longer valid.

    By the database's clock; running twice is harmless.
    """
    runs, _details = JobRun.objects.filter(started_at__lt=Now() - KEEP_JOB_RUNS).delete()
    keys, _details = IdempotencyKey.objects.filter(created_at__lt=Now() - KEEP_IDEMPOTENCY_KEYS).delete()
    answers, _details = StoredAnswer.objects.filter(created_at__lt=Now() - KEEP_STORED_ANSWERS).delete()
    sessions, _details = Session.objects.filter(expire_date__lt=Now()).delete()
    return {
        "job_runs": runs,
        "idempotency_keys": keys,
        "stored_answers": answers,
        "sessions": sessions,
        "mails": outbox.forget_secrets(),
    }
