"""The mail outbox: a mail is a row written with the act that causes it, and a job sends it.

`queue` renders the mail now and writes its row in the caller's transaction: both are committed or neither. `send_due`
claims rows one at a time (`SKIP LOCKED`, compare-and-set to `sending` with a lease), speaks SMTP outside every
transaction, and writes the result where its claim is still the last one.

*Exactly once* is impossible without the mail server's help: when the process dies between the server's 250 and our
UPDATE, the lease runs out and the mail is sent a second time; likewise when the server has the whole mail and does not
answer (`shop.core.mail.smtp`). It is never sent a third time for such reasons (`EmailLog.unanswered`): then it ends as
`failed`, for people to check. Every try carries the same Message-ID, by which most mail programs hide the duplicate.

One sender works at a time: a mail server that lets each of them wait for minutes would otherwise take every worker.
"""

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from smtplib import SMTPConnectError, SMTPRecipientsRefused, SMTPResponseException, SMTPServerDisconnected
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.template.exceptions import TemplateDoesNotExist
from django.template.loader import get_template, render_to_string
from django.utils import timezone, translation
from django.views.decorators.debug import sensitive_variables
from requests import ReadTimeout

from shop.core.database.kept_writes import KeptInsert
from shop.core.due.back_off import BackOff
from shop.core.jobs import dispatch
from shop.core.mail import claims
from shop.core.mail import secrets as mail_secrets
from shop.core.mail.secrets import Content
from shop.core.mail.smtp import NoAnswer
from shop.core.models import EmailLog
from shop.core.privacy.redaction import mask_secrets
from shop.core.privacy.vault import CannotOpen
from shop.core.web import languages
from shop.core.web.context import shop_facts

if TYPE_CHECKING:
    from shop.accounts.models import User

log = logging.getLogger(__name__)

LEASE: Final = claims.LEASE
# A batch claims no further mail after so many seconds: its task has a time limit.
_BATCH_SECONDS: Final = 60
# Waits between tries; after the last one the mail has failed. Together about nine hours.
MAX_ATTEMPTS: Final = 9
_BACK_OFF: Final = BackOff.minutes(1, 2, 5, 15, 30, 60, 120, 300, most_tries=MAX_ATTEMPTS)
_EXPIRED: Final = "The try before this one ended without an answer; the mail may arrive twice."
MAX_UNANSWERED: Final = 2
_write: Final = KeptInsert(EmailLog, unless_there=True)


@sensitive_variables()
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
    """Render a mail and write its row in the caller's transaction; the sending job is queued after commit.

    `template` names `templates/mail/<template>.{subject.txt,txt,html}` (the HTML twin is optional), rendered in
    `language` with the shop's facts as `shop` and its address as `site_url`. The same `dedupe_key` again returns the
    row there is and writes nothing, whoever was first. Secrets are hidden as `shop.core.mail.secrets` says.
    """
    context = languages.addresses_in(language, context)
    subject, text, html = render(template, context, language)
    return enqueue(
        kind=kind,
        to=to,
        subject=subject,
        text=text,
        html=html,
        # One template may write the mails of several kinds.
        secrets=mail_secrets.values(template if template in mail_secrets.KINDS else kind, context),
        dedupe_key=dedupe_key,
        language=language,
        user=user,
        trail=trail,
    )


@sensitive_variables()
def enqueue(
    *,
    kind: str,
    to: str,
    subject: str,
    text: str,
    html: str,
    secrets: Iterable[str] | None,
    dedupe_key: str,
    language: str,
    user: "User | None" = None,
    trail: UUID | None = None,
) -> EmailLog:
    """Write the row of a mail that is rendered already (as django-allauth's are); otherwise like `queue`.

    `secrets` are the secret values in it; None when they are unknown, which hides all of it from the staff.
    """
    shown, sealed = mail_secrets.hide(Content(" ".join(subject.split())[:300], text, html), secrets)
    row = EmailLog(
        kind=kind,
        to=to,
        subject=shown.subject,
        text=shown.text,
        html=shown.html,
        sealed=sealed,
        has_secrets=bool(sealed),
        dedupe_key=dedupe_key,
        language=language,
        user=user,
        trail=trail,
    )
    if not _write(row):
        return EmailLog.objects.get(dedupe_key=dedupe_key)
    transaction.on_commit(partial(dispatch, "shop.core.tasks.send_email", str(row.pk)))
    return row


