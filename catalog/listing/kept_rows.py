"""Rows of the lists that a process has read, for as long as they are as they were.

Whoever knows of every change of a row (`catalog/search/index.py`) carries them from one revision to the next, without
those that changed. So a list whose rows other lists have shown costs no statement for its cards.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from shop.core.database.kept_queries import Asked, KeptQuery, together
from shop.core.database.postgresql.prepared import kept

# So many rows at most: a row has about a kilobyte.
MOST: Final = 4096
_REVISION: Final = kept("SELECT coalesce(max(revision), 0) FROM catalog_listing")


@dataclass(frozen=True, slots=True)
class KeptRows:
    """Rows by their keys, each as it was at `revision` (`Listing.revision`) or later."""

    revision: int = 0
    rows: dict[int, tuple[object, ...]] = field(default_factory=dict)

    def after(self, revision: int, changed: Sequence[int]) -> "KeptRows":
        """Return those that have not changed by a later revision."""
        # Copied at once, since other threads go on adding.
        left = self.rows.copy()
        for key in changed:
            left.pop(key, None)
        return KeptRows(revision, left)

    def read(
        self, keys: Sequence[int], query: KeptQuery[tuple[object, ...]]
    ) -> Mapping[int, tuple[object, ...]]:
        """Return the rows of these keys, which `query` reads with the key first; none for one that it does not find.

        One round trip, or none where all are known. A replica may be behind: what it says then is not kept.
        """
        found = {key: row for key in keys if (row := self.rows.get(key)) is not None}
        missing = [key for key in keys if key not in found]
        if not missing:
            return found
        asked = query.asked(missing)
        [(newest,)], rows = together(Asked(_REVISION, (), alias=asked.alias), asked)
        read = {row[0]: row for row in rows}
        if newest >= self.revision:
            if len(self.rows) + len(read) > MOST:
                self.rows.clear()
            self.rows.update(read)
        return found | read
