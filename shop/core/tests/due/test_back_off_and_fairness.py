"""Back-off and fairness: no database."""

from datetime import timedelta

import pytest

from shop.core.due.back_off import BackOff
from shop.core.due.fairness import CRASHED, Patience, run_each, take_turns

MINUTE = timedelta(minutes=1)


@pytest.mark.parametrize(("tries", "pause"), [(0, 1), (1, 1), (2, 2), (3, 5), (4, 5), (99, 5)])
def test_each_failed_try_waits_for_its_pause_and_the_last_pause_is_repeated(tries: int, pause: int) -> None:
    assert BackOff.minutes(1, 2, 5).pause(tries) == pause * MINUTE
    assert BackOff.seconds(60, 120, 300).next(tries) == pause * MINUTE


def test_after_the_last_try_there_is_no_next_one() -> None:
    schedule = BackOff.minutes(1, 2, most_tries=3)
    assert [schedule.next(tries) for tries in (1, 2, 3, 4)] == [MINUTE, 2 * MINUTE, None, None]
    assert [schedule.is_over(tries) for tries in (2, 3)] == [False, True]
    assert not BackOff.minutes(1).is_over(10_000)


def test_people_are_told_once_in_a_row_of_failures() -> None:
    schedule = BackOff.minutes(1, 2, 5)
    assert [tries for tries in range(1, 20) if schedule.has_become_slow(tries)] == [3]


def test_lines_take_turns_and_a_long_one_goes_on_alone() -> None:
    lines = {"a": [1, 2, 3, 4], "b": [5], "c": [], "d": [6, 7]}
    assert [member for member, _line in take_turns(lines)] == [1, 5, 6, 2, 7, 3, 4]
    assert list(take_turns({})) == []


def test_whoever_fails_three_times_in_a_row_is_left_alone_and_the_others_are_not() -> None:
    patience = Patience()
    for failed in (True, True, False, True, True):
        patience.note("a", failed=failed)
    patience.note("b", failed=True)
    assert not patience.is_over("a")
    patience.note("a", failed=True)
    assert (patience.is_over("a"), patience.is_over("b")) == (True, False)


def test_one_that_raises_keeps_no_other_waiting(caplog: pytest.LogCaptureFixture) -> None:
    def act(key: int) -> str:
        if key == 2:
            raise ValueError("nobody foresaw it")
        return "done"

    assert run_each([1, 2, 3], act) == {"done": 2, CRASHED: 1}
    assert "nobody foresaw it" in caplog.text