@sensitive_variables()
def render(template: str, context: Mapping[str, object], language: str) -> tuple[str, str, str]:
    """Return subject, text and HTML of `templates/mail/<template>.*` in `language` (HTML may be empty)."""
    with translation.override(language):
        full = {"shop": shop_facts(), "site_url": settings.SITE_URL, "language": language}
        full |= languages.addresses_in(language, context)
        subject = " ".join(render_to_string(f"mail/{template}.subject.txt", full).split())
        text = render_to_string(f"mail/{template}.txt", full).strip() + "\n"
        try:
            page = get_template(f"mail/{template}.html")
        except TemplateDoesNotExist:
            return subject, text, ""
        return subject, text, page.render(full)


def as_sent(email: EmailLog) -> Content:
    """Return a mail's words as they are (to be) sent; of one that was sent already, with its secrets masked.

    For the sending job and for tests: it must never be shown to people.

    Raises:
        CannotOpen: it was encrypted with a key that was removed.
    """
    return (
        mail_secrets.reveal(email.sealed) if email.sealed else Content(email.subject, email.text, email.html)
    )


def send_due(limit: int = 50) -> dict[str, int]:
    """Send up to `limit` mails that are due, oldest first; return how many were sent, put off and given up.

    The batch ends early when the mail server cannot be reached or does not answer (the rest stays due), and when
    another worker is sending.
    """
    counts = {"sent": 0, "retry": 0, "failed": 0}
    connection = get_connection()
    end = time.monotonic() + _BATCH_SECONDS
    try:
        for _turn in range(limit):
            row = _claim() if time.monotonic() < end else None
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
    """Send one mail if it is due; return `sent`, `retry`, `failed`, or `skipped` when another worker has it."""
    row = _claim(email_id)
    if row is None:
        return "skipped"
    connection = get_connection()
    try:
        outcome, _reachable = _send(row, connection)
    finally:
        connection.close()
    return outcome


class SecretGone(Exception):
    """The mail cannot be sent again: its secret was removed, or is no longer valid."""


Renewal = Callable[[EmailLog], "EmailLog | None"]
_renewals: dict[str, Renewal] = {}


def renew_by(kind: str, renewal: Renewal) -> None:
    """Register what writes a mail of this kind again, with a valid link; it returns None where that is impossible."""
    _renewals[kind] = renewal


def send_again(email: EmailLog) -> bool:
    """Send a mail again on request; return whether there was anything to send.

    A failed mail goes back into the queue with all its tries (compare-and-set). One whose secret is gone is written
    again where its kind has a function for it (`renew_by`), also when it was sent.

    Raises:
        SecretGone: it cannot be written again.
    """
    waits = email.status in {EmailLog.Status.QUEUED, EmailLog.Status.SENDING}
    if not waits and email.has_secrets and not _can_be_opened(email):
        if email.kind not in _renewals or _renewals[email.kind](email) is None:
            raise SecretGone(email.kind)
        return True
    changed = EmailLog.objects.filter(pk=email.pk, status=EmailLog.Status.FAILED).update(
        status=EmailLog.Status.QUEUED, attempts=0, unanswered=0, error="", next_try_at=Now(), updated_at=Now()
    )
    if changed:
        transaction.on_commit(partial(dispatch, "shop.core.tasks.send_email", str(email.pk)))
    return bool(changed)


def forget_secrets() -> int:
    """Empty the encrypted text of mails that failed and whose secrets are no longer valid; return how many.

    Also of sent ones, should a worker of an older version have sent one.
    """
    sent = EmailLog.objects.filter(status=EmailLog.Status.SENT, has_secrets=True).exclude(sealed="")
    forgotten = sent.update(sealed="")
    failed = EmailLog.objects.filter(status=EmailLog.Status.FAILED, has_secrets=True).exclude(sealed="")
    for kind in failed.values_list("kind", flat=True).order_by("kind").distinct():
        good_for = mail_secrets.KINDS.get(kind, mail_secrets.Kind()).good_for
        forgotten += failed.filter(kind=kind, created_at__lt=Now() - good_for).update(sealed="")
    return forgotten


def _can_be_opened(email: EmailLog) -> bool:
    good_for = mail_secrets.KINDS.get(email.kind, mail_secrets.Kind()).good_for
    return bool(email.sealed) and timezone.now() - email.created_at < good_for


