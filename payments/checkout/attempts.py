"""Starting to pay: one hosted checkout at a time for a purchase.

The row is committed first, then the provider is called, outside every transaction and with a key derived from the row.
A double click and a second tab find the live row and get the same address. Another provider, or a changed purchase,
first closes the old checkout at the provider; the new one begins only once the old one certainly cannot be paid.
"""

import logging
import time
from datetime import timedelta
from typing import Final, cast
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.db.models.functions import Now
from django.utils import timezone

from orders import payables
from orders.checkout import issues
from orders.checkout.issues import NotReady
from orders.models import Payable
from orders.payables import Bill, State
from payments import clocks, gateways, provider_requests
from payments.checkout import refusals
from payments.checkout.refusals import PaymentRefused, PaymentUnavailable
from payments.gateways.base import (
    CheckoutState,
    GatewayError,
    HostedCheckout,
    NotAsked,
    NotFoundAtProvider,
    Patience,
    TakesIntents,
    Trouble,
)
from payments.models import Payment, PaymentAttempt
from payments.settlement import attempt_state, settle
from shop.core.database.kept_queries import KeptQuery
from shop.core.database.kept_writes import KeptInsert
from shop.core.due.leases import Lease
from shop.core.protection import guard
from shop.core.protection.bulkhead import slot
from shop.core.protection.deadline import sharing
from shop.core.protection.pool import away
from shop.core.states import IllegalTransition, move, record

log = logging.getLogger(__name__)
Status = PaymentAttempt.Status
Flow = PaymentAttempt.Flow

# Longer than any provider call that may hold it.
_LEASE: Final = Lease("opening_until", timedelta(seconds=45), tries="openings", is_free_when_empty=True)
_TURN: Final = 0.1
_WAIT_SECONDS: Final = 4.0
# With less time left than this, the shopper would be cut off while typing a card number.
_WORTH_REUSING: Final = timedelta(minutes=2)
# A second try with the same key must come soon, since its expiries are computed from the first.
MAY_OPEN: Final = timedelta(minutes=2)
_TURNS: Final = 4
# What somebody else may have changed of an attempt while nobody had its lease.
_OPENING: Final = [
    *("status", "external_id", "redirect_url", "openings", "opening_until", "last_error", "refused_for"),
    *("expires_at", "next_check_at", "closed_at", "updated_at"),
]


def _open_ones(payable_id: UUID, gateway: str) -> QuerySet[PaymentAttempt]:
    return PaymentAttempt.objects.filter(payable_id=payable_id, status=Status.REDIRECTED, gateway=gateway)


def _live_or_paid(payable_id: UUID) -> QuerySet[PaymentAttempt]:
    counting = [*sorted(PaymentAttempt.LIVE), Status.PAID]
    return PaymentAttempt.objects.filter(payable_id=payable_id, status__in=counting)


def _keys_of_live(payable_id: UUID) -> "QuerySet[PaymentAttempt, tuple[UUID]]":
    live = PaymentAttempt.objects.filter(payable_id=payable_id, status__in=PaymentAttempt.LIVE)
    return live.order_by().values_list("pk")[:1]


_OPEN_ONES: Final = KeptQuery(_open_ones, UUID, str)
_LIVE_OR_PAID: Final = KeptQuery(_live_or_paid, UUID)
_KEYS_OF_LIVE: Final = KeptQuery(_keys_of_live, UUID)
_ATTEMPT: Final = KeptQuery(lambda key: PaymentAttempt.objects.filter(pk=key), UUID)
_write: Final = KeptInsert(PaymentAttempt)


class NoIntents(Exception):
    """This provider's payments are made on its own page only. Another provider may have intents."""


class AnotherIsLive(Exception):
    """Another attempt of the purchase may be paid already. Trying again uses that one."""


def start_intent(*, payable: Payable, gateway: str, actor: str) -> tuple[PaymentAttempt, str]:
    """Return the payable's live attempt to be confirmed by an app, as `start` does, and its secret for that.

    The secret is "" for an attempt that is over. A hosted checkout of the same payable is closed first.

    Raises:
        NoIntents: the provider has none.
        NotReady, PaymentUnavailable, PaymentRefused, UnknownGateway: see `start`.
    """
    asked = gateways.get(gateway, gateways.for_paying())
    if not hasattr(asked, "create_intent"):
        raise NoIntents(gateway)
    with sharing(gateways.for_paying().total):
        attempt = _start(payable, gateway, actor=actor, flow=Flow.INTENT)
        if attempt.status != Status.REDIRECTED:
            return attempt, ""
        try:
            return attempt, str(cast(TakesIntents, asked).client_secret(attempt.external_id))
        except GatewayError as error:
            raise _unavailable(attempt, error) from error


