"""Reading each provider's own list of payments, so that none is missed.

Reconciliation asks about our attempts while they can be paid; what comes after (a late payment, a refund or a dispute
in the provider's panel whose webhook was lost) and what was never ours is only in the provider's list. It is read
in windows: from where the last one ended less an overlap, until now. A window counts as read (`high_water_mark`) when
each of its pages was read and acted upon; a page that fails, or a worker that dies, leaves the mark where it was, and
the next run goes on at that page. Reading a window twice changes nothing: what agrees with our rows is passed over, and
what differs goes through `settle` like everything else.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Any, Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from payments import gateways, provider_settings
from payments.gateways.base import GatewayError, ListedPayment, NotFoundAtProvider, PaymentState, Trouble
from payments.models import Payment, PaymentAttempt, ProviderWatch
from payments.settlement import adoption, settle
from payments.unmatched import unmatched_payments
from shop.core.due.leases import Lease
from shop.core.jobs import dispatch
from shop.core.states import record

log = logging.getLogger(__name__)

ACTOR: Final = "job:sweep_payments"
# The first window: also as long as Stripe keeps its events.
FIRST: Final = timedelta(days=30)
# Longer than one page with all its settling takes.
_LEASE: Final = Lease("lease_until", timedelta(minutes=30), is_free_when_empty=True)
_MOST_PAGES: Final = 60
# So many payments in a row that cannot be settled mean that the provider does not answer: the rest is not tried.
_IN_A_ROW: Final = 3
# How long payments that cannot be settled keep a window open; afterwards it is closed, so that none stops all others.
_DELAYED: Final = timedelta(days=1)


# What went back by the rows of refunds which the provider has a number for.
_SYNCED: Final = Coalesce(
    Sum("refunds__amount", filter=Q(refunds__status="succeeded") & ~Q(refunds__external_id="")),
    Decimal("0.00"),
)


def read_due_lists(*, now: datetime | None = None) -> dict[str, int]:
    """Read the list of every provider that was not read for a while, or whose window was left half read."""
    counts: Counter[str] = Counter()
    for code in watched():
        counts.update(read_list(code, now=now))
    return dict(counts)


def read_all_lists(*, actor: str = "command:sweep_payments") -> dict[str, int]:
    """Read the list of every provider now, at a person's request."""
    counts: Counter[str] = Counter()
    for code in watched():
        counts.update(read_list(code, is_wanted=True, actor=actor))
    return dict(counts)


def begin(code: str, *, actor: str) -> None:
    """Request that the job reads a provider's list soon, at a person's request; a reading under way continues."""
    ProviderWatch.objects.get_or_create(gateway=code)
    with transaction.atomic():
        watch = ProviderWatch.objects.select_for_update().get(gateway=code)
        if watch.window_until is None:
            _window(watch, timezone.now())
            record(watch, "sweep.wanted", actor=actor)
        transaction.on_commit(partial(dispatch, "payments.tasks.sweep_payments"))


def watched() -> list[str]:
    """Return the providers whose lists are read: those offered, and those that were (their money still moves).

    Not those that have neither an offer nor credentials any more: there is nothing to ask them with.
    """
    known = ProviderWatch.objects.order_by("gateway").values_list("gateway", flat=True)
    codes = dict.fromkeys([*settings.PAYMENT_GATEWAYS, *known])
    return [
        code
        for code in codes
        if code in gateways.GATEWAYS and not provider_settings.is_absent(code, settings)
    ]


