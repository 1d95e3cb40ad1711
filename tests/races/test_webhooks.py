"""Two workers and one webhook: one of them sends it. Real threads, the real PostgreSQL; both have seen it as due."""

import threading
from functools import partial
from typing import Any

import pytest
from django.db.models.functions import Now

from shop.core.due.leases import Lease
from shop.core.models import OutgoingDelivery, OutgoingEndpoint
from shop.core.outgoing import deliveries, endpoints, publishing
from shop.core.outgoing.addresses import Target
from tests.races.tools.concurrency import PATIENCE, surprises, together

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
TARGET = Target("https://hooks.example.com/x", "https", "hooks.example.com", 443, "/x", ("93.184.216.34",))


def claims(monkeypatch: pytest.MonkeyPatch, take: Any) -> list[OutgoingDelivery]:
    """Let two workers read what is due, meet, and then claim it by `take`; return what they would send."""
    endpoint, _secret = endpoints.create(TARGET, types=[], actor="a")
    publishing.write_to(endpoint, "ping", {})
    present = threading.Barrier(2, timeout=PATIENCE)

    def at_once(lease: Lease, rows: Any, **options: Any) -> bool:
        present.wait()
        return bool(take(lease, rows, **options))

    monkeypatch.setattr(Lease, "take", at_once)
    answers = together([lambda: deliveries._claimed(endpoint.pk)] * 2)
    assert not surprises(answers)
    return [one for one in answers if one is not None]


def test_one_of_two_workers_sends_it(monkeypatch: pytest.MonkeyPatch):
    assert len(claims(monkeypatch, Lease.take)) == 1


def test_without_the_claim_both_would(monkeypatch: pytest.MonkeyPatch):
    """The control."""

    def looks_and_writes(lease: Lease, rows: Any, **options: Any) -> bool:
        return bool(rows.exists() and rows.update(next_try_at=Now() + lease.length))

    assert len(claims(monkeypatch, looks_and_writes)) == 2


def test_an_endpoint_is_served_by_one_run(monkeypatch: pytest.MonkeyPatch):
    endpoint, _secret = endpoints.create(TARGET, types=[], actor="a")
    publishing.write_to(endpoint, "ping", {})
    runs = [deliveries._Run(), deliveries._Run()]
    present = threading.Barrier(2, timeout=PATIENCE)
    take = Lease.take

    def at_once(lease: Lease, rows: Any, **options: Any) -> bool:
        present.wait()
        return take(lease, rows, **options)

    monkeypatch.setattr(Lease, "take", at_once)
    together([partial(deliveries._serve_more, run) for run in runs])
    assert sorted(len(run.served) for run in runs) == [0, 1]
    assert OutgoingEndpoint.objects.exclude(served_until=None).count() == 1
