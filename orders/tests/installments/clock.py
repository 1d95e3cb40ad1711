"""A clock that tests set, without models, so that a conftest may import it."""

from datetime import date, datetime, time, timedelta

import pytest
from django.utils import timezone


class Clock:
    """A clock that a test sets; the database's own goes on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.ahead = timedelta(0)
        real = timezone.now
        monkeypatch.setattr(timezone, "now", lambda: real() + self.ahead)

    def go_to(self, day: date) -> None:
        """Make it noon of this day."""
        noon = timezone.make_aware(datetime.combine(day, time(12)))
        self.ahead += noon - timezone.now()

    def pass_days(self, days: int) -> None:
        """Let so many days pass."""
        self.ahead += timedelta(days=days)
