"""What is given while the database is away: the old copy, if nothing is known to have changed."""

from typing import Final

from django.db import InterfaceError, OperationalError
from django.http import HttpResponse

from shop.core.shared_pages.copies import Copy
from shop.core.shared_pages.marks import Mark
from shop.core.web import busy_page

# Such a copy is old already: whoever stands between keeps it for seconds and no longer.
BRIEFLY: Final = "public, max-age=0, s-maxage=2"


def may_replace(old: Copy, response: HttpResponse, mark: Mark) -> bool:
    """Return whether an old copy is given instead of an answer that was made without the database.

    It must show what is known last. That is asked for again: the database may be back, and have changed meanwhile.
    """
    if not busy_page.says_away(response):
        return False
    try:
        present = mark.generations()
    except (OperationalError, InterfaceError):
        # It has been away for too long.
        return False
    return old.outlives_keep(present.text(old.tags))
