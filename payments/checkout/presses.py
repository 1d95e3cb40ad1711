"""Presses of Pay, worked off beside the pages: `attempts.start` as a job of the pool.

A page waits for its job for a moment, so that a provider that answers at once is reached in one go. After that the
waiting page asks again, whichever process it meets. A press is safe to repeat: the job of a process that died is
simply done by another one, which goes on with the attempt's row.
"""

import time
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Final, cast

from orders import payables
from orders.models import Payable
from payments import gateways
from payments.checkout import attempts, line
from payments.checkout.waiting_page import Ticket
from payments.models import PaymentAttempt
from shop.core.protection import pool
from shop.core.protection.bulkhead import slot
from shop.core.protection.errors import NotAsked
from shop.core.protection.pool import Job

if TYPE_CHECKING:
    from django.contrib.auth.models import AnonymousUser

    from shop.accounts.models import User

# Seconds that a page waits for its job; only while there are few others, who would find no thread to serve them. It
# looks again and again whether there are more.
_MOMENT: Final = 1.0
_LOOK: Final = 0.05
_FEW: Final = 4


class NotTheirs(Exception):
    """There is no purchase by this token that the visitor who pressed may pay."""


def begin(payable: Payable, gateway: str, *, token: str, at: float, actor: str) -> Job[PaymentAttempt]:
    """Let the pool start to pay; return the job, or the one that is under way already.

    `token` names the purchase to its pages, `at` is when Pay was pressed (seconds since the epoch). The job's result
    is that of `attempts.start`.
    """
    line.join(gateway, token, at=at)
    return _submitted(lambda: payable, gateway, token=token, actor=actor)


def are_many(gateway: str) -> bool:
    """Say whether so many presses are under way in this process that a page does not wait for another one."""
    return pool.under_way(gateway) > _FEW


def take(ticket: Ticket, *, user: "User | AnonymousUser", actor: str) -> line.Place:
    """Let the pool start to pay what a ticket's token opens to this visitor, which nobody has seen; return its place.

    As `begin`, for one of many. The job's result may be `NotTheirs` as well.
    """
    place = line.join(ticket.gateway, ticket.token, at=ticket.at)
    look = partial(payables.by_token, ticket.token, user)
    _submitted(look, ticket.gateway, token=ticket.token, actor=actor)
    return place


def _submitted(
    look: Callable[[], Payable | None], gateway: str, *, token: str, actor: str
) -> Job[PaymentAttempt]:
    work = partial(_work, look, gateway, token=token, actor=actor)
    return pool.submit(gateway, token, work, on_call=partial(line.leave, gateway, token))


def find(gateway: str, *, token: str) -> Job[PaymentAttempt] | None:
    """Return the press of this purchase in this process, under way or over."""
    return cast(Job[PaymentAttempt] | None, pool.find(gateway, token))


def wait(job: Job[PaymentAttempt]) -> bool:
    """Wait for a moment, where there is a thread to spare for it; return whether the job is over."""
    if job.is_over or are_many(job.party):
        return job.is_over
    try:
        with slot(job.party):
            end = time.monotonic() + _MOMENT
            while not are_many(job.party) and (left := end - time.monotonic()) > 0:
                if job.wait(min(left, _LOOK)):
                    return True
    except NotAsked:
        pass
    return job.is_over


def begun(payable: Payable, gateway: str, *, actor: str) -> PaymentAttempt:
    """Return what `attempts.start` does, for a client of the API that waits for it with a thread of the pages.

    Where all slots for that are taken it is begun all the same, and the same request finds it a moment later.

    Raises:
        NotAsked: no slot is free (BUSY), or it takes too long.
        NotReady, PaymentUnavailable, PaymentRefused, UnknownGateway: see `attempts.start`.
    """
    if not gateways.get(gateway).is_outside:
        return attempts.start(payable=payable, gateway=gateway, actor=actor)
    job = begin(payable, gateway, token=payable.pk.hex, at=time.time(), actor=actor)
    with slot(gateway):
        if not job.wait(gateways.for_paying().total + _MOMENT):
            raise NotAsked(f"{gateway} is being asked", code=NotAsked.BUSY, retry_after=_MOMENT)
    return result(job)


def result(job: Job[PaymentAttempt]) -> PaymentAttempt:
    """Return the result of a job that is over, once. Raises: as `attempts.start`; NotTheirs."""
    pool.forget(job)
    return job.future.result()


def _work(look: Callable[[], Payable | None], gateway: str, *, token: str, actor: str) -> PaymentAttempt:
    try:
        payable = look()
        if payable is None:
            raise NotTheirs(token)
        return attempts.start(payable=payable, gateway=gateway, actor=actor)
    finally:
        line.end(gateway, token)
