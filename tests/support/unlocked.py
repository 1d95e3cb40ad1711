"""The locks of rows taken away, for controls that must show the race which they prevent."""

from typing import Any

import pytest
from django.db.models import QuerySet

from shop.core.database.kept_queries import Asked, KeptQuery


def without_row_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every query read without locking, also those whose SQL was written with a lock before."""
    asked = KeptQuery.asked

    def unlocked(self: KeptQuery[Any], *values: Any) -> Asked[Any]:
        return asked(KeptQuery(self._write, *self._kinds), *values)

    monkeypatch.setattr(QuerySet, "select_for_update", lambda self, *_arguments, **_options: self)
    monkeypatch.setattr(KeptQuery, "asked", unlocked)
