"""Counting in windows: one by one, and in portions that a process adds to the cache at once."""

import pytest
from django.core.cache import cache

from shop.core.cache import ForgivingRedisCache
from shop.core.web import throttle


def number(key: str, *, portion: int = 4) -> int:
    return throttle.count("portions", key, seconds=600, portion=portion).number


def test_a_portion_is_told_at_once_and_the_next_one_knows_what_other_processes_have_told(
    monkeypatch: pytest.MonkeyPatch,
):
    shared: list[int] = []
    real = ForgivingRedisCache.count
    cache.clear()
    throttle._windows.clear()

    def add(backend: ForgivingRedisCache, key: str, seconds: int, step: int = 1) -> int:
        shared.append(step)
        return int(real(backend, key, seconds, step))

    monkeypatch.setattr(ForgivingRedisCache, "count", add)
    assert [number("a") for _turn in range(6)] == [1, 2, 3, 4, 5, 6]
    assert shared == [4]
    other = {name: throttle._Window() for name in throttle._windows}  # Another process has added nothing yet.
    mine = dict(throttle._windows)
    throttle._windows.update(other)
    assert [number("a") for _turn in range(4)] == [1, 2, 3, 8]
    throttle._windows.update(mine)
    assert [number("a") for _turn in range(3)] == [7, 12, 13]
    assert shared == [4, 4, 4]
    assert [number("b", portion=1) for _turn in range(3)] == [1, 2, 3]
