"""Matching each line of a report, to the cent, with its payment, its refund, its dispute.

A verdict is derived from rows alone and may be derived again: a payment that arrives after its report, or a refund
whose line comes a month later, is found by the next run. What a person explained stays explained.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from payments.gateways.reports import ZERO
from payments.models import Dispute, Payment, PayoutLine, Refund, StrayPayment
from shop.core.money import display as money
from shop.core.states import record

Kind = PayoutLine.Kind
Match = PayoutLine.Match
# Any number that no other advisory lock uses.
_ONE_AT_A_TIME: Final = 7_301_604
_BATCH: Final = 500
_LEFT: Final = (Match.MISSING, Match.DIFFERS)
_MONEY: Final = frozenset({Kind.PAYMENT, Kind.REFUND, Kind.DISPUTE})
_BACK: Final = frozenset({Refund.Status.PENDING, Refund.Status.SUCCEEDED})
_DECIDED: Final = frozenset({StrayPayment.Decision.ANOTHER_SHOP, StrayPayment.Decision.EXPLAINED})


@dataclass(frozen=True, slots=True)
class Verdict:
    """The match of a line. `difference`: theirs less ours."""

    match: str
    finding: str = ""
    difference: Decimal = ZERO
    refund: Refund | None = None


def match(line_ids: Iterable[UUID]) -> dict[str, int]:
    """Match lines, in batches of a constant number of queries; return how many ended how. Safe to repeat."""
    counts: Counter[str] = Counter()
    keys = list(line_ids)
    for start in range(0, len(keys), _BATCH):
        batch = keys[start : start + _BATCH]
        with transaction.atomic():
            take_turn()
            counts.update(
                _match(list(PayoutLine.objects.filter(pk__in=batch).exclude(match=Match.EXPLAINED)))
            )
    return dict(counts)


def take_turn() -> None:
    """Wait until no other transaction writes or matches lines (an advisory lock, until the transaction ends).

    Two reports written at once would wait for each other's lines; two matched at once would claim one refund twice.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_ONE_AT_A_TIME])


def match_again() -> dict[str, int]:
    """Match every line again that is unknown here or differs."""
    return match(PayoutLine.objects.filter(match__in=_LEFT).values_list("pk", flat=True))


def explain(line: PayoutLine, *, note: str, actor: str) -> bool:
    """Store a person's explanation of a line that is left over; False: it no longer is."""
    left = PayoutLine.objects.filter(pk=line.pk, match__in=_LEFT)
    with transaction.atomic():
        if not left.update(match=Match.EXPLAINED, note=note[:300], noted_by=actor[:150]):
            return False
        record(line, "explained", actor=actor, reason=note)
    return True


def _match(lines: Sequence[PayoutLine]) -> Counter[str]:
    payments = _payments(lines)
    decided = _decided(lines)
    touched = {payment.pk: payment for payment in payments.values()}
    books = _books(touched.values())
    changed: list[PayoutLine] = []
    counts: Counter[str] = Counter()
    for line in lines:
        payment = payments.get(line.pk)
        if payment is None:
            verdict = _without_payment(line, decided)
            changed += _write(line, None, verdict)
            counts[verdict.match] += 1
    for payment in touched.values():
        own = books.lines[payment.pk] | {line.pk: line for line in lines if payments.get(line.pk) is payment}
        for line, verdict in _compared(payment, list(own.values()), books):
            changed += _write(line, payment, verdict)
            counts[verdict.match] += 1
    # First clear what is claimed again: a refund belongs to one line.
    PayoutLine.objects.filter(pk__in=[line.pk for line in changed]).update(refund=None)
    PayoutLine.objects.bulk_update(
        changed, ["payment", "refund", "match", "difference", "finding"], batch_size=200
    )
    return counts


def _write(line: PayoutLine, payment: Payment | None, verdict: Verdict) -> list[PayoutLine]:
    """Set the verdict on a line; return it when that changes it."""
    refund_id = verdict.refund.pk if verdict.refund else None
    before = (line.payment_id, line.refund_id, line.match, line.difference, line.finding)
    line.payment_id, line.refund_id = (payment.pk if payment else None), refund_id
    line.match, line.difference, line.finding = verdict.match, verdict.difference, verdict.finding[:200]
    after = (line.payment_id, line.refund_id, line.match, line.difference, line.finding)
    return [line] if before != after else []


