"""The mail outbox (SEEDS row 23): a mail is a row written with the act that causes it, and a job sends it.

`queue` renders the mail now and writes its row in the caller's transaction: act and mail live or die together.
`send_due` claims rows one at a time (`SKIP LOCKED`, compare-and-set to `sending` with a lease), speaks SMTP outside
every transaction, and settles the row where its claim is still the last one.

What cannot be had without the mail server's help is *exactly once*: when the process dies between the server's 250
and our UPDATE, the lease runs out and the mail is sent a second time. It is never sent a third time for that reason:
a claim that lapses twice in a row ends as `failed`, for people to look at. Every try carries the same Message-ID, by
which most mail programs hide the twin.
"""

import logging
from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from smtplib import SMTPConnectError, SMTPRecipientsRefused, SMTPResponseException, SMTPServerDisconnected
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models.functions import Now
from django.template.exceptions import TemplateDoesNotExist
from django.template.loader import get_template, render_to_string
from django.utils import translation

from shop.core.context import shop_facts
from shop.core.jobs import dispatch
from shop.core.models import EmailLog
from shop.core.redaction import mask_secrets

if TYPE_CHECKING:
    from shop.accounts.models import User

log = logging.getLogger(__name__)

LEASE: Final = timedelta(minutes=5)
# Waits between tries; after the last one the mail has failed. Together about nine hours.
BACK_OFF: Final = tuple(timedelta(minutes=minutes) for minutes in (1, 2, 5, 15, 30, 60, 120, 300))
MAX_ATTEMPTS: Final = len(BACK_OFF) + 1
_LAPSED: Final = "The try before this one ended without an answer; the mail may arrive twice."


def queue(
    *,
    kind: str,
    to: str,
    template: str,
    context: Mapping[str, Any],
    dedupe_key: str,
    language: str,
    user: "User | None" = None,
    trail: UUID | None = None,
) -> EmailLog:
    """Render a mail and write its row in the caller's transaction; the sending job is woken after commit.

    `template` names `templates/mail/<template>.{subject.txt,txt,html}` (the HTML twin is optional), rendered in
    `language` with the shop's facts as `shop` and its address as `site_url`. The same `dedupe_key` again returns the
    row there is and writes nothing, whoever was first.
    """
    subject, text, html = render(template, context, language)
    return enqueue(
        kind=kind,
        to=to,
        subject=subject,
        text=text,
        html=html,
        dedupe_key=dedupe_key,
        language=language,
        user=user,
        trail=trail,
    )


def enqueue(
    *,
    kind: str,
    to: str,
    subject: str,
    text: str,
    html: str,
    dedupe_key: str,
    language: str,
    user: "User | None" = None,
    trail: UUID | None = None,
) -> EmailLog:
    """Write the row of a mail that is rendered already (as django-allauth's are); otherwise like `queue`."""
    row = EmailLog(
        kind=kind,
        to=to,
        subject=" ".join(subject.split())[:300],
        text=text,
        html=html,
        dedupe_key=dedupe_key,
        language=language,
        user=user,
        trail=trail,
    )
    # ON CONFLICT DO NOTHING waits for a rival's transaction, so the row is there to be read afterwards.
    EmailLog.objects.bulk_create([row], ignore_conflicts=True)
    kept = EmailLog.objects.get(dedupe_key=dedupe_key)
    if kept.pk == row.pk:
        from shop.core.tasks import send_email

        transaction.on_commit(partial(dispatch, send_email, str(row.pk)))
    return kept


def render(template: str, context: Mapping[str, Any], language: str) -> tuple[str, str, str]:
    """Return subject, text and HTML of `templates/mail/<template>.*` in `language` (HTML may be empty)."""
    with translation.override(language):
        full = {"shop": shop_facts(), "site_url": settings.SITE_URL, "language": language, **context}
        subject = " ".join(render_to_string(f"mail/{template}.subject.txt", full).split())
        text = render_to_string(f"mail/{template}.txt", full).strip() + "\n"
        try:
            page = get_template(f"mail/{template}.html")
        except TemplateDoesNotExist:
            return subject, text, ""
        return subject, text, page.render(full)


def send_due(limit: int = 50) -> dict[str, int]:
    """Send up to `limit` mails that are due, oldest first; return how many were sent, put off and given up.

    The batch ends early when the mail server cannot be reached: the rest stays due and nobody waits for each of them.
    """
    counts = {"sent": 0, "retry": 0, "failed": 0}
    connection = get_connection()
    try:
        for _turn in range(limit):
            row = _claim()
            if row is None:
                break
            outcome, reachable = _send(row, connection)
            counts[outcome] += 1
            if not reachable:
                break
    finally:
        connection.close()
    return counts


