"""Counts how often the database is asked: several statements in one round trip count once."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest import mock

from shop.core.database.postgresql.cursor import Riding


@contextmanager
def counted() -> Iterator[list[str]]:
    """Yield the list of what is sent to the database meanwhile, a text for each round trip."""
    sent: list[str] = []
    take = Riding.take

    def watched(self: Riding, text: bytes) -> tuple[bytes, int]:
        whole, number = take(self, text)
        sent.append(whole.decode())
        return whole, number

    with mock.patch.object(Riding, "take", watched):
        yield sent
