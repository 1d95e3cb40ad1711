"""Counting in windows: one by one, and in portions that a process draws at once."""

import pytest
from django.core.cache import cache

from shop.core.cache import ForgivingRedisCache
from shop.core.web import throttle


def test_a_portion_is_drawn_at_once_and_two_processes_share_what_is_left(monkeypatch: pytest.MonkeyPatch):
    asked: list[int] = []
    real = ForgivingRedisCache.count
    cache.clear()

    def draw(backend: ForgivingRedisCache, key: str, seconds: int, step: int = 1) -> int:
        asked.append(step)
        return int(real(backend, key, seconds, step))

    monkeypatch.setattr(ForgivingRedisCache, "count", draw)
    numbers = [throttle.count("portions", "a", seconds=600, portion=4).number for _turn in range(6)]
    assert (numbers, asked) == ([1, 2, 3, 4, 5, 6], [4, 4])
    throttle._drawn.clear()  # Another process has drawn nothing yet.
    assert throttle.count("portions", "a", seconds=600, portion=4).number == 9
    assert [throttle.count("portions", "b", seconds=600).number for _turn in range(3)] == [1, 2, 3]
