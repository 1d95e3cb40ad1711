"""Jobs of the pool begin while no page is being made, or after a moment beside them."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from shop.core.protection import pages, pool
from shop.core.protection.pool import Job

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.race,
    pytest.mark.usefixtures("threads_of_the_pool"),
]
_LONG = 60.0


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "AFTER_PAGES", _LONG)


def begin(key: str) -> Job[str]:
    return pool.submit("party", key, lambda: key, on_call=lambda: None)


def test_a_job_begins_when_the_last_page_is_made(patient: None):
    """Pages of two threads: the end of one of them is not enough."""
    other_ends, other_counts = threading.Event(), threading.Event()

    def other_page() -> None:
        with pages.being_made():
            other_counts.set()
            other_ends.wait(_LONG)

    thread = threading.Thread(target=other_page)
    thread.start()
    assert other_counts.wait(_LONG)
    with pages.being_made():
        job = begin("one")
    time.sleep(0.2)
    assert not job.is_over
    other_ends.set()
    thread.join()
    assert job.wait(_LONG)


def test_control_a_job_that_does_not_look_begins_beside_a_page(
    patient: None, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(pages, "is_any", lambda: False)
    with pages.being_made():
        assert begin("one").future.result(_LONG) == "one"


def test_where_pages_are_always_made_a_job_begins_beside_them(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pool, "AFTER_PAGES", 0.05)
    with pages.being_made():
        jobs = [begin(str(number)) for number in range(2 * pool.WORKING)]
        assert [job.future.result(_LONG) for job in jobs] == ["0", "1", "2", "3"]


def test_a_page_that_waits_for_its_job_does_not_keep_it_waiting(patient: None):
    with pages.being_made():
        assert begin("one").wait(_LONG)
        assert pages.is_any(), "it goes on with its page"


def test_who_comes_back_from_a_call_waits_for_no_page(patient: None):
    gone, answered = threading.Event(), threading.Event()

    def call() -> str:
        with pool.away():
            gone.set()
            answered.wait(_LONG)
        return "answer"

    job = pool.submit("party", "call", call, on_call=lambda: None)
    assert gone.wait(_LONG)
    with pages.being_made():
        answered.set()
        assert job.future.result(_LONG) == "answer"


def test_the_server_counts_a_request_until_its_answer_is_made_also_when_it_fails():
    seen: list[bool] = []

    def shop(environ: dict[str, Any], start_response: Any) -> Iterator[bytes]:
        seen.append(pages.is_any())
        raise ValueError(environ["PATH_INFO"])

    with pytest.raises(ValueError, match="/pagar/"):
        pages.counted(shop)({"PATH_INFO": "/pagar/"}, lambda *_arguments: None)
    assert seen == [True]
    assert not pages.is_any()
