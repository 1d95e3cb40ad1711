"""The mails that the shop has sent: files in the stack's folder, as its mail backend of the demo writes them."""

import re
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy

from tests.journeys.stack import Stack

# Django's file backend ends each message with such a line.
_END = b"-" * 79
_LINK = re.compile(r"https?://[^\s<>\"')]+")


@dataclass(frozen=True)
class Mail:
    """A mail as its reader gets it."""

    subject: str
    text: str
    html: str

    def link(self, part: str) -> str:
        """Return the only address in the text that contains `part`; the HTML has it too."""
        found: str
        (found,) = {one for one in _LINK.findall(self.text) if part in one}
        assert found in self.html.replace("&amp;", "&")
        return found


def mail(stack: Stack, kind: str, to: str, *, number: int = 1) -> Mail:
    """Wait until so many mails of a kind have been sent to an address, no more; return the last."""
    sent(
        stack,
        "SELECT count(*) FROM core_emaillog WHERE kind = %s AND lower(\"to\") = %s AND status = 'sent'",
        kind,
        to.lower(),
        equals=number,
    )
    key = stack.value(
        'SELECT id FROM core_emaillog WHERE kind = %s AND lower("to") = %s ORDER BY created_at DESC LIMIT 1',
        kind,
        to.lower(),
    )
    return _read(stack, str(key))


def received(stack: Stack, to: str, expected: dict[str, int]) -> None:
    """Wait until as many mails as expected have been sent to an address, then check how many there are of each kind.

    Mails with invoices are left out: the job of invoices sends those whose paper was not made at once.
    """
    of_buyer = "FROM core_emaillog WHERE lower(\"to\") = %s AND kind <> 'invoice'"
    count = f"SELECT count(*) {of_buyer} AND status = 'sent'"
    sent(stack, count, to.lower(), equals=sum(expected.values()))
    rows = stack.rows(f"SELECT kind, count(*) AS mails {of_buyer} GROUP BY kind", to.lower())
    assert {row["kind"]: row["mails"] for row in rows} == expected


def sent(stack: Stack, query: str, *parameters: object, equals: int) -> None:
    """Wait for mails; what the worker leaves to the outbox's job, because another mail was being sent, that job sends."""
    for _try in range(10):
        with suppress(AssertionError):
            return stack.eventually(query, *parameters, equals=equals, seconds=5)
        stack.manage("send_outbox")
    return stack.eventually(query, *parameters, equals=equals)


def _read(stack: Stack, key: str) -> Mail:
    for file in (stack.folder / "mails").glob("*.log"):
        for data in file.read_bytes().split(_END):
            message = message_from_bytes(data.lstrip(), policy=policy.default)
            if key not in (message["Message-ID"] or ""):
                continue
            bodies = {
                kind: body.get_content()
                for kind in ("plain", "html")
                if (body := message.get_body((kind,))) is not None
            }
            return Mail(message["Subject"], bodies["plain"], bodies.get("html", ""))
    raise AssertionError(f"no file has the mail {key}")
