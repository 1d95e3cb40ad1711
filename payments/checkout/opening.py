"""Opening a new attempt's page at its provider: once, whoever asks for it at the same moment.

Whoever takes the lease on the attempt's row calls the provider, outside every transaction, with a key derived from the
row; the others wait a moment for the answer. A process that dies leaves a row whose lease runs out.
"""

import logging
import time
from datetime import timedelta
from typing import Final, cast
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now
from django.utils import timezone

from orders.payables import Bill
from payments import gateways, provider_requests
from payments.checkout import refusals
from payments.checkout.refusals import PaymentRefused, PaymentUnavailable
from payments.gateways.base import (
    CheckoutState,
    GatewayError,
    HostedCheckout,
    NotAsked,
    NotFoundAtProvider,
    TakesIntents,
    Trouble,
)
from payments.models import PaymentAttempt
from payments.settlement import attempt_state
from shop.core.due.leases import Lease
from shop.core.protection import guard
from shop.core.protection.bulkhead import slot
from shop.core.protection.pool import away
from shop.core.states import move

log = logging.getLogger(__name__)
Status = PaymentAttempt.Status
Flow = PaymentAttempt.Flow

# Longer than any provider call that may hold it.
_LEASE: Final = Lease("opening_until", timedelta(seconds=45), tries="openings", is_free_when_empty=True)
_TURN: Final = 0.1
_WAIT_SECONDS: Final = 4.0
# What somebody else may have changed of an attempt while nobody had its lease.
_OPENING: Final = [
    *("status", "external_id", "redirect_url", "openings", "opening_until", "last_error", "refused_for"),
    *("expires_at", "next_check_at", "closed_at", "updated_at"),
]
_CLAIM: Final = _LEASE.claim(
    lambda key: PaymentAttempt.objects.filter(pk=key, status=Status.CREATED), UUID, updated_at=Now()
)


def open_checkout(attempt: PaymentAttempt, bill: Bill | None, *, actor: str) -> PaymentAttempt:
    """Make the hosted checkout of a new attempt, once; a concurrent request waits a moment for the first one's answer.

    `bill`: as it was frozen for it a moment ago, where it was frozen here.

    Both need a slot for calls to the provider, so that a hanging one cannot take all threads. Without one the attempt
    is returned as it is.
    """
    if attempt.status != Status.CREATED:
        return attempt
    # Of one that was begun a moment ago it was asked then, and it is asked once more by the call.
    if bill is None and (refusal := guard.refusal(attempt.gateway)):
        # A request that may be opening it now keeps the lease.
        free = PaymentAttempt.objects.filter(pk=attempt.pk, opening_until=None)
        free.update(last_error=str(refusal)[:500])
        raise unavailable(attempt, refusal)
    try:
        with slot(attempt.gateway):
            return _opened(attempt, bill, actor=actor)
    except NotAsked as busy:
        log.info("Attempt %s waits in line: %s", attempt.pk, busy)
        PaymentAttempt.objects.filter(pk=attempt.pk, opening_until=None).update(last_error="")
        return attempt


def _opened(attempt: PaymentAttempt, bill: Bill | None, *, actor: str) -> PaymentAttempt:
    claimed = _take_lease(attempt)
    if claimed is None:
        return wait_for(attempt)
    # Its purchase stays as it was read, by whoever was called with it.
    for name in _OPENING:
        setattr(attempt, name, getattr(claimed, name))
    try:
        hosted = _hosted(attempt, bill)
    except GatewayError as error:
        _note_failure(attempt, error, actor=actor)
        raise unavailable(attempt, error) from error
    return _redirect(attempt, hosted, actor=actor)


def unavailable(
    attempt: PaymentAttempt, error: GatewayError, *, is_about_old: bool = False
) -> PaymentUnavailable:
    """Return the error: a refusal (of the new payment, or of the old one's end), or no answer."""
    if error.trouble != Trouble.SILENT or (is_about_old and isinstance(error, NotFoundAtProvider)):
        reason = error.reason
        return PaymentRefused(attempt.gateway, str(error), reason=reason, is_about_old=is_about_old)
    refusal = error if isinstance(error, NotAsked) else None
    return PaymentUnavailable(attempt.gateway, str(error), refusal=refusal)


