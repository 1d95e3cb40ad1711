"""What a test was answered with and did not read through is closed at its end, not during another test."""

from django.test import Client

from tests.support.static_files import closing_served_files


def test_a_file_that_nobody_read_is_closed():
    with closing_served_files() as served:
        Client().get("/static/icons/favicon.ico")
        [icon] = served
        assert not icon.closed
    assert icon.closed
