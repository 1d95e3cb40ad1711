"""Jobs of the pool in tests: done at once in the test's own thread, whose transaction no other connection sees.

A test of the pool itself commits its rows (`transaction=True`) and asks for `threads_of_the_pool`.
"""

from collections.abc import Callable, Iterator

import pytest


@pytest.fixture(autouse=True)
def _jobs_in_place(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "threads_of_the_pool" in request.fixturenames:
        return
    from shop.core.protection import pool
    from shop.core.protection.pool import Job

    def at_once(
        party: str, key: str, act: Callable[[], object], *, on_call: Callable[[], None]
    ) -> Job[object]:
        job: Job[object] = Job(party, key, on_call)
        try:
            job.future.set_result(act())
        except Exception as error:  # noqa: BLE001  (whoever waits for the job raises it)
            job.future.set_exception(error)
        return job

    monkeypatch.setattr(pool, "submit", at_once)


@pytest.fixture
def threads_of_the_pool() -> Iterator[None]:
    """Let jobs run in the pool's threads, as in a shop; their connections are closed at the end."""
    from shop.core.protection import pool

    yield
    pool.close()
