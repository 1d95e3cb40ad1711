"""Counts how often the database is asked: several statements in one round trip count once."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from shop.core.database.postgresql.cursor import Cursor


@contextmanager
def counted() -> Iterator[list[str]]:
    """Yield the list of what is sent to the database meanwhile, a text for each round trip."""
    sent: list[str] = []
    whole = Cursor._with_riding

    def watched(self: Cursor, text: bytes) -> bytes:
        sent.append(whole(self, text).decode())
        return sent[-1].encode()

    with mock.patch.object(Cursor, "_with_riding", watched):
        yield sent
