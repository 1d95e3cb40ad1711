"""A web process killed (SIGKILL) inside a request of the API that has a key: the repeated request acts exactly once."""

import multiprocessing
import os
import signal
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from importlib import import_module
from typing import Any
from unittest import mock

import pytest
from django.db import connections

from inventory.checks import runner
from inventory.models import Reservation
from orders.models import Cart, CartLine, CheckoutSession
from orders.tests.factories import make_user, make_variant
from shop.core.models import StoredAnswer
from tests.races.tools.concurrency import PATIENCE
from tests.races.tools.killing import KILLED, await_their_end
from tests.support.api_client import ApiClient

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]


def die_after(place: str, act: Callable[[], Any]) -> int | None:
    """Run `act` in a process of its own, which SIGKILL ends when `place` has returned; return how it ended."""
    module, _dot, name = place.rpartition(".")
    where = import_module(module)
    real = getattr(where, name)

    def child() -> None:
        os.environ["PGAPPNAME"] = KILLED

        def fatal(*arguments: Any, **named: Any) -> None:
            real(*arguments, **named)
            os.kill(os.getpid(), signal.SIGKILL)

        with mock.patch.object(where, name, fatal):
            act()

    connections.close_all()  # The child must not inherit one.
    process = multiprocessing.get_context("fork").Process(target=child)
    process.start()
    process.join(PATIENCE)
    await_their_end()
    return process.exitcode


def test_a_request_whose_process_was_killed_is_done_once_by_the_next_with_its_key(
    monkeypatch: pytest.MonkeyPatch,
):
    """Killed after the act, after its answer was stored and not committed, and after the commit."""
    items, checkouts = "/api/v1/cart/items", "/api/v1/checkouts"
    steps = ("shop.core.api.idempotency._store", "shop.core.api.throttles.describe")
    for path, verb in ((items, "orders.cart.carts.add"), (checkouts, "orders.checkout.sessions.start")):
        for step in (verb, *steps):
            variant, user = make_variant(units=9), make_user()
            wanted, client = {"variant": str(variant.pk), "quantity": 2}, ApiClient(user)
            if path == checkouts:
                client.post(items, wanted)
            before = counted()
            ask = partial(client.post, path, wanted if path == items else {}, key="k")
            assert die_after(step, ask) == -signal.SIGKILL
            is_committed = step == steps[-1]
            assert (counted() == before) is not is_committed, "all of it or nothing"
            if not is_committed:
                early = ask()
                assert (early.status_code, early.json()["code"]) == (409, "still_running")
                # As when the time has passed within which a process may work on a request.
                monkeypatch.setattr("shop.core.api.idempotency.RE_DRIVEN_AFTER", timedelta(0))
            first, again = ask(), ask()
            monkeypatch.undo()
            assert (first.status_code, again.status_code) == (201, 201), first.content
            assert first.has_header("Idempotent-Replayed") == is_committed
            assert (again.json(), again["Idempotent-Replayed"]) == (first.json(), "true")
            assert CartLine.objects.get(cart__user=user).quantity == 2
            assert Reservation.objects.get(variant=variant, status="active").quantity == 2
            assert CheckoutSession.objects.filter(user=user).count() == (path == checkouts)
            assert not StoredAnswer.objects.exclude(state="done").exists()
            assert runner.check() == []


def counted() -> list[int]:
    return [model.objects.count() for model in (Cart, CartLine, Reservation, CheckoutSession)]
