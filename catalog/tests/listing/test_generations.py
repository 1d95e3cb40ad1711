"""One thread asks for the generations; the others go on with the last ones meanwhile, unless these are too old."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from catalog.listing import generations
from catalog.listing.generations import Generations, _Seen


def generation(name: str) -> Generations:
    return Generations(name, "-", {}, timezone.now(), is_exact=True, option_codes=frozenset())


@pytest.fixture
def asking(monkeypatch: pytest.MonkeyPatch, settings: Settings) -> Iterator[tuple[Event, Event]]:
    """Let reading begin and end when a test says so."""
    settings.CATALOGUE_CHECKED_EVERY = 30
    began, may_end = Event(), Event()

    def read() -> Generations:
        began.set()
        assert may_end.wait(10)
        return generation("new")

    monkeypatch.setattr(generations, "read", read)
    yield began, may_end
    may_end.set()


@pytest.mark.parametrize(("age", "meanwhile"), [(5, "old"), (40, "old"), (61, None)])
def test_what_is_known_while_another_thread_asks(
    asking: tuple[Event, Event], age: int, meanwhile: str | None
) -> None:
    began, may_end = asking
    seen = _Seen()
    seen.last = (time.monotonic() - max(age, 31), generation("old"))
    assert seen.known() is None, "nobody asks yet"
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(seen.current)
        assert began.wait(10)
        seen.last = (time.monotonic() - age, generation("old"))
        known = seen.known()
        assert (known.catalogue if known else None) == meanwhile
        may_end.set()
        assert asked.result(10).catalogue == "new"
    known = seen.known()
    assert known is not None
    assert known.catalogue == "new"
