"""A form's key acts once: sequentially, concurrently, and not at all when the act fails."""

import threading

import pytest
from django.db import connection

from shop.core.idempotency import once
from shop.core.models import Counter, IdempotencyKey


@pytest.mark.django_db
def test_the_second_time_nothing_is_called():
    calls: list[int] = []

    assert once("form", "key", lambda: calls.append(1)) == (None, True)
    assert once("form", "key", lambda: calls.append(2)) == (None, False)
    assert once("other", "key", lambda: calls.append(3)) == (None, True)

    assert calls == [1, 3]


@pytest.mark.django_db
def test_an_act_that_fails_uses_up_no_key():
    def fail() -> None:
        raise LookupError

    with pytest.raises(LookupError):
        once("form", "key", fail)

    assert not IdempotencyKey.objects.exists()
    assert once("form", "key", lambda: 1) == (1, True)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_eight_clicks_at_once_act_once():
    answers: list[bool] = []
    start = threading.Barrier(8)

    def click() -> None:
        try:
            start.wait(60)
            answers.append(once("form", "key", lambda: Counter.increment("acts"))[1])
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [False] * 7 + [True]
    assert Counter.objects.get(name="acts").value == 1


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_control_without_the_constraint_two_clicks_act_twice():
    """The control of the race above: reading first and writing then lets both clicks act."""
    answers: list[bool] = []
    both_have_looked = threading.Barrier(2)

    def click() -> None:
        try:
            is_fresh = not IdempotencyKey.objects.filter(scope="form", key="key").exists()
            both_have_looked.wait(60)
            answers.append(is_fresh)
            if is_fresh:
                Counter.increment("acts")
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert answers == [True, True]
