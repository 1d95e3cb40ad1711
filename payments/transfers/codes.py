"""Reference codes of bank transfers: short, written by hand and typed on phones, and recognised inside other text.

Eight characters without vowels (no words), without what is mistaken for another (0 O Q, 1 I L, 2 Z, 5 S, 6 G, 8 B), in
any case and with any separators. The nineteen characters that are left are a prime number, so the last one, a weighted
sum of the others, shows every single wrong character and every swap of two (ISO 7064 describes such systems).
"""

import re
import secrets
import unicodedata
from itertools import pairwise
from typing import Final

ALPHABET: Final = "3479CDFHJKMNPRTVWXY"
LENGTH: Final = 8
_VALUES: Final = {char: value for value, char in enumerate(ALPHABET)}
# Found at every place, also where two overlap.
_CODE: Final = re.compile(f"(?=([{ALPHABET}]{{{LENGTH}}}))")
# A payer's text is as long as the payer likes: a mistyped code is looked for in so much of it.
_SEARCHED: Final = 60
_BETWEEN: Final = re.compile(r"[^\w]+|_")
_NOT_A_SIGN: Final = re.compile(r"[^0-9A-Z]")


def new() -> str:
    """Return a random code."""
    body = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH - 1))
    return body + _check(body)


def is_valid(code: str) -> bool:
    """Say whether a text is a code whose check character fits."""
    return len(code) == LENGTH and set(code) <= _VALUES.keys() and _check(code[:-1]) == code[-1]


def compact(text: str) -> str:
    """Return a text in capitals without separators, as codes are looked for in it."""
    return _NOT_A_SIGN.sub("", unicodedata.normalize("NFKC", text).upper())


def within(text: str) -> list[str]:
    """Return the valid codes in a text, however they are separated.

    Those that are a word, or two words together; where there is none, those that stand anywhere. One of nineteen runs
    of such letters is a valid code by chance: whether it is one of the shop's, only its rows tell.
    """
    whole = [run for run in _words(text) if is_valid(run)]
    found = whole or [hit[1] for hit in _CODE.finditer(compact(text))]
    return list(dict.fromkeys(code for code in found if is_valid(code)))


def _words(text: str) -> list[str]:
    """Return the words of a text and each two neighbours together, compact."""
    words = [found for word in _BETWEEN.split(text) if (found := compact(word))]
    return [*words, *(first + second for first, second in pairwise(words))]


def similar(text: str) -> list[str]:
    """Return the codes that a text would hold but for one mistake: a wrong character, one too many, one missing, two
    swapped. Of the many candidates only those whose check character fits are returned.
    """
    sizes = (LENGTH - 1, LENGTH, LENGTH + 1)
    runs = [run for run in _words(text) if len(run) in sizes]
    if not runs:  # Not as a word: a bank has joined it with something else.
        plain = compact(text)[:_SEARCHED]
        runs = [plain[at : at + size] for size in sizes for at in range(len(plain) - size + 1)]
    return list(dict.fromkeys(code for run in runs for code in _repaired(run)))


def _repaired(text: str) -> list[str]:
    """Return the valid codes that differ from a text by one mistake."""
    if sum(char not in _VALUES for char in text) > 1:
        return []
    if len(text) > LENGTH:
        tries = [text[:place] + text[place + 1 :] for place in range(len(text))]
    elif len(text) < LENGTH:
        tries = [text[:place] + char + text[place:] for place in range(LENGTH) for char in ALPHABET]
    else:
        tries = [text[:place] + char + text[place + 1 :] for place in range(LENGTH) for char in ALPHABET]
        tries += [
            text[:place] + text[place + 1] + text[place] + text[place + 2 :] for place in range(LENGTH - 1)
        ]
    return [one for one in tries if one != text and is_valid(one)]


def _check(body: str) -> str:
    total = sum(_VALUES[char] * weight for weight, char in enumerate(body, start=1))
    return ALPHABET[total % len(ALPHABET)]
