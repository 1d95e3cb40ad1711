"""The outbox: written with the act, sent once, retried, given up, and sent at most twice when the sender is killed."""

import smtplib
import threading
from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import timezone
from kombu.exceptions import OperationalError

from shop.core.mail import outbox
from shop.core.mail.secrets import Content
from shop.core.models import EmailLog
from shop.core.tasks import send_email

pytestmark = pytest.mark.django_db
Status = EmailLog.Status


def queued(key: str = "k1", **values: Any) -> EmailLog:
    return outbox.enqueue(
        **{
            "kind": "test",
            "to": "ana@example.com",
            "subject": "Hola",
            "text": "Texto",
            "html": "<p>Texto</p>",
            "secrets": (),
            "dedupe_key": key,
            "language": "es",
            **values,
        }
    )


def due_again(row: EmailLog) -> None:
    EmailLog.objects.filter(pk=row.pk).update(next_try_at=Now() - timedelta(seconds=1))


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the mail server answer with whatever error the test sets."""

    class Server:
        error: Exception | None = smtplib.SMTPServerDisconnected("gone")
        tries = 0

    def send_messages(self, messages: Any) -> int:
        Server.tries += 1
        if Server.error:
            raise Server.error
        return len(messages)

    monkeypatch.setattr("django.core.mail.backends.locmem.EmailBackend.send_messages", send_messages)
    return Server


def test_a_mail_is_sent_with_both_bodies_and_a_message_id_of_its_row():
    row = queued()

    assert outbox.send_due() == {"sent": 1, "retry": 0, "failed": 0}

    message = mail.outbox[0]
    assert isinstance(message, mail.EmailMultiAlternatives)
    assert (message.subject, message.body, message.to) == ("Hola", "Texto", ["ana@example.com"])
    assert message.alternatives[0] == ("<p>Texto</p>", "text/html")
    assert str(row.pk) in message.extra_headers["Message-ID"]
    row.refresh_from_db()
    assert row.status == Status.SENT
    assert row.sent_at
    assert outbox.send_due()["sent"] == 0


def test_the_same_key_again_returns_the_row_there_is():
    first = queued(subject="First")

    again = queued(subject="Second")

    assert again.pk == first.pk
    assert EmailLog.objects.get().subject == "First"


def test_a_template_is_rendered_in_the_mails_language_with_the_shops_facts(settings, tmp_path):
    folder = tmp_path / "mail"
    folder.mkdir()
    (folder / "x.subject.txt").write_text("{{ shop.name }}:\n {{ word }}")
    (folder / "x.txt").write_text("{% load i18n %}{% get_current_language as L %}{{ L }} {{ site_url }}")
    settings.TEMPLATES = [
        {"BACKEND": "django.template.backends.django.DjangoTemplates", "DIRS": [tmp_path], "OPTIONS": {}}
    ]

    subject, text, html = outbox.render("x", {"word": "Hola"}, "pt-br")

    assert subject == f"{settings.SHOP_NAME}: Hola"
    assert text == f"pt-br {settings.SITE_URL}\n"
    assert html == ""


def test_an_act_that_is_undone_leaves_no_mail_and_wakes_nobody(django_capture_on_commit_callbacks):
    def act() -> None:
        with transaction.atomic():
            queued()
            raise LookupError

    with django_capture_on_commit_callbacks() as callbacks, pytest.raises(LookupError):
        act()

    assert not EmailLog.objects.exists()
    assert callbacks == []


def test_a_broker_that_is_down_does_not_break_the_act(monkeypatch, django_capture_on_commit_callbacks):
    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("no broker")

    monkeypatch.setattr(send_email, "apply_async", refuse)

    with django_capture_on_commit_callbacks(execute=True) as callbacks:
        queued()

    assert len(callbacks) == 1
    assert outbox.send_due()["sent"] == 1


def test_a_server_that_is_away_puts_the_mail_off_and_ends_the_batch(broken):
    rows = [queued(f"k{number}") for number in range(3)]

    assert outbox.send_due() == {"sent": 0, "retry": 1, "failed": 0}

    assert broken.tries == 1
    tried = EmailLog.objects.get(attempts=1)
    assert tried.status == Status.QUEUED
    assert "gone" in tried.error
    assert tried.next_try_at > timezone.now() + timedelta(seconds=30)
    assert (
        EmailLog.objects.filter(pk__in=[row.pk for row in rows], attempts=0, status=Status.QUEUED).count()
        == 2
    )


def test_after_the_last_try_the_mail_has_failed_and_can_be_sent_again_by_hand(broken):
    row = queued()
    for _number in range(outbox.MAX_ATTEMPTS):
        due_again(row)
        outbox.send_due()
    row.refresh_from_db()
    assert (row.status, row.attempts) == (Status.FAILED, outbox.MAX_ATTEMPTS)

    due_again(row)
    assert outbox.send_due() == {"sent": 0, "retry": 0, "failed": 0}

    broken.error = None
    assert outbox.send_again(row)
    assert not outbox.send_again(row)
    assert outbox.send_due()["sent"] == 1


@pytest.mark.parametrize(
    ("error", "end"),
    [
        (smtplib.SMTPRecipientsRefused({"ana@example.com": (550, b"no such user")}), "failed"),
        (smtplib.SMTPRecipientsRefused({"ana@example.com": (450, b"later")}), "retry"),
        (smtplib.SMTPDataError(554, b"refused"), "failed"),
        (smtplib.SMTPDataError(421, b"busy"), "retry"),
        (smtplib.SMTPConnectError(554, b"not now"), "retry"),
        (TimeoutError("slow"), "retry"),
    ],
)
def test_a_permanent_refusal_is_not_tried_again(broken, error, end):
    broken.error = error
    queued()

    assert outbox.send_due()[end] == 1


def test_a_sender_that_dies_leaves_a_lease_and_the_mail_goes_out_twice_at_most():
    row = queued()
    assert outbox._claim() is not None
    assert outbox.send_due()["sent"] == 0, "the lease still runs"

    due_again(row)
    assert outbox._claim() is not None, "taken over once"
    due_again(row)
    assert outbox._claim() is None, "never a third time"

    row.refresh_from_db()
    assert (row.status, row.attempts) == (Status.FAILED, 2)
    assert mail.outbox == []


def test_a_sender_that_comes_back_late_does_not_overwrite_the_newer_claim():
    row = queued()
    slow = outbox._claim()
    assert slow
    due_again(row)
    newer = outbox._claim()
    assert newer

    outbox._put_off(slow, RuntimeError("late"), Content("", ""))

    row.refresh_from_db()
    assert (row.status, row.attempts) == (Status.SENDING, 2)


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_two_senders_at_once_send_each_mail_once():
    for number in range(12):
        queued(f"k{number}", to=f"a{number}@example.com")
    totals: list[int] = []

    def work() -> None:
        try:
            totals.append(outbox.send_due()["sent"])
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(totals) == 12
    assert sorted(message.to[0] for message in mail.outbox) == sorted(f"a{n}@example.com" for n in range(12))
    assert not EmailLog.objects.exclude(status=Status.SENT, attempts=1).exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.race
def test_control_without_the_claim_both_senders_send():
    """The control of the race above: two senders that read the due rows without claiming them send each mail twice."""
    queued()
    both_have_read = threading.Barrier(2)

    def work() -> None:
        try:
            rows = list(EmailLog.objects.filter(status=Status.QUEUED))
            both_have_read.wait(60)
            for row in rows:
                outbox._send(row, mail.get_connection())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(mail.outbox) == 2


def test_one_mail_is_sent_by_its_key_and_skipped_when_somebody_has_it():
    row = queued()

    assert send_email(str(row.pk)) == "sent"
    assert send_email(str(row.pk)) == "skipped"


def test_a_claim_lasts_longer_than_the_longest_conversation_with_the_mail_server(settings):
    longest = settings.EMAIL_ANSWER_TIMEOUT + 5 * settings.EMAIL_TIMEOUT
    assert outbox.LEASE.total_seconds() >= longest + 30


def test_a_sign_of_life_is_given_for_the_mail_that_is_being_sent_alone():
    now = timezone.now()
    mine, other = (queued(key) for key in ("k1", "k2"))
    EmailLog.objects.update(status=Status.SENDING, attempts=1, updated_at=now - timedelta(minutes=9))
    mine.refresh_from_db()
    outbox._sign_of_life(mine)
    mine.refresh_from_db()
    other.refresh_from_db()
    assert mine.updated_at > now - timedelta(minutes=1)
    assert other.updated_at < now - timedelta(minutes=8)


@pytest.mark.parametrize(
    ("error", "is_permanent", "is_unreachable"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b.c": (500, b"no")}), True, False),
        (smtplib.SMTPRecipientsRefused({"a@b.c": (499, b"later")}), False, False),
        (smtplib.SMTPRecipientsRefused({"a@b.c": (550, b"no"), "d@b.c": (450, b"later")}), False, False),
        (smtplib.SMTPDataError(554, b"no"), True, False),
        (smtplib.SMTPDataError(451, b"later"), False, False),
        (smtplib.SMTPConnectError(554, b"not now"), False, True),
        (OSError("no route"), False, True),
        (smtplib.SMTPServerDisconnected("gone"), False, True),
        (ValueError("a header"), False, False),
    ],
)
def test_what_the_mail_server_says_tells_whether_to_try_again_and_whether_it_is_away(
    error: Exception, is_permanent: bool, is_unreachable: bool
):
    assert outbox._is_permanent(error) is is_permanent
    assert outbox._is_unreachable(error) is is_unreachable
