"""Tests that share a slow process: their group is read off the path, and a divided group fails the run."""

from types import SimpleNamespace
from typing import Any

import pytest

from tests.support import groups
from tests.support.services import ROOT


def ran(nodeid: str, worker: str) -> Any:
    return SimpleNamespace(nodeid=nodeid, node=SimpleNamespace(gateway=SimpleNamespace(id=worker)))


def test_every_group_is_a_place_with_tests():
    for place in groups.GROUPS:
        assert (ROOT / place).exists(), place


def test_tests_of_one_place_are_one_group_and_others_are_alone():
    assert groups.group("tests/journeys/test_drop.py::test_one") == groups.group(
        "tests/journeys/test_x.py::test_two[a@b]"
    )
    assert groups.group("orders/tests/test_jobs.py::test_one") == "orders/tests/test_jobs.py::test_one"


def test_a_divided_group_fails_the_run(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(groups, "_workers", {})
    session: Any = SimpleNamespace(exitstatus=pytest.ExitCode.OK)
    for nodeid, worker in (("tests/journeys/a.py::one", "gw0"), ("x.py::one", "gw0"), ("x.py::one", "gw1")):
        groups.pytest_runtest_logreport(ran(nodeid, worker))
    groups.pytest_sessionfinish(session)
    assert (groups.divided(), session.exitstatus) == ([], pytest.ExitCode.OK)

    groups.pytest_runtest_logreport(ran("tests/journeys/b.py::two", "gw1"))
    groups.pytest_sessionfinish(session)
    assert (groups.divided(), session.exitstatus) == (["tests/journeys/"], pytest.ExitCode.TESTS_FAILED)
