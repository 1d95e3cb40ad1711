"""The version of the catalogue as requests of the API ask for it, read once for each, or for all in a second."""

import time
from typing import Final

from django.conf import settings
from django.http import HttpRequest

from catalog.drops import access
from catalog.listing import version
from catalog.listing.version import Version
from shop.core.api.conditional import read_if_changed

# What guests were last answered by, and since when by the process's clock. An answer that is newer than its version is
# harmless: it is asked for again when the version is seen to be another one.
_seen: Final[list[tuple[float, Version]]] = []


def version_of(request: HttpRequest) -> Version:
    """Return the catalogue's version, by whose clock the answer is made, with what the visitor may buy early."""
    found: Version | None = getattr(request, "_percha_catalogue", None)
    if found is None:
        cart_id, user_id = access.app_visitor(request)
        found = version.read(cart_id, user_id) if cart_id or user_id else _of_guests()
        request._percha_catalogue = found  # type: ignore[attr-defined]
    return found


def _of_guests() -> Version:
    """Return the version for guests without a cart, at most `CATALOGUE_CHECKED_EVERY` seconds old."""
    seen = _seen_lately()
    if seen is None:
        since = time.monotonic()
        seen = version.read()
        _seen[:] = [(since, seen)]
    return seen


def _seen_lately() -> Version | None:
    now = time.monotonic()
    for since, seen in _seen:
        if now - since < settings.CATALOGUE_CHECKED_EVERY:
            return seen
    return None


def _public_version(request: HttpRequest) -> str | None:
    return _text(version_of(request))


def _current() -> str | None:
    """Return the version for guests while it need not be asked for."""
    seen = _seen_lately()
    return _text(seen) if seen else None


def _text(found: Version) -> str | None:
    return found.text if found.is_public else None


# The decorator of everything here that is the same for all visitors without early access.
catalogue = read_if_changed(_public_version, _current)
