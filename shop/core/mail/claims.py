"""Which mail of the outbox a sender takes, and whether another one is sending."""

from datetime import timedelta
from typing import Final, cast
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet
from django.db.models.functions import Now

from shop.core.database.kept_queries import KeptQuery
from shop.core.due.leases import Lease
from shop.core.due.locked import free
from shop.core.models import EmailLog

# Longer than the longest conversation: several commands, and the wait for the answer to the mail itself.
LEASE: Final = timedelta(seconds=settings.EMAIL_ANSWER_TIMEOUT + 5 * cast(int, settings.EMAIL_TIMEOUT) + 60)
# A sender updates its heartbeat at least so often while it waits; only one sends at a time.
_SIGN_OF_LIFE: Final = timedelta(seconds=60)
CLAIM: Final = Lease("next_try_at", LEASE, tries="attempts")


def is_somebody_sending() -> bool:
    """Return whether another sender is sending now. Takes a lock till the end of the transaction."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended('outbox', 0))")
    return bool(_SENDING())


def first_free(email_id: UUID | str | None = None) -> EmailLog | None:
    """Lock and return the oldest due mail that nobody has locked, or the one named; None: there is none."""
    return _FREE.first() if email_id is None else _FREE_ONE.first(UUID(str(email_id)))


def _sending() -> QuerySet[EmailLog, UUID]:
    alive = EmailLog.objects.filter(status=EmailLog.Status.SENDING, next_try_at__gt=Now())
    return alive.filter(updated_at__gt=Now() - _SIGN_OF_LIFE).order_by().values_list("pk", flat=True)[:1]


def _due() -> QuerySet[EmailLog]:
    return CLAIM.due(EmailLog.objects.filter(status__in=[EmailLog.Status.QUEUED, EmailLog.Status.SENDING]))


_SENDING: Final = KeptQuery(_sending)
_FREE: Final = KeptQuery(lambda: free(_due())[:1])
_FREE_ONE: Final = KeptQuery(lambda key: free(_due().filter(pk=key)), UUID)
