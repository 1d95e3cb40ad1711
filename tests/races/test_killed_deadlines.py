"""A process is killed (SIGKILL) at any step of a job that ends an exchange by its deadline; it ends once, for one reason."""

from datetime import timedelta

import pytest
from django.utils import timezone

from orders.exchanges import ending
from orders.models import Exchange, ExchangeCharge, Reimbursement, Return
from orders.returns import answering
from orders.tests.exchanges.exchanges import approve, reserved
from tests.races.test_killed_exchanges import DEARER, Scene, mails, scene, to_pay
from tests.races.test_killed_worker import _processes, killed

__all__ = ["_processes", "killed", "scene"]
pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


def test_killed_while_what_was_not_paid_ends(scene: Scene):
    scene.difference = DEARER

    def make() -> Exchange:
        exchange = scene.ask()
        to_pay(exchange)
        ExchangeCharge.objects.filter(exchange=exchange).update(
            expires_at=timezone.now() - timedelta(seconds=1)
        )
        return exchange

    def end(exchange: Exchange) -> None:
        ending.end_unpaid()
        _is_ended(exchange, "unpaid", "ended")

    scene.kill_in("exchange.end_unpaid", make, end)


def test_killed_while_one_that_never_came_expires(scene: Scene):
    def make() -> Exchange:
        exchange = scene.ask()
        approve(exchange)
        Return.objects.filter(pk=exchange.rma_id).update(send_by=timezone.now() - timedelta(days=1))
        return exchange

    def end(exchange: Exchange) -> None:
        answering.expire_due()
        assert Return.objects.get(pk=exchange.rma_id).status == "expired"
        _is_ended(exchange, "return", None)

    scene.kill_in("exchange.expire", make, end)


def _is_ended(exchange: Exchange, why: str, charge: str | None) -> None:
    exchange.refresh_from_db()
    assert (exchange.status, exchange.end, reserved(exchange)) == ("cancelled", why, 0)
    assert not exchange.units.filter(dropped_at=None).exists()
    assert ExchangeCharge.objects.filter(exchange=exchange, status=charge).exists() == bool(charge)
    assert mails(exchange, "exchange_cancelled") == 1
    assert not Reimbursement.objects.exists()
