"""The servers of the chaos tests: started once; every run has a shop of its own on them."""

from collections.abc import Iterator

import pytest

from tests.chaos.services import fixtures as grounds


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep the runs on one xdist worker: they share the servers."""
    for item in items:
        if "chaos" in item.path.parts and "ground" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.xdist_group("chaos"))


@pytest.fixture(scope="session")
def servers() -> Iterator[grounds.Servers]:
    """Return the servers and the seeded shop of all chaos runs here."""
    with grounds.running() as running:
        yield running
