"""The version of the catalogue as requests of the API ask for it, read once for each."""

from django.http import HttpRequest

from catalog.drops import access
from catalog.listing import version
from catalog.listing.version import Version
from shop.core.api.conditional import read_if_changed


def version_of(request: HttpRequest) -> Version:
    """Return the catalogue's version, by whose clock the answer is made, with what the visitor may buy early."""
    found: Version | None = getattr(request, "_percha_catalogue", None)
    if found is None:
        cart_id, user_id = access.app_visitor(request)
        found = version.read(cart_id, user_id)
        request._percha_catalogue = found  # type: ignore[attr-defined]
    return found


def _public_version(request: HttpRequest) -> str | None:
    found = version_of(request)
    return found.text if found.is_public else None


# The decorator of everything here that is the same for all visitors without early access.
catalogue = read_if_changed(_public_version)
