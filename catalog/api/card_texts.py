"""The cards of lists as JSON texts, which lists of one version of the catalogue have in common."""

import json
from collections.abc import Sequence
from typing import Final
from uuid import UUID

from catalog.api import answers
from catalog.listing.cards import cards_on_show
from catalog.listing.version import Version

# What one process keeps of one version; each has about a kilobyte.
MOST: Final = 5000


class CardTexts:
    """Cards of one version by product; another version forgets those of the one before."""

    def __init__(self) -> None:
        self._of_version: tuple[str, dict[UUID, str]] = ("", {})

    def of(self, keys: Sequence[UUID], version: Version) -> list[str]:
        """Return the cards of these products on show, in this order. One query for those that are not known yet.

        A visitor with early access has cards of his own, which are not kept.
        """
        texts = self._kept(version.text) if version.is_public else {}
        missing = [key for key in keys if key not in texts]
        if missing:
            made = {
                product.pk: json.dumps(
                    answers.card(product, version), ensure_ascii=False, separators=(",", ":")
                )
                for product in cards_on_show().filter(pk__in=missing)
            }
            if len(texts) < MOST:
                texts.update(made)
            else:
                texts = texts | made
        return [texts[key] for key in keys if key in texts]

    def clear(self) -> None:
        """Forget all: for tests that count what a list costs."""
        self._of_version = ("", {})

    def _kept(self, version: str) -> dict[UUID, str]:
        # Version and texts are one object: a thread of another version never writes into these.
        known, texts = self._of_version
        if known != version:
            texts = {}
            self._of_version = (version, texts)
        return texts


card_texts: Final = CardTexts()
