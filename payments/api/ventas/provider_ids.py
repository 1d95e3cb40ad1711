"""The ids at Stripe that the contract shows beside sales and instalments; null where another provider was paid."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Final, NamedTuple
from uuid import UUID

from orders.models import InstallmentBillLine
from payments.models import Payment, PaymentAttempt

_GATEWAY: Final = "stripe"
_SHOWN: Final = {*PaymentAttempt.LIVE, PaymentAttempt.Status.PAID}


class Ids(NamedTuple):
    """Of one sale or instalment: its PaymentIntent, and its Checkout Session."""

    intent: str | None = None
    session: str | None = None


def of_payables(keys: Collection[UUID]) -> dict[UUID, Ids]:
    """Return payable → its ids: of the attempt that was paid, else of the newest that may be; two queries."""
    attempts = PaymentAttempt.objects.filter(payable__in=keys, gateway=_GATEWAY, status__in=_SHOWN)
    chosen: dict[UUID, PaymentAttempt] = {}
    for attempt in attempts.order_by("created_at"):
        kept = chosen.get(attempt.payable_id)
        if kept is None or kept.status != PaymentAttempt.Status.PAID:
            chosen[attempt.payable_id] = attempt
    paid = dict(
        Payment.objects.filter(attempt__in=list(chosen.values()))
        .order_by("created_at")
        .values_list("attempt_id", "external_id")
    )
    return {key: _ids(attempt, paid.get(attempt.pk)) for key, attempt in chosen.items()}


def of_installments(keys: Collection[UUID]) -> Mapping[UUID, Ids]:
    """Return instalment → its ids, by the bills that it was on; three queries."""
    lines = InstallmentBillLine.objects.filter(installment__in=keys).order_by("bill__created_at")
    payables: dict[UUID, list[UUID]] = defaultdict(list)
    for installment_id, payable_id in lines.values_list("installment_id", "bill__payable_id"):
        payables[installment_id].append(payable_id)
    found = of_payables({payable for mine in payables.values() for payable in mine})
    return {key: _last(found.get(payable) for payable in mine) for key, mine in payables.items()}


def _last(found: Iterable[Ids | None]) -> Ids:
    return next(reversed([ids for ids in found if ids]), Ids())


def _ids(attempt: PaymentAttempt, payment: str | None) -> Ids:
    if attempt.flow == PaymentAttempt.Flow.INTENT:
        return Ids(intent=attempt.external_id or None)
    return Ids(intent=payment or None, session=attempt.external_id or None)