def start(*, payable: Payable, gateway: str, actor: str) -> PaymentAttempt:
    """Return the payable's live attempt at `gateway`, ready to be paid: re-used, or made again.

    The attempt returned may also be over: paid (the old one turned out to be complete) or pending (a voucher of the old
    one can still be paid), as its status says. One that is still `created` is being opened by another request, or found
    no free slot for calls to its provider: press again.

    All calls to providers share the time budget of a shopper who waits (`gateways.for_paying`).

    Raises:
        NotReady: the purchase cannot be paid as it stands; the findings say why.
        PaymentUnavailable: the provider did not answer, or the old checkout could not be ended there.
        PaymentRefused: it answered, and refused; asked the same again, no new attempt is made.
        UnknownGateway: there is no such provider.
    """
    gateways.get(gateway)
    with sharing(gateways.for_paying().total):
        return _start(payable, gateway, actor=actor)


def opened(payable: Payable, gateway: str) -> PaymentAttempt | None:
    """Return the payable's live attempt whose page at `gateway` is open and still offers this bill; None: none does.

    Nothing is asked or written: `start` would return the same.
    """
    live = _OPEN_ONES.first(payable.pk, gateway)
    if live is None:
        return None
    live.payable = payable
    bill = payables.kind_of(payable).bill(payable)
    return live if _fits(live, bill, gateway, Flow.HOSTED) else None


def _start(payable: Payable, gateway: str, *, actor: str, flow: str = Flow.HOSTED) -> PaymentAttempt:
    kind = payables.kind_of(payable)
    for _turn in range(_TURNS):
        found, frozen = _LIVE_OR_PAID(payable.pk), None
        # What nobody has begun to pay yet is read when it is frozen.
        bill = kind.bill(payable) if found else None
        live = _live(payable, found, bill) if bill else None
        if live is None:
            if refusal := guard.refusal(gateway):
                # Nothing is begun that could not be opened; the reservations are extended as after any other step.
                kind.renew(payable, actor=actor)
                raise PaymentUnavailable(gateway, str(refusal), refusal=refusal)
            if (closed := _close_rivals(payable, actor=actor)) is not None:
                return closed
            try:
                live, frozen = _begun(payable, gateway, actor=actor, flow=flow)
            except (AnotherIsLive, IntegrityError, IllegalTransition):
                continue  # Another tab was first: use its attempt.
        elif bill and not _fits(live, bill, gateway, flow):
            # Checked before the old one is closed in favour of one that would be refused.
            refusals.check(payable, bill, gateway)
            live = close(live, actor=actor)
            if live.status in {Status.PAID, Status.PENDING}:
                return live
            continue
        is_over = live.status in {Status.PENDING, Status.PAID}
        return live if is_over else _open(live, frozen, actor=actor)
    raise PaymentUnavailable(gateway, "the purchase is being paid elsewhere at this moment")


def _live(payable: Payable, found: list[PaymentAttempt], bill: Bill) -> PaymentAttempt | None:
    """Return the one of these attempts of the payable that may still be paid, or the one that has been.

    A payment that does not fit counts as paid too: nobody shall pay twice while the staff decides about it.
    """
    for one in found:
        one.payable = payable
    if live := next((one for one in found if one.is_live), None):
        return live
    if not found or bill.state == State.PAID:
        return found[0] if found else None
    return payable.attempts.filter(status=Status.PAID, payments__role=Payment.Role.MISMATCH).first()


def _close_rivals(payable: Payable, *, actor: str) -> PaymentAttempt | None:
    """Close the attempts of what must not be paid beside it; return one that has been paid, or still can be."""
    rivals = payables.kind_of(payable).rivals(payable)
    for live in PaymentAttempt.objects.filter(payable__in=rivals, status__in=PaymentAttempt.LIVE):
        closed = close(live, actor=actor)
        if closed.status in {Status.PAID, Status.PENDING}:
            return closed
    return None


def _fits(attempt: PaymentAttempt, bill: Bill, gateway: str, flow: str) -> bool:
    """Say whether the attempt still offers this bill at this gateway, with enough time left."""
    if attempt.status == Status.PAID:
        return True
    now = timezone.now()
    if attempt.status == Status.CREATED and attempt.created_at < now - MAY_OPEN:
        return False
    is_there = attempt.gateway == gateway and attempt.flow == flow
    same = is_there and attempt.fingerprint == provider_requests.fingerprint(bill)
    return same and (
        attempt.status == Status.PENDING or attempt.expires_at - now > _WORTH_REUSING / _haste(attempt)
    )


