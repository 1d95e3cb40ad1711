"""Counts how often the database is asked: several statements in one round trip count once."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

from shop.core.database.postgresql.cursor import Cursor


@contextmanager
def counted() -> Iterator[list[str]]:
    """Yield the list of what is sent to the database meanwhile, a text for each round trip."""
    sent: list[str] = []
    send = Cursor._execute_send

    def watched(self: Cursor, query: Any, **options: Any) -> None:
        send(self, query, **options)
        sent.append(query.query.decode())

    with mock.patch.object(Cursor, "_execute_send", watched):
        yield sent
