"""The fixtures of the edge cases. What needs Django's apps is imported within: this file is read before they are."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from payments.tests.edge_cases.stack import Shop, Worker
    from payments.tests.world import World


@pytest.fixture(scope="session")
def _workers() -> Iterator[list["Worker"]]:
    """Keep the worker for the whole session; it is started by whoever needs it first."""
    started: list[Worker] = []
    yield started
    for worker in started:
        worker.stop()


@pytest.fixture
def shop(
    transactional_db: None,
    live_server: Any,
    settings: Any,
    providers: "World",
    _workers: list["Worker"],
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator["Shop"]:
    """The shop with its endpoint on a port and its worker at the broker; Stripe's vouchers need Mexico's money."""
    from payments import gateways
    from payments.tests.edge_cases import stack

    if not _workers:
        folder = tmp_path_factory.mktemp("edge_cases")
        _workers.append(stack.Worker(stack.worker_environment(), folder))
    settings.ALLOWED_HOSTS = ["*"]
    # A request that waits for a slot would not be what the row is about.
    settings.PAYMENT_CALLS_PER_PROVIDER = settings.PAYMENT_CALLS_IN_ALL = 100
    settings.PAYMENT_BREAKER_FAILURES = 1_000_000
    gateways.forget()
    before = stack.route_to(_workers[0].queue)
    made = stack.Shop(live_server.url, providers, _workers[0])
    yield made
    providers.handle.sandbox.faults.clear()
    made.quiet()
    stack.route_to(before)