def _haste(attempt: PaymentAttempt) -> float:
    """Shorten "enough time" when the configured clocks are very short, so that a new attempt can always be re-used."""
    life = (attempt.expires_at - attempt.created_at).total_seconds()
    return max(1.0, 4 * _WORTH_REUSING.total_seconds() / max(life, 1.0))


def create(payable: Payable, gateway: str, *, actor: str, flow: str = Flow.HOSTED) -> PaymentAttempt:
    """Freeze what is to be paid and commit the attempt's row with longer reservations, before the provider is called.

    One transaction, under the cart's lock: nobody can take anything out between the freezing and the attempt. What
    was recomputed stays written when the purchase is refused.

    Raises:
        NotReady, PaymentRefused: see `start`.
        AnotherIsLive: another tab was faster; the database refuses it too (`attempt_one_live`).
        IllegalTransition: it ended meanwhile.
    """
    return _begun(payable, gateway, actor=actor, flow=flow)[0]


def _begun(payable: Payable, gateway: str, *, actor: str, flow: str) -> tuple[PaymentAttempt, Bill]:
    """Do what `create` does; return the frozen bill as well."""
    refusal: NotReady | PaymentRefused
    with transaction.atomic():
        try:
            bill = payables.kind_of(payable).freeze(payable, way=gateway, actor=actor)
            return _created(payable, bill, gateway, actor=actor, flow=flow), bill
        except (NotReady, PaymentRefused) as error:
            refusal = error
    raise refusal


def _created(payable: Payable, bill: Bill, gateway: str, *, actor: str, flow: str) -> PaymentAttempt:
    if not bill.total:
        raise NotReady([issues.FREE])  # Its kind's `confirm_free` fulfils it.
    if _has_live(payable):
        raise AnotherIsLive(str(payable))
    refusals.check(payable, bill, gateway)
    kind = payables.kind_of(payable)
    offers_vouchers = kind.may_offer_vouchers(payable)
    if not offers_vouchers and not gateways.get(gateway).pays_at_once:
        raise NotReady([issues.CASH_VOUCHER_ONLY])
    expires_at = provider_requests.new_expiry(gateway)
    until = expires_at + clocks.margin(gateway)
    # The payable first: a dead attempt that becomes live again (`progress`) takes the same lock.
    kind.await_payment(payable, reserve_until=until, expires_at=until, actor=actor)
    attempt = PaymentAttempt(
        payable=payable,
        purchase_id=payable.purchase_id,
        gateway=gateway,
        flow=flow,
        amount=bill.total,
        currency=bill.currency,
        fingerprint=provider_requests.fingerprint(bill),
        buyer_digest=refusals.digest_of(bill),
        offer=provider_requests.snapshot(bill),
        expires_at=expires_at,
        offers_vouchers=offers_vouchers,
        # If it is never opened (a crash right here), a job ends it soon.
        next_check_at=timezone.now() + 2 * MAY_OPEN,
    )
    _write(attempt)
    record(attempt, "created", actor=actor, reason=gateway, to_state=attempt.status)
    return attempt


def _has_live(payable: Payable) -> bool:
    """Say whether there is a live attempt already, without waiting for a transaction that is ending it now.

    Its end is written under its own lock, which comes before the payable's that we hold: inserting beside it would
    wait for that transaction, which waits for us.
    """
    return bool(_KEYS_OF_LIVE(payable.pk))


def _open(attempt: PaymentAttempt, bill: Bill | None, *, actor: str) -> PaymentAttempt:
    """Make the hosted checkout of a new attempt, once; a concurrent request waits a moment for the first one's answer.

    `bill`: as it was frozen for it a moment ago, where it was frozen here.

    Both need a slot for calls to the provider, so that a hanging one cannot take all threads. Without one the attempt
    is returned as it is.
    """
    if attempt.status != Status.CREATED:
        return attempt
    if refusal := guard.refusal(attempt.gateway):
        # A request that may be opening it now keeps the lease.
        free = PaymentAttempt.objects.filter(pk=attempt.pk, opening_until=None)
        free.update(last_error=str(refusal)[:500])
        raise _unavailable(attempt, refusal)
    try:
        with slot(attempt.gateway):
            return _opened(attempt, bill, actor=actor)
    except NotAsked as busy:
        log.info("Attempt %s waits in line: %s", attempt.pk, busy)
        PaymentAttempt.objects.filter(pk=attempt.pk, opening_until=None).update(last_error="")
        return attempt


