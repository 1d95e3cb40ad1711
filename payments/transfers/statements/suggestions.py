"""Which bank transfers a credit may be that nothing fits exactly: for people, who decide.

A transfer is suggested for what speaks for it: the reference but for one mistake, the same amount, the payer's document
or name like the buyer's. What was asked for in the last weeks and nothing came for is compared, the newest first.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from payments.models import BankCredit, TransferInstruction
from payments.transfers import codes
from payments.transfers.statements.matching import Kind, Match
from shop.core.folding import fold, squeeze
from shop.core.money import display as money

# A transfer asked for so long before the credit is not suggested by its amount or buyer alone.
_LOOK_BACK: Final = timedelta(days=45)
_MOST_COMPARED: Final = 1000
_MOST_SHOWN: Final = 3
# Shorter words of a name (de, la, y) are everybody's.
_SHORTEST_WORD: Final = 3


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A transfer, and in words what speaks for it. A higher score is more likely."""

    instruction: TransferInstruction
    reasons: list[str]
    score: int


def suggest(matches: Sequence[Match]) -> Mapping[UUID, list[Suggestion]]:
    """Return the likeliest transfers for each credit, by its key. Two queries, however many credits there are."""
    rows = [match.credit for match in matches]
    if not rows:
        return {}
    similar = {row.pk: set(codes.similar(row.reference)) for row in rows}
    candidates = _candidates(rows, {code for found in similar.values() for code in found})
    return {match.credit.pk: _best(match, candidates, similar[match.credit.pk]) for match in matches}


def _candidates(rows: Sequence[BankCredit], similar: Iterable[str]) -> list[TransferInstruction]:
    """Return transfers that may be meant: with nearly such a reference; and recent ones for which nothing came."""
    all_rows = TransferInstruction.objects.select_related("attempt__purchase", "attempt__payable")
    since = min(row.booked_on for row in rows) - _LOOK_BACK
    until = max(row.booked_on for row in rows) + timedelta(days=1)
    came = BankCredit.objects.filter(instruction=OuterRef("pk"))
    recent = all_rows.filter(~Exists(came), created_at__date__range=(since, until))
    found = {one.pk: one for one in all_rows.filter(code__in=list(similar))[:_MOST_COMPARED]}
    found |= {one.pk: one for one in recent.order_by("-created_at")[:_MOST_COMPARED]}
    return list(found.values())


def _best(match: Match, candidates: Sequence[TransferInstruction], similar: set[str]) -> list[Suggestion]:
    found = [_weighed(match.credit, one, similar) for one in candidates if one != match.instruction]
    if match.instruction is not None:
        found.append(_named(match))
    likely = sorted((one for one in found if one and one.score), key=lambda one: -one.score)
    return likely[:_MOST_SHOWN]


def _named(match: Match) -> Suggestion:
    """Return the transfer that the match has found, with why it is not certain."""
    instruction, credit = match.instruction, match.credit
    if instruction is None:
        raise ValueError("the match names no transfer")
    if match.kind == Kind.SECOND:
        words = _("the reference and the amount fit, and money came for it already")
    elif match.kind == Kind.DOUBTFUL:
        words = _("a credit like this was confirmed by hand")
    else:
        words = _("the reference fits, the amount is %s") % money(instruction.amount, instruction.currency)
    return Suggestion(instruction, [words, *_of_the_payer(credit, instruction)], 10)


def _weighed(credit: BankCredit, one: TransferInstruction, similar: set[str]) -> Suggestion | None:
    reasons: list[str] = []
    score = 0
    if one.code in similar:
        reasons.append(_("the reference but for one character"))
        score += 4
    if (one.amount, one.currency) == (credit.amount, credit.currency):
        reasons.append(_("the same amount"))
        score += 2
    payer = _of_the_payer(credit, one)
    score += 2 * len(payer)
    return Suggestion(one, [*reasons, *payer], score) if score >= 2 else None


def _of_the_payer(credit: BankCredit, one: TransferInstruction) -> list[str]:
    """Return in words how the payer is like the buyer."""
    purchase = one.attempt.purchase
    text = squeeze(f"{credit.payer_document} {credit.reference}")
    reasons = []
    number = squeeze(purchase.document_number)
    if len(number) >= 6 and number in text:
        reasons.append(_("the buyer's document"))
    payer = _words(f"{credit.payer_name} {credit.reference}")
    buyer = _words(f"{purchase.first_name} {purchase.last_name}")
    if len(payer & buyer) >= 2 or (buyer and buyer <= payer):
        reasons.append(_("the buyer's name"))
    return reasons


def _words(text: str) -> set[str]:
    return {word.strip(",.;:") for word in fold(text).split() if len(word) >= _SHORTEST_WORD}


def searched(text: str) -> list[TransferInstruction]:
    """Return the transfers that somebody who types a code, a name, an address or an order's number may mean."""
    code = codes.compact(text)
    purchase = "attempt__purchase__"
    wanted = Q(code=code) | Q(**{f"{purchase}email__iexact": text.strip()})
    if text.strip().lstrip("#").isdigit() and len(text.strip()) < 12:
        wanted |= Q(**{f"{purchase}order__number": int(text.strip().lstrip("#"))})
    rows = TransferInstruction.objects.select_related("attempt__purchase", "attempt__payable")
    return list(rows.filter(wanted).order_by("-created_at")[:5])
