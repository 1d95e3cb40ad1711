"""A real mail server in a thread that is slow, silent or refuses: which mail is delivered how often."""

import socketserver
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.mail import EmailMessage, get_connection
from django.db.models.functions import Now
from pytest_django.fixtures import Settings

from shop.core.mail import outbox, smtp
from shop.core.models import EmailLog

pytestmark = pytest.mark.django_db
Status = EmailLog.Status


class _Talk(socketserver.StreamRequestHandler):
    """One SMTP connection; the server decides the answers after DATA."""

    def handle(self) -> None:
        server: Any = self.server
        self.say("220 hi")
        while line := self.rfile.readline():
            verb = line.strip().upper().decode()
            if verb.startswith(server.mute_at):
                server.reservation.wait(30)
                return
            if verb == "DATA":
                self.say("354 go")
                server.mails.append(self.body())
                if not self.answer(server):
                    return
            elif verb == "QUIT":
                server.quits += 1
                self.say(server.farewell)
                return
            else:
                self.say("250 ok")

    def answer(self, server: Any) -> bool:
        manner = server.manners.pop(0) if server.manners else "250 taken"
        if manner == "hang up":
            return False
        if manner == "mute":
            server.reservation.wait(30)
            return False
        if manner == "slow":
            time.sleep(1.5)
            manner = "250 taken"
        self.say(manner)
        return True

    def body(self) -> str:
        lines = []
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            lines.append(line.decode())
        return "".join(lines)

    def say(self, words: str) -> None:
        self.wfile.write(f"{words}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True


@pytest.fixture
def server(settings: Settings) -> Iterator[Any]:
    with _Server(("127.0.0.1", 0), _Talk) as running:
        found: Any = running
        found.mails, found.manners, found.quits = [], [], 0
        found.mute_at, found.farewell, found.reservation = "NEVER", "221 bye", threading.Event()
        threading.Thread(target=running.serve_forever, daemon=True).start()
        settings.EMAIL_BACKEND = "shop.core.mail.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = found.server_address
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_TIMEOUT, settings.EMAIL_ANSWER_TIMEOUT = 1, 20
        yield found
        found.reservation.set()
        running.shutdown()


def queued() -> EmailLog:
    return outbox.enqueue(
        kind="test",
        to="ana@example.com",
        subject="Hola",
        text="Texto",
        html="",
        secrets=(),
        dedupe_key="k",
        language="es",
    )


def due_again() -> None:
    EmailLog.objects.update(next_try_at=Now() - timedelta(seconds=1))


def test_an_answer_that_takes_longer_than_the_other_steps_may_is_waited_for(server):
    server.manners = ["slow"]
    row = queued()

    assert outbox.send_due()["sent"] == 1

    row.refresh_from_db()
    assert (row.status, row.error) == (Status.SENT, "")
    assert len(server.mails) == 1


@pytest.mark.parametrize("manner", ["mute", "hang up", "what?"])
def test_a_mail_of_which_nobody_knows_the_end_is_tried_once_more_at_most(server, settings, manner):
    settings.EMAIL_ANSWER_TIMEOUT = 1
    server.manners = [manner, manner, manner]
    row = queued()

    assert outbox.send_due() == {"sent": 0, "retry": 1, "failed": 0}
    for _turn in range(3):
        due_again()
        outbox.send_due()

    row.refresh_from_db()
    assert (row.status, row.unanswered) == (Status.FAILED, 2)
    assert "NoAnswer" in row.error
    assert len(server.mails) == 2
    assert len({line for text in server.mails for line in text.splitlines() if "Message-ID" in line}) == 1


def test_the_doubt_is_remembered_over_a_try_that_never_reached_the_server(server, settings):
    settings.EMAIL_ANSWER_TIMEOUT = 1
    server.manners = ["hang up", "hang up"]
    row = queued()
    outbox.send_due()
    server.mute_at = "MAIL"
    due_again()
    assert outbox.send_due()["retry"] == 1
    server.mute_at = "NEVER"
    due_again()

    assert outbox.send_due()["failed"] == 1
    row.refresh_from_db()
    assert row.unanswered == 2


@pytest.mark.parametrize("step", ["EHLO", "MAIL", "RCPT"])
def test_silence_before_the_mail_was_handed_over_is_tried_again_as_always(server, step):
    server.mute_at = step
    row = queued()

    assert outbox.send_due()["retry"] == 1

    row.refresh_from_db()
    assert (row.status, row.unanswered) == (Status.QUEUED, 0)
    server.mute_at = "NEVER"
    due_again()
    assert outbox.send_due()["sent"] == 1


def test_a_server_that_takes_leave_rudely_has_taken_the_mail_all_the_same(server):
    server.farewell = "x" * 9000
    queued()

    assert outbox.send_due()["sent"] == 1
    assert server.quits == 1


def test_whoever_waits_for_an_answer_gives_a_sign_of_life_and_others_do_not_begin(server, monkeypatch):
    monkeypatch.setattr(smtp, "_BEAT", 0.2)
    server.manners = ["slow"]
    queued()
    seen: list[EmailLog | None] = []
    connection: Any = get_connection()
    row = outbox._claim()
    assert row
    connection.on_wait = lambda: seen.append(outbox._claim())
    EmailLog.objects.create(kind="test", to="b@example.com", text="x", dedupe_key="other")

    EmailMessage("s", "t", to=["ana@example.com"], connection=connection).send()

    assert seen
    assert set(seen) == {None}
    due_again()
    assert outbox._claim() is not None, "a sender whose lease is over holds up nobody"


def test_a_worker_that_died_while_sending_stops_the_mails_for_a_minute_at_most():
    queued()
    assert outbox._claim()
    EmailLog.objects.create(kind="test", to="b@example.com", text="x", dedupe_key="other")
    assert outbox._claim() is None

    EmailLog.objects.filter(status=Status.SENDING).update(updated_at=Now() - timedelta(seconds=61))

    assert outbox._claim() is not None
