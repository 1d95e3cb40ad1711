"""Headings of columns: what an export writes, and what an import accepts.

An export writes the headings in the reader's language; an import accepts them in every language of the shop, or their
code, without regard to case, accents and signs. A heading that is not known is refused: a misspelt "Prize" must not be
ignored silently.
"""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Protocol

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from shop.core.spreadsheets.sheets import Sheet, Unreadable


class OptionColumn(Protocol):
    """An option of products, which has a column of its own: by its name or its code."""

    @property
    def name(self) -> str: ...

    @property
    def code(self) -> str: ...


def plain(text: str) -> str:
    """Return a heading without case, accents, spaces and signs: `Código de barras` → `codigodebarras`."""
    bare = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[^a-z0-9]", "", bare)


def known(labels: Mapping[str, object]) -> dict[str, str]:
    """Return code by plain heading, in every language of the shop."""
    found = {plain(code): code for code in labels}
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for code, label in labels.items():
                found.setdefault(plain(str(label)), code)
    return found


def places(
    sheet: Sheet, labels: Mapping[str, object], options: Iterable[OptionColumn] = ()
) -> dict[str, int]:
    """Return the place of each known column of a sheet by its code (`option:<code>` for an option's).

    Raises: Unreadable for unknown or repeated headings, or without the SKU.
    """
    codes = known(labels)
    for option in options:
        for name in (option.name, option.code):
            codes.setdefault(plain(name), f"option:{option.code}")
    found: dict[str, int] = {}
    for place, heading in enumerate(sheet.headings):
        if not heading and not any(len(cells) > place and cells[place] for _row, cells in sheet.rows):
            continue
        code = codes.get(plain(heading)) or codes.get(plain(heading.removeprefix("option:")))
        if code is None:
            known_ones = ", ".join(str(label) for label in labels.values())
            raise Unreadable(
                _("The column “%(heading)s” is not known. Known are: %(known)s.")
                % {"heading": heading[:60] or "?", "known": known_ones}
            )
        if code in found:
            raise Unreadable(_("The column “%s” is there twice.") % heading[:60])
        found[code] = place
    if "sku" not in found:
        raise Unreadable(_("The file needs a column with the heading “SKU”."))
    return found
