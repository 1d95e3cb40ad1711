"""Without the database an old copy is given for a while: only then, and only where nothing is known to have changed."""

import dataclasses
from collections.abc import Callable

import psycopg
import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from psycopg import errors

from shop.core.shared_pages import away, middleware
from shop.core.shared_pages import copies as kept_copies
from shop.core.shared_pages.copies import copies
from shop.core.shared_pages.marks import Generations, Mark, depends
from shop.core.tests.shared_pages.test_copies import Site, body, site
from shop.core.web import busy_page

__all__ = ["site"]
KEEP = 2
LOST = psycopg.OperationalError("connection refused")


def page(_request: HttpRequest) -> HttpResponse:
    response = HttpResponse("the list")
    depends(response, "stock", keep=KEEP)
    return response


def failing(cause: Exception) -> Callable[[HttpRequest], HttpResponse]:
    def respond(request: HttpRequest) -> HttpResponse:
        error = OperationalError()
        error.__cause__ = cause
        return busy_page.answer(request, error)

    return respond


@pytest.fixture
def later(site: Site) -> Callable[[float], None]:
    """Keep a list; return how to let time pass for its copies: this process's, and Redis's."""
    site.respond = page
    site.get()

    def pass_by(seconds: float) -> None:
        for key, copy in list(copies._kept.items()):
            old = dataclasses.replace(copy, made_at=copy.made_at - seconds)
            copies.keep(key, old)
            old.failed_at = None if copy.failed_at is None else copy.failed_at - seconds

    return pass_by


def test_a_list_is_given_for_half_a_minute_after_its_two_seconds(site: Site, later: Callable[[float], None]):
    site.respond = failing(LOST)
    later(KEEP + 1)
    given = site.get()
    assert (given.status_code, body(given)) == (200, "the list")
    later(kept_copies.STALE_SECONDS - 2)
    assert site.get().status_code == 200
    later(2)
    assert site.get().status_code == 503


def test_it_says_that_nobody_may_keep_it_for_long_and_a_new_one_does_not(
    site: Site, later: Callable[[float], None]
):
    usual = site.get()["Cache-Control"]
    site.respond = failing(LOST)
    later(KEEP + 1)
    given = site.get()
    known = site.get(HTTP_IF_NONE_MATCH=given["ETag"])
    assert known.status_code == 304
    assert given["Cache-Control"] == known["Cache-Control"] == away.BRIEFLY != usual
    assert "stale" not in away.BRIEFLY
    site.respond = page
    later(1)
    assert site.get()["Cache-Control"] == usual


def test_another_process_has_kept_it(site: Site, later: Callable[[float], None]):
    site.respond = failing(LOST)
    later(KEEP + 1)
    copies.clear()
    assert body(site.get()) == "the list"


def test_what_another_process_kept_that_knew_less_is_not_taken_for_its_own(
    site: Site, later: Callable[[float], None]
):
    site.respond = failing(LOST)
    later(KEEP + 1)
    key, own = next(iter(copies._kept.items()))
    copies.keep(key, dataclasses.replace(own, generation="before", made_at=own.made_at + 1))
    copies.keep_here(key, own)
    for _visitor in range(2):
        assert body(site.get()) == "the list"
        later(1)


def test_what_is_known_to_have_changed_is_never_given(site: Site, later: Callable[[float], None]):
    site.respond = failing(LOST)
    site.source.number += 1
    assert site.get().status_code == 503


def test_what_changed_while_the_page_could_not_be_made_is_not_given_either(
    site: Site, later: Callable[[float], None]
):
    """The database is back before the answer is: what it says now counts, not what it said at the beginning."""
    fails = failing(LOST)

    def respond(request: HttpRequest) -> HttpResponse:
        site.source.number += 1
        return fails(request)

    site.respond = respond
    later(KEEP + 1)
    assert site.get().status_code == 503


@pytest.mark.parametrize("cause", [errors.QueryCanceled(), errors.LockNotAvailable()])
def test_a_database_that_is_slow_is_not_away(site: Site, later: Callable[[float], None], cause: Exception):
    site.respond = failing(cause)
    later(KEEP + 1)
    assert site.get().status_code == 503


@pytest.mark.parametrize("status", [404, 500, 503])
def test_no_other_answer_is_replaced(site: Site, later: Callable[[float], None], status: int):
    site.respond = lambda _request: HttpResponse("no", status=status)
    later(KEEP + 1)
    assert site.get().status_code == status


def test_when_nobody_knows_what_there_is_nothing_is_given(
    site: Site, later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
):
    gone: list[HttpRequest] = []

    def present() -> Generations:
        if gone:
            raise OperationalError
        return site.source

    def respond(request: HttpRequest) -> HttpResponse:
        gone.append(request)
        return failing(LOST)(request)

    mark = Mark(present, present, keys=lambda _known: frozenset())
    monkeypatch.setattr(middleware, "mark_at", lambda _path: mark)
    site.respond = respond
    later(KEEP + 1)
    assert (site.get().status_code, len(gone)) == (503, 1)


def test_making_it_is_tried_once_a_second_and_the_first_that_can_be_made_is_given(
    site: Site, later: Callable[[float], None]
):
    site.respond = failing(LOST)
    later(KEEP + 1)
    calls = len(site.calls)
    for _visitor in range(20):
        assert body(site.get()) == "the list"
    assert len(site.calls) == calls + 1
    # A change that is noticed meanwhile ends it at once.
    site.source.number += 1
    assert site.get().status_code == 503
    site.source.number -= 1
    site.respond = lambda request: _new(page(request))
    later(1)
    assert body(site.get()) == "a new list"


def _new(response: HttpResponse) -> HttpResponse:
    response.content = b"a new list"
    return response


def test_without_it_a_list_would_be_gone_with_its_two_seconds(
    site: Site, later: Callable[[float], None], monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(away, "may_replace", lambda *_given: False)
    site.respond = failing(LOST)
    later(KEEP + 1)
    assert site.get().status_code == 503