# -- Which payment --------------------------------------------------------------------------------------------------
def _payments(lines: Sequence[PayoutLine]) -> dict[UUID, Payment]:
    """Return each line's payment: by its number, by its refund's number, by our reference where that names one."""
    numbers = {line.about for line in lines} | {line.source for line in lines}
    by_number = {
        (row.gateway, row.external_id): row
        for row in Payment.objects.filter(external_id__in=numbers - {""}).defer("snapshot")
    }
    sources = {line.source for line in lines} - {""}
    refunds = (
        Refund.objects.filter(external_id__in=sources).select_related("payment").defer("payment__snapshot")
    )
    by_refund = {(row.payment.gateway, row.external_id): row.payment for row in refunds}
    by_reference = _by_reference(lines)
    found = {}
    for line in lines:
        payment = (
            by_number.get((line.gateway, line.about))
            or by_refund.get((line.gateway, line.source))
            or by_number.get((line.gateway, line.source))
            or (by_reference.get((line.gateway, line.reference)) if line.kind in _MONEY else None)
        )
        if payment is not None:
            found[line.pk] = payment
    return _shared(found)


def _shared(found: dict[UUID, Payment]) -> dict[UUID, Payment]:
    """Return the same rows, one object for each payment."""
    one = {payment.pk: payment for payment in found.values()}
    return {key: one[payment.pk] for key, payment in found.items()}


def _by_reference(lines: Sequence[PayoutLine]) -> dict[tuple[str, str], Payment]:
    keys = {}
    for line in lines:
        try:
            keys[UUID(hex=line.reference)] = line.reference
        except ValueError:
            continue
    rows: dict[tuple[str, str], list[Payment]] = defaultdict(list)
    brought = Payment.objects.filter(attempt_id__in=keys).exclude(role=Payment.Role.NONE).defer("snapshot")
    for row in brought:
        if row.attempt_id is not None:
            rows[row.gateway, keys[row.attempt_id]].append(row)
    return {key: found[0] for key, found in rows.items() if len(found) == 1}


def _decided(lines: Sequence[PayoutLine]) -> dict[tuple[str, str], StrayPayment]:
    """Return the unmatched payments that people have decided about, by provider and number."""
    numbers = {line.about or line.source for line in lines} - {""}
    unmatched = StrayPayment.objects.filter(external_id__in=numbers, decision__in=_DECIDED)
    return {
        (unmatched_payment.gateway, unmatched_payment.external_id): unmatched_payment
        for unmatched_payment in unmatched
    }


def _without_payment(line: PayoutLine, decided: dict[tuple[str, str], StrayPayment]) -> Verdict:
    unmatched_payment = decided.get((line.gateway, line.about or line.source))
    if unmatched_payment is not None:
        return Verdict(Match.OWN, f"{unmatched_payment.get_decision_display()}: {unmatched_payment.note}")
    if line.kind not in _MONEY:
        return Verdict(Match.OWN)
    return Verdict(Match.MISSING, _("No payment of this number is known here."), line.gross)


# -- To the cent ----------------------------------------------------------------------------------------------------
@dataclass(frozen=True, slots=True)
class _Books:
    """The rows of some payments: their lines in all reports, their refunds, their disputes."""

    lines: dict[UUID, dict[UUID, PayoutLine]]
    refunds: dict[UUID, list[Refund]]
    disputes: dict[UUID, list[Dispute]]


def _books(payments: Iterable[Payment]) -> _Books:
    keys = [payment.pk for payment in payments]
    books = _Books(defaultdict(dict), defaultdict(list), defaultdict(list))
    for line in PayoutLine.objects.filter(payment_id__in=keys).exclude(match=Match.EXPLAINED):
        books.lines[line.payment_id][line.pk] = line  # type: ignore[index]
    # What was sent by hand is not in the provider's account.
    refunds = Refund.objects.filter(payment_id__in=keys, status__in=_BACK).exclude(external_id="")
    for refund in refunds.order_by("created_at"):
        books.refunds[refund.payment_id].append(refund)
    for dispute in Dispute.objects.filter(payment_id__in=keys):
        books.disputes[dispute.payment_id].append(dispute)
    return books


