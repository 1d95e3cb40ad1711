"""Words that stand in a gateway's own module, in the shop's languages."""

from collections.abc import Mapping
from typing import Any

from django.utils.functional import lazystr
from django.utils.translation import get_language


class _Spoken:
    """Words in the shop's languages, chosen when they are written."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words

    def __str__(self) -> str:
        return self._words.get(get_language() or "en", self._words["en"])


def spoken(*, en: str, es: str, pt_br: str) -> Any:
    """Return words of a gateway as a lazy string in the reader's language.

    They stand in the gateway's own module and not in the catalogues, so that a gateway comes and goes as one piece.
    """
    return lazystr(_Spoken({"en": en, "es": es, "pt-br": pt_br}))