def _opened(attempt: PaymentAttempt, bill: Bill | None, *, actor: str) -> PaymentAttempt:
    if not _take_lease(attempt):
        return _await_opening(attempt)
    # Its purchase stays as it was read, by whoever was called with it.
    fresh = _ATTEMPT.first(attempt.pk)
    for name in _OPENING:
        setattr(attempt, name, getattr(fresh, name))
    if attempt.status != Status.CREATED:
        _give_lease_back(attempt)
        return attempt
    try:
        hosted = _hosted(attempt, bill)
    except GatewayError as error:
        _note_failure(attempt, error, actor=actor)
        raise _unavailable(attempt, error) from error
    return _redirect(attempt, hosted, actor=actor)


def _unavailable(
    attempt: PaymentAttempt, error: GatewayError, *, is_about_old: bool = False
) -> PaymentUnavailable:
    """Return the error: a refusal (of the new payment, or of the old one's end), or no answer."""
    if error.trouble != Trouble.SILENT or (is_about_old and isinstance(error, NotFoundAtProvider)):
        reason = error.reason
        return PaymentRefused(attempt.gateway, str(error), reason=reason, is_about_old=is_about_old)
    refusal = error if isinstance(error, NotAsked) else None
    return PaymentUnavailable(attempt.gateway, str(error), refusal=refusal)


def _take_lease(attempt: PaymentAttempt) -> bool:
    # A shopper waits: wait for the moment in which a concurrent request has the row locked.
    created = PaymentAttempt.objects.filter(pk=attempt.pk, status=Status.CREATED)
    return _LEASE.take(created, waits=True, updated_at=Now())


def _give_lease_back(attempt: PaymentAttempt) -> None:
    _LEASE.end(PaymentAttempt.objects.filter(pk=attempt.pk))


def _await_opening(attempt: PaymentAttempt) -> PaymentAttempt:
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


def close(
    attempt: PaymentAttempt, *, actor: str, end: str = Status.CANCELLED, patience: Patience | None = None
) -> PaymentAttempt:
    """Close an attempt at the provider, so that it certainly cannot be paid; return it as it then is.

    It may turn out paid or waiting ("already complete" is no error): then it is settled instead, and the order is
    placed. One whose address nobody was given needs no call. `patience` is a shopper's unless given.

    Raises:
        PaymentUnavailable: the provider did not answer (PaymentRefused: it refused), so the attempt may still be paid.
    """
    attempt = (
        _await_opening(attempt) if attempt.status == Status.CREATED and attempt.opening_until else attempt
    )
    if not attempt.is_live:
        return attempt
    if not attempt.external_id:
        return _close_unopened(attempt, actor=actor, end=end)
    try:
        gateway = gateways.get(attempt.gateway, patience or gateways.for_paying())
        snapshot = gateway.close_checkout(attempt.external_id, reference=attempt.reference)
    except GatewayError as error:
        PaymentAttempt.objects.filter(pk=attempt.pk).update(last_error=str(error)[:500])
        refusals.tell(attempt.gateway, error, attempt=attempt)
        raise _unavailable(attempt, error, is_about_old=True) from error
    closed = settle.apply(attempt.pk, snapshot, actor=actor, end=end).attempt
    if closed.status in {Status.CREATED, Status.REDIRECTED}:
        raise PaymentUnavailable(attempt.gateway, "the provider has not ended the old checkout")
    return closed


def _close_unopened(attempt: PaymentAttempt, *, actor: str, end: str) -> PaymentAttempt:
    with transaction.atomic():
        locked = PaymentAttempt.objects.select_for_update().get(pk=attempt.pk)
        busy = locked.opening_until and locked.opening_until > timezone.now()
        if locked.status == Status.CREATED and busy:
            raise PaymentUnavailable(locked.gateway, "the checkout is being opened at this moment")
        if locked.status == Status.CREATED:
            attempt_state.close(locked, end, actor=actor, reason="never opened")
    return locked


def cancel(*, payable: Payable, actor: str) -> PaymentAttempt | None:
    """End the payable's live attempt at the shopper's request, so that it can be changed or paid another way.

    Returns the attempt as it then is (it may turn out paid), or None when there was none.

    Raises:
        PaymentUnavailable: the provider did not answer, so it may still be paid.
    """
    live = payable.attempts.filter(status__in=PaymentAttempt.LIVE).first()
    return close(live, actor=actor) if live else None


def end_paid(attempt: PaymentAttempt, *, actor: str) -> None:
    """Close a paid checkout that the provider would let be paid again (docs/providers/mercadopago.md#preferences).

    Raises:
        GatewayError: the provider did not answer.
    """
    try:
        snapshot = gateways.get(attempt.gateway).close_checkout(
            attempt.external_id, reference=attempt.reference
        )
    except NotFoundAtProvider:
        return
    settle.apply(attempt.pk, snapshot, actor=actor)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(closed_at=timezone.now(), next_check_at=None)