def send_one(email_id: UUID | str) -> str:
    """Send one mail if it is due; return `sent`, `retry`, `failed`, or `skipped` when somebody else has it."""
    row = _claim(email_id)
    if row is None:
        return "skipped"
    connection = get_connection()
    try:
        outcome, _reachable = _send(row, connection)
    finally:
        connection.close()
    return outcome


def send_again(email: EmailLog) -> bool:
    """Put a failed mail back into the queue, with all its tries; say whether it was failed (compare-and-set)."""
    changed = EmailLog.objects.filter(pk=email.pk, status=EmailLog.Status.FAILED).update(
        status=EmailLog.Status.QUEUED, attempts=0, error="", next_try_at=Now(), updated_at=Now()
    )
    if changed:
        from shop.core.tasks import send_email

        transaction.on_commit(partial(dispatch, send_email, str(email.pk)))
    return bool(changed)


def _claim(email_id: UUID | str | None = None) -> EmailLog | None:
    """Take the oldest due mail (or the one named) for `LEASE`, by the database's clock; None when there is none."""
    due = EmailLog.objects.filter(
        status__in=[EmailLog.Status.QUEUED, EmailLog.Status.SENDING], next_try_at__lte=Now()
    )
    if email_id is not None:
        due = due.filter(pk=email_id)
    while True:
        with transaction.atomic():
            row = due.order_by("next_try_at").select_for_update(skip_locked=True).first()
            if row is None:
                return None
            lapsed = row.status == EmailLog.Status.SENDING
            given_up = lapsed and (row.error == _LAPSED or row.attempts >= MAX_ATTEMPTS)
            row.attempts += 0 if given_up else 1
            row.error = _LAPSED if lapsed else row.error
            row.status = EmailLog.Status.FAILED if given_up else EmailLog.Status.SENDING
            EmailLog.objects.filter(pk=row.pk).update(
                status=row.status,
                attempts=row.attempts,
                error=row.error,
                next_try_at=Now() + LEASE,
                updated_at=Now(),
            )
        if not given_up:
            return row
        log.error("Mail %s given up: its sender died twice", row.pk)


def _send(row: EmailLog, connection: BaseEmailBackend) -> tuple[str, bool]:
    """Send a claimed mail outside every transaction and settle its row; say how, and whether the server answered."""
    try:
        _message(row, connection).send()
    except Exception as error:  # noqa: BLE001  (any backend's error is kept on the row and tried again)
        connection.close()
        return _put_off(row, error), not _is_unreachable(error)
    _settle(row, status=EmailLog.Status.SENT, sent_at=Now(), error=row.error if row.error == _LAPSED else "")
    return "sent", True


def _put_off(row: EmailLog, error: Exception) -> str:
    """Keep the error and plan the next try, or give up after the last one or on a permanent refusal."""
    text = mask_secrets(f"{type(error).__name__}: {error}")[:2000]
    if row.attempts >= MAX_ATTEMPTS or _is_permanent(error):
        log.error("Mail %s to %s failed for good: %s", row.pk, row.kind, text)
        _settle(row, status=EmailLog.Status.FAILED, error=text)
        return "failed"
    _settle(row, status=EmailLog.Status.QUEUED, error=text, next_try_at=Now() + BACK_OFF[row.attempts - 1])
    return "retry"


def _settle(row: EmailLog, **values: Any) -> None:
    """Write the end of a try, only where this claim is still the last one (compare-and-set)."""
    mine = EmailLog.objects.filter(pk=row.pk, status=EmailLog.Status.SENDING, attempts=row.attempts)
    if not mine.update(updated_at=Now(), **values):
        log.warning("Mail %s was claimed by somebody else before its end was written", row.pk)


def _message(row: EmailLog, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    """Build the mail; its Message-ID is the row's, so that a second copy is known as one."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    message = EmailMultiAlternatives(
        subject=row.subject,
        body=row.text,
        to=[row.to],
        connection=connection,
        headers={"Message-ID": f"<{row.pk}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    if row.html:
        message.attach_alternative(row.html, "text/html")
    return message


def _is_permanent(error: Exception) -> bool:
    """Say whether trying again cannot help: the server refused the recipient or the mail with a 5xx (RFC 5321)."""
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= 500 for code, _text in error.recipients.values())
    if isinstance(error, SMTPConnectError):
        return False
    return isinstance(error, SMTPResponseException) and error.smtp_code in {550, 551, 553, 554, 556}


def _is_unreachable(error: Exception) -> bool:
    """Say whether the server itself is away, so that the next mail would only wait as long."""
    if isinstance(error, (SMTPServerDisconnected, SMTPConnectError)):
        return True
    return isinstance(error, OSError) and not isinstance(
        error, (SMTPRecipientsRefused, SMTPResponseException)
    )
