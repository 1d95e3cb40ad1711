"""Dates of HTTP headers, written once in a second."""

import time
from functools import lru_cache

from django.utils.http import http_date


def http_date_in(seconds: int = 0) -> str:
    """Return the date so many seconds from now, as headers and cookies have it."""
    return _written(int(time.time()) + seconds)


@lru_cache(maxsize=16)
def _written(moment: int) -> str:
    return http_date(moment)
