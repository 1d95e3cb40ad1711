"""Dates of headers are those that Django writes."""

import time
from unittest import mock

from django.utils.http import http_date

from shop.core.web.http_dates import http_date_in


def test_it_is_djangos_date_of_that_second():
    with mock.patch.object(time, "time", return_value=1_800_000_000.99):
        assert http_date_in() == http_date(1_800_000_000.99)
        assert http_date_in(60) == http_date(1_800_000_060.99)
    with mock.patch.object(time, "time", return_value=1_800_000_001.0):
        assert http_date_in() == http_date(1_800_000_001)
