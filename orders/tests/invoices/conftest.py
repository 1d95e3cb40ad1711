"""ARCA, played by the sandbox. Read before Django's apps are ready: nothing of ours is imported here."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from orders.tests.invoices.office import Office


@pytest.fixture(scope="session")
def _running_arca(tmp_path_factory: pytest.TempPathFactory) -> "Iterator[tuple[Office, dict[str, Any]]]":
    from orders.tests.invoices.office import open_office

    with open_office(tmp_path_factory.mktemp("arca")) as found:
        yield found


@pytest.fixture
def arca(_running_arca: "tuple[Office, dict[str, Any]]", settings: Any) -> "Office":
    """An ARCA that has issued nothing, and the settings of a shop that asks it."""
    office, values = _running_arca
    for name, value in values.items():
        setattr(settings, name, value)
    office.reset()
    return office
