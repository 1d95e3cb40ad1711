"""Fixtures of the client contract's tests. What needs Django's apps is imported within: this is read before they are."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any

import pytest

from orders.tests.installments.clock import Clock

if TYPE_CHECKING:
    from payments.tests.api.client_shop import Shop
    from payments.tests.world import World

SOLD_ON = date(2025, 11, 12)


@pytest.fixture(scope="module")
def shop_rows(shared_rows: Any) -> Iterator[dict[str, Any]]:
    from payments.tests.api.client_shop import Shop

    with shared_rows():
        yield vars(Shop())


@pytest.fixture
def shop(shop_rows: dict[str, Any], providers: "World", settings: Any) -> "Shop":
    """The shop of the examples, with a client; Stripe is a sandbox over HTTP."""
    from payments.tests.api.client_shop import Shop
    from tests.support.api_client import ApiClient

    settings.PAYMENT_GATEWAYS = ["mercadopago", "stripe"]
    shop = Shop.__new__(Shop)
    vars(shop).update(shop_rows)
    shop.client = ApiClient(shop.user)
    return shop


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the examples; the providers' goes on, so that nothing is paid by it."""
    clock = Clock(monkeypatch)
    clock.go_to(SOLD_ON)
    return clock
