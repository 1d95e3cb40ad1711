"""SMTP with the time-outs of the standard, and an exception for a mail that may have been accepted.

A server that has the whole mail may need long for its answer: it checks for spam and viruses first. RFC 5321 §4.5.3.2.6
asks the sender to wait ten minutes there (https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.2), since giving up and
trying again delivers the mail twice. Everything before that answer has the ordinary time-out (`EMAIL_TIMEOUT`): a mail
that was not transmitted whole has not been accepted.
"""

import select
import smtplib
import ssl
import time
from collections.abc import Callable
from typing import Any, Final

from django.conf import settings
from django.core.mail.backends.smtp import EmailBackend as DjangoBackend

# Interval of the heartbeat while the answer is waited for, in seconds.
_BEAT: Final = 20


class NoAnswer(Exception):
    """The server has the whole mail and did not answer: it may or may not arrive."""


class _Patient:
    """`smtplib.SMTP` with a long time-out for the answer to the mail itself only."""

    # Called at intervals while the answer is waited for.
    on_wait: Callable[[], None]
    sock: Any
    file: Any
    _replies: int | None = None

    def data(self, msg: Any) -> Any:
        """Send the mail; of the two replies the second is the answer to it (RFC 5321 §4.1.1.4)."""
        self._replies = 0
        try:
            return super().data(msg)  # type: ignore[misc]
        finally:
            self._replies = None

    def getreply(self) -> Any:
        """Read one reply.

        Raises:
            NoAnswer: there was none to the mail itself, or a malformed one.
        """
        if self._replies is None:
            return super().getreply()  # type: ignore[misc]
        self._replies += 1
        if self._replies == 1:
            return super().getreply()  # type: ignore[misc]
        try:
            self._wait()
            code, words = super().getreply()  # type: ignore[misc]
        except Exception as error:
            # Also a task's time limit: the outcome is then unknown, too.
            self.close()  # type: ignore[attr-defined]
            raise NoAnswer(f"{type(error).__name__}: {error}") from error
        if code == -1:
            raise NoAnswer("The answer was not one of SMTP.")
        return code, words

    def _wait(self) -> None:
        """Return when the server has sent something or has closed the connection."""
        until = time.monotonic() + settings.EMAIL_ANSWER_TIMEOUT
        while (left := until - time.monotonic()) > 0:
            if isinstance(self.sock, ssl.SSLSocket) and self.sock.pending():
                return
            if select.select([self.sock], [], [], min(left, _BEAT))[0]:
                return
            self.on_wait()
        raise TimeoutError(f"no answer within {settings.EMAIL_ANSWER_TIMEOUT} s")


class _Plain(_Patient, smtplib.SMTP):
    pass


class _Encrypted(_Patient, smtplib.SMTP_SSL):
    pass


class EmailBackend(DjangoBackend):
    """Django's SMTP backend which waits for the answer to a mail, and raises `NoAnswer` when there was none."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.on_wait: Callable[[], None] = lambda: None

    @property
    def connection_class(self) -> Any:
        """Return the class that speaks SMTP; with `EMAIL_USE_SSL` the connection begins with TLS (RFC 8314)."""
        return _Encrypted if self.use_ssl else _Plain

    def open(self) -> bool | None:
        """Connect if need be, and set the callback for waiting."""
        opened: bool | None = super().open()
        if self.connection is not None:
            self.connection.on_wait = self._waiting  # type: ignore[attr-defined]
        return opened

    def _waiting(self) -> None:
        """Call the callback of the present mail; one connection may send several."""
        self.on_wait()

    def _close_connection(self, connection: Any) -> None:
        """Send QUIT and ignore its answer: the mail has been accepted."""
        try:
            connection.quit()
        except (smtplib.SMTPException, OSError):
            connection.close()
