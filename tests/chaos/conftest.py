"""The servers of the chaos tests: started once; every run has a shop of its own on them."""

from collections.abc import Iterator

import pytest

from tests.chaos.services import fixtures as grounds


@pytest.fixture(scope="session")
def servers() -> Iterator[grounds.Servers]:
    """Return the servers and the seeded shop of all chaos runs here."""
    with grounds.running() as running:
        yield running