def _claim(email_id: UUID | str | None = None) -> EmailLog | None:
    """Take the oldest due mail (or the one named) for `LEASE`, by the database's clock.

    None when there is none, or while somebody else is sending.
    """
    while True:
        with transaction.atomic():
            if claims.is_somebody_sending():
                return None
            row = claims.first_free(email_id)
            if row is None:
                return None
            expired = row.status == EmailLog.Status.SENDING
            row.unanswered += expired
            given_up = expired and (row.unanswered >= MAX_UNANSWERED or row.attempts >= MAX_ATTEMPTS)
            row.attempts += 0 if given_up else 1
            row.error = _EXPIRED if expired else row.error
            row.status = EmailLog.Status.FAILED if given_up else EmailLog.Status.SENDING
            claims.CLAIM.keep(
                EmailLog.objects.filter(pk=row.pk),
                status=row.status,
                attempts=row.attempts,
                unanswered=row.unanswered,
                error=row.error,
                updated_at=Now(),
            )
        if not given_up:
            return row
        log.error("Mail %s given up: its sender died twice", row.pk)


def _send(row: EmailLog, connection: BaseEmailBackend) -> tuple[str, bool]:
    """Send a claimed mail outside every transaction, write and return the result, and whether the server answered."""
    content = Content(row.subject, row.text, row.html)
    try:
        content = as_sent(row)
        setattr(connection, "on_wait", partial(_sign_of_life, row))  # noqa: B010  (`shop.core.mail.smtp` calls it)
        _message(row, content, connection).send()
    except Exception as error:  # noqa: BLE001  (any backend's error is kept on the row and tried again)
        connection.close()
        return _put_off(row, error, content), not _is_unreachable(error)
    _settle(
        row, status=EmailLog.Status.SENT, sent_at=Now(), sealed="", error=_EXPIRED if row.unanswered else ""
    )
    return "sent", True


def _mine(row: EmailLog) -> "QuerySet[EmailLog]":
    """Return the mail's row as long as this claim is its last one."""
    return claims.CLAIM.mine(EmailLog.objects.filter(status=EmailLog.Status.SENDING), row)


def _sign_of_life(row: EmailLog) -> None:
    """Update the heartbeat: this sender still waits for an answer."""
    _mine(row).update(updated_at=Now())


def _put_off(row: EmailLog, error: Exception, content: Content) -> str:
    """Keep the error and plan the next try, or give up after the last one or on a permanent refusal."""
    # A mail server's refusal may quote the mail.
    text = content.without_secrets(mask_secrets(f"{type(error).__name__}: {error}"))[:2000]
    row.unanswered += _may_have_arrived(error)
    pause = None if row.unanswered >= MAX_UNANSWERED else _BACK_OFF.next(row.attempts)
    if pause is None or _is_permanent(error):
        log.error("Mail %s to %s failed for good: %s", row.pk, row.kind, text)
        _settle(row, status=EmailLog.Status.FAILED, error=text, unanswered=row.unanswered)
        return "failed"
    _settle(
        row,
        status=EmailLog.Status.QUEUED,
        error=text,
        unanswered=row.unanswered,
        next_try_at=Now() + pause,
    )
    return "retry"


def _settle(row: EmailLog, **values: object) -> None:
    """Write the end of a try, only where this claim is still the last one (compare-and-set)."""
    if not _mine(row).update(updated_at=Now(), **values):
        log.warning("Mail %s was claimed by somebody else before its end was written", row.pk)


def _message(row: EmailLog, content: Content, connection: BaseEmailBackend) -> EmailMultiAlternatives:
    """Build the mail; its Message-ID is the row's, so that a second copy is recognised."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    message = EmailMultiAlternatives(
        subject=content.subject,
        body=content.text,
        to=[row.to],
        connection=connection,
        headers={"Message-ID": f"<{row.pk}@{host}>", "Auto-Submitted": "auto-generated"},
    )
    if content.html:
        message.attach_alternative(content.html, "text/html")
    return message


def _is_permanent(error: Exception) -> bool:
    """Return whether trying again cannot help: the server refused the recipient or the mail with a 5xx (RFC 5321)."""
    if isinstance(error, CannotOpen):
        return True
    if isinstance(error, SMTPRecipientsRefused):
        return all(code >= 500 for code, _text in error.recipients.values())
    if isinstance(error, SMTPConnectError):
        return False
    return isinstance(error, SMTPResponseException) and error.smtp_code in {550, 551, 553, 554, 556}


def _may_have_arrived(error: BaseException | None) -> bool:
    """Return whether the whole mail was transmitted without an answer: by SMTP, or by a provider's API."""
    while error is not None:
        if isinstance(error, (NoAnswer, ReadTimeout)):
            return True
        error = error.__cause__ or error.__context__
    return False


def _is_unreachable(error: Exception) -> bool:
    """Return whether the server itself is unavailable, so that the next mail would fail as well."""
    if isinstance(error, (SMTPServerDisconnected, SMTPConnectError)) or _may_have_arrived(error):
        return True
    return isinstance(error, OSError) and not isinstance(
        error, (SMTPRecipientsRefused, SMTPResponseException)
    )
