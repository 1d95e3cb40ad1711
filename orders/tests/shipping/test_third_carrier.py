"""docs/adding-a-carrier.md, checked: a third carrier plugs in by its folder, its counterpart and one line."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.cache import cache
from django.utils import timezone

from orders.fulfilment import labels, shipments, tracking
from orders.models import LabelPurchase, ShipmentFollowUp
from orders.shipping import carrier_settings, carriers, rates
from orders.tests.carrier_world import HASTY, World
from orders.tests.factories import ShippingMethodFactory, ShippingRateFactory, make_order, make_session
from orders.tests.shipping.tortuga.counterpart import COUNTERPART
from shop.sandbox.config import SandboxConfig
from shop.sandbox.server import start

ROOT = Path(__file__).resolve().parents[3]
STAFF = "staff:ana@example.com"


@pytest.fixture
def tortuga(tmp_path: Path, settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    handle = start(SandboxConfig(data_path=tmp_path / "s.sqlite3"), counterparts={"tortuga": COUNTERPART})
    monkeypatch.setitem(carriers.CARRIERS, "tortuga", "orders.tests.shipping.tortuga")
    settings.SHIPPING_CARRIERS = ["tortuga"]
    settings.TORTUGA_API_BASE = f"{handle.base_url}/tortuga"
    settings.CARRIER_TIMEOUT = settings.CARRIER_PAGE_SECONDS = 30
    cache.clear()
    yield World(handle)
    carriers.forget()
    handle.stop()


@pytest.mark.django_db
def test_a_third_carrier_quotes_sells_labels_and_is_followed(tortuga: World, monkeypatch: pytest.MonkeyPatch):
    method = ShippingMethodFactory.create(module="tortuga", name="Tortuga", sort_order=9)
    ShippingRateFactory.create()
    session = make_session()
    rates.refresh_for(session)
    [offer] = [one for one in rates.quotes_for(session) if one.method == method]
    assert (offer.name, offer.days_max) == ("Tortuga · Sin apuro", 30)

    shipment = shipments.prepare(make_order(), key="k", actor=STAFF, method=method)
    monkeypatch.setattr(carriers, "for_jobs", lambda: HASTY)
    tortuga.fault("timeout_after", "tortuga", request="POST", seconds=30.0)
    assert labels.buy(shipment, actor=STAFF).status == "unknown"
    monkeypatch.undo()
    monkeypatch.setitem(carriers.CARRIERS, "tortuga", "orders.tests.shipping.tortuga")
    LabelPurchase.objects.update(next_check_at=timezone.now())
    assert labels.check_due() == {"bought": 1}
    purchase = LabelPurchase.objects.get()
    assert purchase.has_pdf
    assert len(tortuga.made("tortuga_parcel")) == 1
    for act in ("go", "arrive"):
        tortuga.act(f"tortuga.{act}", purchase.numbers[0])
        ShipmentFollowUp.objects.update(next_at=timezone.now() - timedelta(seconds=1))
        tracking.poll_due()
    shipment.refresh_from_db()
    assert shipment.status == "delivered"


def test_nothing_outside_a_carriers_own_files_names_it():
    """Its module, its settings, its counterpart, the one dictionary, and what documents or demonstrates it."""
    own = re.compile(
        r"^(orders/shipping/carriers/(andreani|envia|__init__\.py|subdivisions\.py)|orders/shipping/carrier_settings/"
        r"|shop/sandbox/|shop/demo/|.*/tests/|tests/|.*/migrations/|benchmarks/)"
    )
    named = re.compile(r"\b(andreani|envia)\b", re.IGNORECASE)
    found = {}
    for folder in ("orders", "payments", "shop", "catalog", "inventory", "templates"):
        for path in (ROOT / folder).rglob("*"):
            name = path.relative_to(ROOT).as_posix()
            if path.suffix in {".py", ".html"} and not own.match(name) and named.search(path.read_text()):
                found[name] = named.findall(path.read_text())
    assert not found


def test_every_carrier_with_calls_has_settings_and_nobody_else_has():
    with_calls = set(carriers.CARRIERS) - set(carriers.WITHOUT_CALLS)
    assert {code for code, _module in carrier_settings._carriers()} == with_calls
