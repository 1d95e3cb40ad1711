"""Mapping of every provider's words for a refusal to one neutral reason.

Most name the field and a code of their own, some only an error word and a sentence; each is read in the order given, so
that a named field wins over what the sentence happens to mention. docs/adding-a-gateway.md links the
documentation of their words.
"""

import re
from typing import Final

from payments.gateways.errors import Reason

# Looked for from the top: what stands in "line_items[0][price_data][currency]" is the currency, not the items.
_WORDS: Final[tuple[tuple[Reason, str], ...]] = (
    (
        Reason.ACCOUNT,
        (
            r"access[ _]?token|api[ _]?key|secret[ _]key|missing[ _]key|authentication|livemode[ _]mismatch"
            r"|testmode[ _]charges[ _]only|account[ _]invalid|^unauthorized"
        ),
    ),
    (
        Reason.RIGHTS,
        r"regulation|polic(y|ies)|forbidden|permission|country[ _]unsupported|not[ _]allowed[ _]to",
    ),
    (
        Reason.RETURN_ADDRESS,
        r"back[ _]?urls?|(success|failure|cancel|return|notification)[ _]url|auto[ _]return|url[ _]invalid",
    ),
    (Reason.TOO_SMALL, r"amount[ _.]too[ _]small|minimum[ _]amount|below[ _]minimum"),
    (Reason.TOO_LARGE, r"amount[ _.]too[ _]large|maximum[ _]amount|above[ _]maximum|charge[ _]exceeds"),
    (Reason.CURRENCY, r"currenc"),
    (Reason.AMOUNT, r"unit[ _](price|amount)|amount|shipments?\.cost"),
    (Reason.ITEMS, r"items?\b|line[ _]item|product[ _]data|quantity"),
    (Reason.EMAIL, r"e-?mail"),
    (Reason.PHONE, r"phone|area[ _]code"),
    (Reason.DOCUMENT, r"identification|document|tax[ _]id"),
    (
        Reason.NAME,
        r"(customer[ _]info|payer|buyer|customer)\.(sur|first|last)?[ _]?name|surname|(first|last)[ _]name",
    ),
    (Reason.BUYER, r"payer|customer|buyer"),
)
_PATTERNS: Final = tuple((reason, re.compile(words, re.IGNORECASE)) for reason, words in _WORDS)


def reason_of(status: int, *sources: str) -> Reason:
    """Return what a refusal is about, by its HTTP status (0: none) and the provider's words, the most exact first."""
    if status == 401:
        return Reason.ACCOUNT
    if status == 403:
        return Reason.RIGHTS
    for source in sources:
        for reason, pattern in _PATTERNS:
            if pattern.search(source):
                return reason
    return Reason.OTHER
