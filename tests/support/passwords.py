"""Passwords in tests: Django's own algorithm with one round instead of a million.

What is stored looks the same and is judged by the same code; each hash costs microseconds instead of half a second.
The processes that tests start (journeys, chaos) are shops like any other and hash with all rounds.
"""

from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def _one_round() -> Iterator[None]:
    from django.contrib.auth.hashers import PBKDF2PasswordHasher

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PBKDF2PasswordHasher, "iterations", 1)
        yield
