"""When waiting pages ask again, and what a process has read before the first press of Pay."""

import pytest

from payments import gateways
from payments.checkout import line, waiting_page
from shop.core.protection import pool
from shop.core.web import warming


def waiting(monkeypatch: pytest.MonkeyPatch, number: int) -> list[float]:
    """Return the pauses of waiting pages where so many presses are under way in this process."""
    monkeypatch.setattr(pool, "under_way", lambda _party: number)
    return [waiting_page._pause("mercadopago", line.Place()) for _n in range(200)]


def test_who_waits_alone_asks_each_second(monkeypatch: pytest.MonkeyPatch):
    assert set(waiting(monkeypatch, 1)) == {1.0}


def test_pages_of_a_crowd_ask_apart(monkeypatch: pytest.MonkeyPatch):
    """Those that were answered within the same moment spread over half a second, and the more they are the later."""
    pauses = waiting(monkeypatch, 20)
    assert max(pauses) - min(pauses) > 0.3
    assert all(1.0 <= pause <= 1.5 for pause in pauses)
    assert min(waiting(monkeypatch, 120)) >= 3.0
    assert max(waiting(monkeypatch, 5000)) == 5.0


def test_pages_without_javascript_wait_whole_seconds_and_as_long_on_the_average():
    found = [waiting_page._whole(1.5) for _n in range(400)]
    assert set(found) == {1, 2}
    assert 1.3 < sum(found) / len(found) < 1.7
    assert {waiting_page._whole(1.0) for _n in range(100)} == {1}


def test_a_process_has_read_the_libraries_and_the_pages_of_pay_before_it_serves(
    monkeypatch: pytest.MonkeyPatch,
):
    read: list[str] = []
    monkeypatch.setattr(gateways, "import_module", read.append)
    monkeypatch.setattr(warming, "get_template", read.append)
    for act in warming._others:
        act()
    assert {gateways.GATEWAYS["mercadopago"], "payments/line.html", "payments/silent.html"} <= set(read)