def _take_lease(attempt: PaymentAttempt) -> PaymentAttempt | None:
    """Claim an attempt that nobody has opened; return its row as it is then, None where another request has it.

    A shopper waits: the moment in which a concurrent request has the row locked is waited for.
    """
    return _CLAIM.first(attempt.pk)


def wait_for(attempt: PaymentAttempt) -> PaymentAttempt:
    """Wait for the request that is calling the provider; return the attempt as it then is (the status page polls)."""
    deadline = time.monotonic() + _WAIT_SECONDS
    try:
        with slot(attempt.gateway):
            while time.monotonic() < deadline:
                attempt.refresh_from_db()
                until = attempt.opening_until
                if attempt.status != Status.CREATED or until is None or until <= timezone.now():
                    break  # Opened, given up, or its process has died.
                with away():
                    time.sleep(_TURN)
    except NotAsked as busy:
        log.info("Nobody waits for attempt %s: %s", attempt.pk, busy)
    return attempt


def _hosted(attempt: PaymentAttempt, bill: Bill | None = None) -> HostedCheckout:
    """Call the provider; on a second try first look for a checkout made by the first one.

    Not every provider has keys for it (docs/providers/README.md#edge-cases, row 11).
    """
    gateway = gateways.get(attempt.gateway, gateways.for_paying())
    if attempt.flow == Flow.INTENT:
        # Asked again with the same key, its provider answers the same intent.
        return cast(TakesIntents, gateway).create_intent(provider_requests.request_for(attempt, bill))
    if attempt.openings > 1:
        found = gateway.find(attempt.reference, since=attempt.created_at)
        if found and found.state == CheckoutState.OPEN and found.redirect_url:
            return HostedCheckout(found.external_id, found.redirect_url, attempt.expires_at)
    return gateway.create_checkout(provider_requests.request_for(attempt, bill))


def _redirect(attempt: PaymentAttempt, hosted: HostedCheckout, *, actor: str) -> PaymentAttempt:
    """Store the address where the shopper pays. When the attempt was ended meanwhile, close the new checkout too.

    Not when it is the attempt's own: a notification or a concurrent request with the same key may have stored it first,
    and somebody may be paying there.
    """
    moved = move(
        attempt,
        Status.REDIRECTED,
        actor=actor,
        external_id=hosted.external_id,
        redirect_url=hosted.redirect_url,
        opening_until=None,
        last_error="",
        next_check_at=attempt_state.plan(attempt),
        updated_at=timezone.now(),
    )
    if not moved:
        attempt.refresh_from_db()
        if attempt.external_id != hosted.external_id:
            log.warning("Attempt %s was ended while it was being opened", attempt.pk)
            _end_quietly(attempt.gateway, hosted.external_id, attempt.reference)
    return attempt


def _end_quietly(gateway: str, external_id: str, reference: str) -> None:
    try:
        gateways.get(gateway, gateways.for_paying()).close_checkout(external_id, reference=reference)
    except GatewayError as error:
        # Its address was never given to anybody, so it cannot be paid.
        log.warning("%s %s could not be closed: %s", gateway, external_id, error)


def _note_failure(attempt: PaymentAttempt, error: GatewayError, *, actor: str) -> None:
    """Store why the checkout could not be opened.

    After a time-out the attempt stays, and the next click repeats it with the same key. A refusal, or the provider's
    own failure (which Stripe would replay to the same key), ends it: nobody has its address, so nobody can pay it.
    A call that the guard refused was never sent, so it does not count as a try.
    """
    log.warning("Attempt %s at %s: %s", attempt.pk, attempt.gateway, error)
    text = str(error)[:500]
    with transaction.atomic():
        locked = PaymentAttempt.objects.select_for_update().get(pk=attempt.pk)
        locked.last_error, locked.opening_until = text, None
        locked.refused_for = error.reason if error.permanent else ""
        if isinstance(error, NotAsked):
            locked.openings = max(0, locked.openings - 1)
        locked.save(update_fields=["last_error", "refused_for", "opening_until", "openings", "updated_at"])
        if error.permanent or error.code == GatewayError.SERVER_ERROR:
            attempt_state.close(locked, Status.FAILED, actor=actor, reason=text)
        refusals.tell(attempt.gateway, error, attempt=attempt)
