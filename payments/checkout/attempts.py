"""Starting to pay: one hosted checkout at a time for a purchase.

The row is committed first, then the provider is called, outside every transaction and with a key derived from the row.
A double click and a second tab find the live row and get the same address. Another provider, or a changed purchase,
first closes the old checkout at the provider; the new one begins only once the old one certainly cannot be paid.
"""

from datetime import timedelta
from typing import Final, cast
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet
from django.utils import timezone

from orders import payables
from orders.checkout import issues
from orders.checkout.issues import NotReady
from orders.models import Payable
from orders.payables import Bill, State
from payments import clocks, gateways, provider_requests
from payments.checkout import opening, refusals
from payments.checkout.refusals import PaymentRefused, PaymentUnavailable
from payments.gateways.base import (
    GatewayError,
    NotFoundAtProvider,
    Patience,
    TakesIntents,
)
from payments.models import Payment, PaymentAttempt
from payments.settlement import attempt_state, settle
from shop.core.database.kept_queries import KeptQuery, together
from shop.core.database.kept_writes import KeptInsert
from shop.core.protection import guard
from shop.core.protection.deadline import sharing
from shop.core.states import IllegalTransition, record

Status = PaymentAttempt.Status
Flow = PaymentAttempt.Flow

# With less time left than this, the shopper would be cut off while typing a card number.
_WORTH_REUSING: Final = timedelta(minutes=2)
# A second try with the same key must come soon, since its expiries are computed from the first.
MAY_OPEN: Final = timedelta(minutes=2)
_TURNS: Final = 4


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
# A second live one is refused by the statement that it goes with, or by the commit.
_write: Final = KeptInsert(PaymentAttempt, is_awaited=False)


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
            raise opening.unavailable(attempt, error) from error


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
        return live if is_over else opening.open_checkout(live, frozen, actor=actor)
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
    if rivals.query.is_empty():
        return None
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
    has_live, last_failed = _beside(payable, gateway)
    if has_live:
        raise AnotherIsLive(str(payable))
    refusals.check_beside(last_failed, bill, gateway)
    kind = payables.kind_of(payable)
    offers_vouchers = kind.may_offer_vouchers(payable)
    if not offers_vouchers and not gateways.get(gateway).pays_at_once:
        raise NotReady([issues.CASH_VOUCHER_ONLY])
    expires_at = provider_requests.new_expiry(gateway)
    until = expires_at + clocks.margin(gateway)
    # The payable first: a dead attempt that becomes live again (`progress`) takes the same lock.
    kind.await_payment(payable, reserve_until=until, expires_at=until, actor=actor, is_frozen=True)
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


def _beside(payable: Payable, gateway: str) -> tuple[bool, PaymentAttempt | None]:
    """Say whether there is a live attempt already, and return the last one that failed at this gateway.

    A transaction that is ending the live one now is not waited for: its end is written under its own lock, which comes
    before the payable's that we hold. Inserting beside it would wait for that transaction, which waits for us.
    """
    live, failed = together(_KEYS_OF_LIVE.asked(payable.pk), refusals.LAST_FAILED.asked(payable.pk, gateway))
    return bool(live), next(iter(failed), None)


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
        opening.wait_for(attempt) if attempt.status == Status.CREATED and attempt.opening_until else attempt
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
        raise opening.unavailable(attempt, error, is_about_old=True) from error
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