def read_list(
    code: str,
    *,
    is_wanted: bool = False,
    now: datetime | None = None,
    actor: str = ACTOR,
    most_pages: int = _MOST_PAGES,
) -> dict[str, int]:
    """Read one provider's list from where it was left, page by page; return counts.

    `is_wanted` begins a window even when none is due. Two workers at once: the second finds the lease and returns.
    """
    watch, _made = ProviderWatch.objects.get_or_create(gateway=code)
    if not _is_due(watch, now or timezone.now(), is_wanted=is_wanted) or not _LEASE.take(
        ProviderWatch.objects.filter(pk=watch.pk)
    ):
        return {}
    watch.refresh_from_db()
    counts: Counter[str] = Counter()
    error = ""
    try:
        window = _window(watch, now or timezone.now())
        _read_pages(watch, *window, counts, actor=actor, most_pages=most_pages)
    except GatewayError as failure:
        error = f"{code}: {failure}"
        _leave_page(watch, failure)
        log.warning("The list of %s could not be read on: %s", code, failure)
    except Exception as failure:
        # Whatever the error is, the other providers' lists are read, the mark stays, and people see it.
        error = f"{type(failure).__name__}: {failure}"
        log.exception("The list of %s could not be read on", code)
    if error:
        counts["failed"] += 1
    _LEASE.end(
        ProviderWatch.objects.filter(pk=watch.pk),
        list_read_at=timezone.now(),
        last_error=error[:500],
        tally=dict(counts),
    )
    return dict(counts)


def _is_due(watch: ProviderWatch, now: datetime, *, is_wanted: bool) -> bool:
    return is_wanted or (
        watch.window_until is not None
        or watch.high_water_mark is None
        or watch.high_water_mark <= now - settings.PROVIDER_LIST_EVERY
    )


def _window(watch: ProviderWatch, now: datetime) -> tuple[datetime, datetime]:
    """Return the window left half read, or begin one: from the mark less the overlap, until now.

    It is written before the first page is asked for.
    """
    if watch.window_from and watch.window_until:
        return watch.window_from, watch.window_until
    begin = watch.high_water_mark - settings.PROVIDER_LIST_OVERLAP if watch.high_water_mark else now - FIRST
    watch.window_from, watch.window_until, watch.cursor = begin, now, ""
    watch.save(update_fields=["window_from", "window_until", "cursor", "updated_at"])
    return begin, now


def _read_pages(
    watch: ProviderWatch,
    since: datetime,
    until: datetime,
    counts: Counter[str],
    *,
    actor: str,
    most_pages: int,
) -> None:
    """Read on page by page; the place of the next page is kept as soon as a page is done with.

    Raises:
        GatewayError: a page could not be read, or too many of its payments could not be settled.
    """
    gateway = gateways.get(watch.gateway)
    while counts["pages"] < most_pages:
        page = gateway.list_payments(since=since, until=until, cursor=watch.cursor)
        gives_up = timezone.now() >= until + _DELAYED
        failures = _act(watch.gateway, page.payments, counts, actor=actor, gives_up=gives_up)
        if failures and not gives_up:
            raise GatewayError(f"{failures} listed payments could not be settled", permanent=False)
        counts["pages"] += 1
        if not page.following:
            _close_window(watch, until)
            return
        if page.following == watch.cursor:
            raise GatewayError("the list leads back to the same page", permanent=True)
        watch.cursor = page.following
        _LEASE.keep(ProviderWatch.objects.filter(pk=watch.pk), cursor=watch.cursor)


def _close_window(watch: ProviderWatch, until: datetime) -> None:
    """Move the high-water mark: every page of the window was read."""
    ProviderWatch.objects.filter(pk=watch.pk).update(
        high_water_mark=until, window_from=None, window_until=None, cursor=""
    )


def _leave_page(watch: ProviderWatch, failure: GatewayError) -> None:
    """Keep the place for the next run; where the place itself is refused, the window is read from its beginning."""
    if watch.cursor and (failure.trouble == Trouble.REFUSED or isinstance(failure, NotFoundAtProvider)):
        ProviderWatch.objects.filter(pk=watch.pk).update(cursor="")


