"""A process that is to serve has read what its first shopper would have waited for."""

import gc
from threading import Thread, local

import pytest
from celery import current_app
from django.core.cache import caches
from django.db import connections
from django.urls import base, get_script_prefix, set_script_prefix
from django.utils import timezone
from django.utils.translation import get_language, override, trans_real

from shop.core.countries import business_days
from shop.core.web import warming
from shop.core.web.warming import settle, warm


def test_a_process_knows_tasks_and_holidays_before_its_first_request():
    business_days._holidays.cache_clear()
    warm()
    assert business_days._holidays.cache_info().currsize == 1
    assert "payments.tasks.process_webhook" in current_app.tasks


def test_an_app_prepares_what_its_first_shopper_would_have_waited_for(monkeypatch: pytest.MonkeyPatch):
    prepared: list[str] = []
    monkeypatch.setattr(warming, "_others", [])
    warming.contribute(lambda: prepared.append("pages"))
    warm()
    assert prepared == ["pages"]


def test_what_is_of_one_request_is_kept_by_thread_and_stays_what_it_is():
    before, seen = get_script_prefix(), []

    def other() -> None:
        seen.append((get_language(), get_script_prefix()))

    with override("pt-br"):
        set_script_prefix("/shop/")
        try:
            for _time in range(2):
                warm()
                assert get_language() == "pt-br"
                assert get_script_prefix() == "/shop/"
            thread = Thread(target=other)
            thread.start()
            thread.join()
        finally:
            set_script_prefix(before)
    kept = ((trans_real, "_active"), (timezone, "_active"), (base, "_prefixes"), (base, "_urlconfs"))
    assert {type(getattr(module, name)) for module, name in kept} == {local}
    assert seen == [("es", "/")]


def test_each_thread_has_its_own_connections_and_this_one_keeps_those_it_has():
    mine, cache = connections["default"], caches["default"]
    warm()
    assert connections["default"] is mine
    assert caches["default"] is cache
    others: list[object] = []
    thread = Thread(target=lambda: others.extend([connections["default"], caches["default"]]))
    thread.start()
    thread.join()
    assert others[0] is not mine
    assert others[1] is not cache
    assert {
        type(getattr(handler, name)) for handler in (connections, caches) for name in ["_connections"]
    } == {local}


def test_what_a_process_has_read_is_not_looked_through_again():
    """Neither what is settled nor what holds it is freed later; new circles are."""

    class Circle:
        def __init__(self) -> None:
            self.own = self

    kept = Circle()
    frozen = gc.get_freeze_count()
    settle()
    assert gc.get_freeze_count() > frozen
    assert not any(one is kept for one in gc.get_objects())
    Circle()
    assert gc.collect() > 0
