"""Free texts that promise instalments without interest: found by their words, and compared with what is offered.

The words on the shop's own screens come from the numbers (`Installments.is_interest_free`); what people write into
descriptions does not. Argentina: Res. 51-E/2017 and 240-E/2017 forbid "sin interés" where a way to pay costs less.
Pure: no database, no settings.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from shop.core.folding import fold

# Folded: lower case, no accents, single spaces. `{n}` is where a number of instalments may stand.
_COUNT: Final = (
    r"(?:(?P<count>\d{1,2}) ?(?:x|cuotas?|pagos?|meses|mensualidades|parcelas?|vezes|prestacoes|instal?lments?"
    r"|payments?|months?)\b[^.;!?|]{0,40}?)?"
)
_INTEREST: Final = r"(?:intereses|interes|juros|interests?)"
_PARTS: Final = r"(?:cuotas?|parcelas?|instal?lments?)"
_RATES: Final = rf"(?:tna|tea|cft|cftea|cat|cae|cet|tcea|{_PARTS}|financiacion|financiamento|financing)"
_FREE: Final = (
    rf"\b(?:sin|sem|without|cero|zero|no) (?:ningun |nenhum |any )?{_INTEREST}\b",
    rf"\b{_INTEREST}[- :]*(?:cero|zero|free)\b",
    rf"(?<![\d.,])0(?:[.,]0+)? ?%? (?:de |of |em )?{_INTEREST}\b",
    rf"(?<![\d.,])0(?:[.,]0+)? ?% (?:de |of |em )?{_RATES}\b",
    rf"\b{_RATES}[ :=]*(?:de |al |a )?0(?:[.,]0+)? ?%",
    r"\bprecio de contado en (?:\d{1,2} )?cuotas\b",
    r"\bmismo precio en (?:\d{1,2} )?cuotas\b",
    r"\bmesmo preco em (?:\d{1,2} )?parcelas\b",
    # Of an exchange or a shipping these words promise nothing about instalments.
    r"\b(?:cuotas?|parcelas?|pagos|tarjetas?|cartao|cartoes)\b[^.;!?]{0,30}?\b(?:sin|sem) (?:recargos?|acrescimos?)\b",
)
_PROMISES: Final = [
    *(re.compile(_COUNT + free) for free in _FREE),
    re.compile(rf"\b(?P<count>\d{{1,2}}) {_PARTS} (?:de |al |a |com )?0(?:[.,]0+)? ?%"),
]
# Mexico's abbreviation of "meses sin intereses", in capitals only: msi is a brand as well.
_MSI: Final = re.compile(r"\b(?:(?P<count>\d{1,2})\s*)?MSI\b")
# "Without interest and without fee" of lateness promises nothing about the price.
_NOT_MEANT: Final = re.compile(r"\b(?:por mora|de mora|por atraso|late payments?)\b")


@dataclass(frozen=True, slots=True)
class Claim:
    """A promise in a text: its words, folded, and for how many instalments (None: it does not say)."""

    words: str
    count: int | None


@dataclass(frozen=True, slots=True)
class Offered:
    """What decides whether a promise is true: the counts that cost nothing more, and the ways that cost less."""

    free_counts: Collection[int]
    cheaper_ways: Collection[str]

    def is_true(self, claim: Claim) -> bool:
        """Say whether a promise holds by what the shop itself offers now; a provider's own offers are not known."""
        if self.cheaper_ways:
            return False
        return claim.count in self.free_counts if claim.count else bool(self.free_counts)


def find(text: str) -> list[Claim]:
    """Return the promises of instalments without interest in a text, each once, in the order of the patterns."""
    found: dict[str, Claim] = {}
    plain = fold(re.sub(r"<[^>]*>", " ", text).replace("|", " "))
    for pattern in _PROMISES:
        for match in pattern.finditer(plain):
            if not _NOT_MEANT.search(plain[match.end() : match.end() + 25]):
                found.setdefault(match[0], _claim(match))
    for match in _MSI.finditer(text):
        found.setdefault(match[0], _claim(match))
    # One promise is often found by two patterns: the longer words stay.
    return [
        claim
        for words, claim in found.items()
        if not any(words != other and words in other for other in found)
    ]


def _claim(match: re.Match[str]) -> Claim:
    count = match["count"]
    return Claim(match[0].strip(), int(count) if count else None)
