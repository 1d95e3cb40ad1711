"""Write a list as a file at once: what an import of the same shop finds unchanged, and no spreadsheet runs."""

from dataclasses import dataclass
from io import BytesIO
from typing import Final

from inventory.exchange.contents import LISTINGS, Filters
from inventory.models import ExportJob
from shop.core.database.snapshot import one_instant
from shop.core.spreadsheets import files

# Longer lists are made by a worker, so that no request waits for them.
AT_ONCE: Final = 500
FORMATS: Final[dict[str, object]] = dict(ExportJob.Form.choices)
# What the page of imports and exports offers; the other lists have pages of their own.
CONTENTS: Final[dict[str, object]] = {
    code: words for code, words in ExportJob.Contents.choices if code in {"catalogue", "stock", "opening"}
}


@dataclass(frozen=True)
class File:
    """A file to download."""

    name: str
    content: bytes
    content_type: str


def is_small(contents: str, filters: Filters) -> bool:
    """Return whether a list is short enough to be made while somebody waits for it."""
    return LISTINGS[contents].count(filters, AT_ONCE + 1) <= AT_ONCE


def name_of(contents: str, form: str, filters: Filters) -> str:
    """Return how the file is called."""
    return f"{LISTINGS[contents].stem(filters)}.{files.ending(form)}"


def export(contents: str, form: str, filters: Filters | None = None) -> File:
    """Return a list as a file, with headings in the active language, as of one instant.

    Raises: KeyError for contents or a format that do not exist.
    """
    listing, _known, filters = LISTINGS[contents], FORMATS[form], filters or {}
    target = BytesIO()
    with one_instant():
        files.write(listing.table(filters), form, target)
    return File(name_of(contents, form, filters), target.getvalue(), files.content_type(form))
