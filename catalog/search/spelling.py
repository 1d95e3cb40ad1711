"""What was mistyped: words that are one or two letters away, whichever letter is wrong.

After SymSpell (https://github.com/wolfgarbe/SymSpell): of each word every form without one letter (from 4 letters on)
or two (from 8) is kept, and what was typed is compared with these by its own forms, by equality alone. What is found is
verified by the distance of Damerau and Levenshtein, in which two neighbours that changed places are one edit.
"""

from collections.abc import Iterable, Iterator
from itertools import combinations
from typing import Final

from django.db import connection

SHORTEST: Final = 4
LONG: Final = 8
# Longer words are codes or nonsense; what would be kept of them grows with the square.
_LONGEST: Final = 24
_FIND: Final = """
SELECT DISTINCT word.word, word.weight
  FROM catalog_searchdeletion AS deletion
  JOIN catalog_searchword AS word ON word.word = deletion.word
 WHERE deletion.deletion = ANY (%s)
"""
_ADD: Final = """
WITH fresh AS (
    INSERT INTO catalog_searchword (word, weight)
    SELECT word, 1 FROM unnest(%s::text[]) AS word
    ON CONFLICT DO NOTHING
    RETURNING word
)
SELECT word FROM fresh
"""
_COUNT: Final = """
WITH counted AS MATERIALIZED (
    SELECT word, count(*) AS weight
      FROM catalog_listing CROSS JOIN LATERAL unnest(words) AS word
     WHERE is_shown
     GROUP BY word
),
gone AS (
    DELETE FROM catalog_searchword AS known
     WHERE NOT EXISTS (SELECT FROM counted WHERE counted.word = known.word)
    RETURNING word
),
forgotten AS (
    DELETE FROM catalog_searchdeletion AS deletion USING gone WHERE deletion.word = gone.word
)
UPDATE catalog_searchword AS known
   SET weight = counted.weight
  FROM counted
 WHERE counted.word = known.word AND counted.weight <> known.weight
"""


def reach(word: str) -> int:
    """Return how many edits a word forgives."""
    return 0 if not SHORTEST <= len(word) <= _LONGEST else 2 if len(word) >= LONG else 1


def deletions(word: str, edits: int) -> Iterator[str]:
    """Yield the word and its forms without up to so many letters."""
    for number in range(edits + 1):
        for kept in combinations(word, len(word) - number):
            yield "".join(kept)


def distance(one: str, other: str) -> int:
    """Return how many edits lie between two words: a letter too many, too few or another, or two neighbours swapped."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, letter in enumerate(one, 1):
        before, row, above = row, [i], before
        for j, another in enumerate(other, 1):
            least = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (letter != another))
            if i > 1 and j > 1 and letter == other[j - 2] and one[i - 2] == another:
                least = min(least, above[j - 2] + 1)
            row.append(least)
    return row[-1]


def candidates(word: str) -> list[str]:
    """Return the words that may have been meant, the likeliest first: few edits, the same beginning, many rows."""
    edits = 2 if len(word) >= LONG - 1 else 1
    if not SHORTEST - 1 <= len(word) <= _LONGEST:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_FIND, [list({*deletions(word, edits)})])
        found = cursor.fetchall()
    judged = [
        (distance(word, known), known[:1] != word[:1], -weight, known)
        for known, weight in found
        if known != word
    ]
    return [known for edits, _other, _weight, known in sorted(judged) if edits <= reach(known)]


def add(words: Iterable[str]) -> None:
    """Keep words that are not known yet, in the caller's transaction; one job at a time calls it."""
    with connection.cursor() as cursor:
        cursor.execute(_ADD, [sorted({word for word in words if len(word) <= 60})])
        pairs = [
            (form, word)
            for (word,) in cursor.fetchall()
            for form in {*deletions(word, reach(word))}
            if reach(word)
        ]
        if pairs:
            forms, of = zip(*pairs, strict=True)
            cursor.execute(
                "INSERT INTO catalog_searchdeletion (deletion, word)"
                " SELECT * FROM unnest(%s::text[], %s::text[]) ON CONFLICT DO NOTHING",
                [list(forms), list(of)],
            )


def count() -> int:
    """Count in how many rows each word is, and forget those that none has; return how many counts changed."""
    with connection.cursor() as cursor:
        cursor.execute(_COUNT)
        return int(cursor.rowcount)