def _act(
    code: str, listed: Sequence[ListedPayment], counts: Counter[str], *, actor: str, gives_up: bool = False
) -> int:
    """Compare one page with our rows, in few queries, and settle what differs; return how many could not be.

    Where it `gives_up`, the window will pass over those: money among them that has no row is shown to people instead.
    """
    snapshot = {payment.external_id: payment for payment in listed if payment.is_ours}
    counts["listed"] += len(snapshot)
    counts["another account's"] += sum(not payment.is_ours for payment in listed)
    rows = {
        row.external_id: row
        for row in Payment.objects.filter(gateway=code, external_id__in=snapshot)
        .annotate(mirrored=_SYNCED)
        .defer("snapshot")
    }
    attempts = _attempts(code, snapshot.values())
    unknown: list[ListedPayment] = []
    settled: list[ListedPayment] = []
    failed: list[ListedPayment] = []
    in_a_row = 0
    for payment in snapshot.values():
        row = rows.get(payment.external_id)
        attempt = (row.attempt_id if row else None) or attempts.get(payment.reference)
        if attempt is None:
            unknown.append(payment)
            if row is not None and not _agrees(row, payment) and not _fetch(row, counts, actor=actor):
                failed.append(payment)
        elif payment.state is None or (_agrees(row, payment) if row else _is_nothing(payment)):
            counts["agrees"] += 1
        elif in_a_row >= _IN_A_ROW:
            failed.append(payment)
        elif _settle(attempt, payment, counts, actor=actor):
            settled.append(payment)
            in_a_row = 0
        else:
            failed.append(payment)
            in_a_row += 1
    done_with = [*settled, *failed] if gives_up else settled
    unknown += _without_row(code, [payment for payment in done_with if payment.external_id not in rows])
    counts.update(unmatched_payments.note(code, unknown, actor=actor))
    return len(failed)


def _attempts(code: str, listed: Iterable[ListedPayment]) -> Mapping[str, UUID]:
    """Return the attempts of this provider by the references that a page names."""
    keys: dict[UUID, str] = {}
    for payment in listed:
        try:
            keys[UUID(hex=payment.reference)] = payment.reference
        except ValueError:
            continue
    found = PaymentAttempt.objects.filter(pk__in=keys, gateway=code).values_list("pk", flat=True)
    return {keys[key]: key for key in found}


def _agrees(row: Any, listed: ListedPayment) -> bool:
    """Say whether our row (with its refunds `mirrored`) says what the list says."""
    states = {listed.state.value} if listed.state else set()
    if listed.state == PaymentState.DISPUTED:
        states.add(PaymentState.CHARGED_BACK.value)  # A list need not show how a dispute ended.
    return (
        row.status in states
        and row.amount == listed.amount
        and row.currency == listed.currency
        and row.refunded_amount == listed.refunded_amount
        # One made in the panel may have exceeded the sum beside a refund of ours that has failed since.
        and row.mirrored == listed.refunded_amount
    )


def _is_nothing(listed: ListedPayment) -> bool:
    """Say whether a payment without a row brought no money and certainly never will."""
    return listed.state in {PaymentState.REJECTED, PaymentState.CANCELLED}


def _settle(attempt: UUID, payment: ListedPayment, counts: Counter[str], *, actor: str) -> bool:
    """Settle one attempt by the usual way; False: it could not be, and trying again may help."""
    try:
        settle.settle(attempt_id=attempt, actor=actor, subject=payment.external_id)
    except NotFoundAtProvider as error:
        log.warning("The list names %s, which cannot be read: %s", payment.external_id, error)
        counts["not readable"] += 1
        return True
    except GatewayError as error:
        log.warning("Attempt %s could not be settled: %s", attempt, error)
        counts["not settled"] += 1
        return error.trouble == Trouble.REFUSED
    except Exception:
        # One unforeseen error must not keep all other payments unread.
        log.exception("Attempt %s could not be settled", attempt)
        counts["not settled"] += 1
        return False
    counts["settled"] += 1
    return True


def _fetch(row: Payment, counts: Counter[str], *, actor: str) -> bool:
    """Bring an unmatched payment that was taken over to the provider's present state.

    False: it could not be, and trying again may help.
    """
    try:
        adoption.fetch(row, actor=actor)
    except GatewayError as error:
        log.warning("Stray %s could not be looked at: %s", row, error)
        counts["not settled"] += 1
        return error.trouble == Trouble.REFUSED
    counts["settled"] += 1
    return True


def _without_row(code: str, settled: Sequence[ListedPayment]) -> list[ListedPayment]:
    """Return the money under a reference of ours of which there is no row after settling: people shall see it."""
    names = [payment.external_id for payment in settled]
    known = Payment.objects.filter(gateway=code, external_id__in=names).values_list("external_id", flat=True)
    return [
        payment
        for payment in settled
        if payment.external_id not in set(known) and payment.state == PaymentState.APPROVED
    ]
