"""The sandbox of both carriers. Read before Django's apps are ready: nothing of the shop is imported here."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from orders.tests.carrier_world import World
    from shop.sandbox.server import Handle


@pytest.fixture(scope="session")
def carrier_sandbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Handle"]:
    from shop.sandbox import counterparts
    from shop.sandbox.config import SandboxConfig
    from shop.sandbox.server import start

    path = tmp_path_factory.mktemp("carriers") / "sandbox.sqlite3"
    played = {code: one for code, one in counterparts.found().items() if code in ("andreani", "envia")}
    options = {"andreani": {"decides_after": 3600.0}}
    handle = start(SandboxConfig(data_path=path, options=options, webhook_delay=0.0), counterparts=played)
    yield handle
    handle.stop()


@pytest.fixture
def carriers_played(carrier_sandbox: "Handle", settings: Any) -> Iterator["World"]:
    settings.SHIPPING_CARRIERS = ["andreani", "envia"]
    settings.ANDREANI_API_BASE = f"{carrier_sandbox.base_url}/andreani"
    for key in ("ENVIA_API_BASE", "ENVIA_QUERIES_API_BASE", "ENVIA_GEOCODES_API_BASE"):
        setattr(settings, key, f"{carrier_sandbox.base_url}/envia")
    settings.ENVIA_CARRIERS = ["sandboxExpress", "sandboxBranch"]
    # A healthy call may take its time on a busy machine: a test that wants a time-out says so.
    settings.CARRIER_TIMEOUT = settings.CARRIER_PAGE_SECONDS = 30
    settings.CARRIER_CALLS_EACH = settings.CARRIER_CALLS_IN_ALL = settings.PAYMENT_CALLS_IN_ALL = 100
    from orders.shipping import carriers
    from orders.tests.carrier_world import World

    made = World(carrier_sandbox)
    made.reset()
    yield made
    carriers.forget()