def _compared(
    payment: Payment, lines: list[PayoutLine], books: _Books
) -> Iterator[tuple[PayoutLine, Verdict]]:
    """Compare all lines of one payment together: sums decide, whichever report a part is in."""
    lines.sort(key=lambda line: (line.happened_at, line.row))
    kinds: dict[str, list[PayoutLine]] = defaultdict(list)
    for line in lines:
        if line.kind in _MONEY and line.paid_currency != payment.currency:
            words = _("The report is in %(theirs)s, the payment in %(ours)s.")
            yield (
                line,
                Verdict(Match.DIFFERS, words % {"theirs": line.paid_currency, "ours": payment.currency}),
            )
        else:
            kinds[line.kind].append(line)
    yield from _sum(kinds.pop(Kind.PAYMENT, []), payment.amount, _("The payment here is of %s."))
    yield from _refunds(kinds.pop(Kind.REFUND, []), books.refunds[payment.pk])
    yield from _disputes(kinds.pop(Kind.DISPUTE, []), payment, books.disputes[payment.pk])
    for rest in kinds.values():
        yield from ((line, Verdict(Match.MATCHED)) for line in rest)


def _sum(lines: Sequence[PayoutLine], ours: Decimal, words: str) -> Iterator[tuple[PayoutLine, Verdict]]:
    """Compare the sum of some lines with what it should be; a difference is recorded on the last of them."""
    theirs = sum((line.paid_amount for line in lines), ZERO)
    for line in lines:
        if theirs == ours:
            yield line, Verdict(Match.MATCHED)
        else:
            difference = theirs - ours if line is lines[-1] else ZERO
            yield line, Verdict(Match.DIFFERS, words % money(ours, line.paid_currency), difference)


def _refunds(lines: Sequence[PayoutLine], refunds: Sequence[Refund]) -> Iterator[tuple[PayoutLine, Verdict]]:
    """Pair refunds with lines by number, then by amount; a refund that failed comes back as a line of its own."""
    free = {refund.pk: refund for refund in refunds}
    pairs: dict[UUID, Refund] = {}
    for is_exact in (True, False):
        for line in lines:
            if line.pk in pairs:
                continue
            fits = (one for one in free.values() if _is_pair(line, one, is_exact=is_exact))
            if refund := next(fits, None):
                pairs[line.pk] = free.pop(refund.pk)
    rest = [line for line in lines if line.pk not in pairs]
    rest_is_nothing = not sum((line.paid_amount for line in rest), ZERO)
    for line in lines:
        if line.pk in pairs:
            yield line, Verdict(Match.MATCHED, refund=pairs[line.pk])
        elif rest_is_nothing:
            yield line, Verdict(Match.MATCHED)
        else:
            yield line, Verdict(Match.DIFFERS, _("No refund of this amount is known here."), line.paid_amount)


def _is_pair(line: PayoutLine, refund: Refund, *, is_exact: bool) -> bool:
    if line.paid_amount != -refund.amount:
        return False
    return line.source == refund.external_id if is_exact else True


def _disputes(
    lines: Sequence[PayoutLine], payment: Payment, disputes: Sequence[Dispute]
) -> Iterator[tuple[PayoutLine, Verdict]]:
    """Compare what disputes have taken with what they should have: nothing when won, or while a bank only asks."""
    given_back = {Dispute.Status.WON, Dispute.Status.WITHDRAWN, Dispute.Status.INQUIRY}
    taken = sum((one.amount for one in disputes if one.status not in given_back), ZERO)
    if not disputes and payment.status in {Payment.Status.DISPUTED, Payment.Status.CHARGED_BACK}:
        taken = payment.amount
    yield from _sum(lines, -taken, _("By the disputes known here it should be %s."))


def unmatched(**filters: Any) -> Any:
    """Return the lines that are left over."""
    return PayoutLine.objects.filter(match__in=_LEFT, **filters)
