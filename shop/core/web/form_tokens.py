"""The token of a form, as Django makes it, without thirty-two calls of the system for each."""

from secrets import token_bytes
from typing import Final

from django.http import HttpRequest
from django.middleware.csrf import CSRF_ALLOWED_CHARS, CSRF_SECRET_LENGTH, rotate_token
from django.utils.functional import SimpleLazyObject

_PLACES: Final = {character: place for place, character in enumerate(CSRF_ALLOWED_CHARS)}
_NUMBER: Final = len(CSRF_ALLOWED_CHARS)
# A byte from here on would make the first characters likelier than the others.
_LEAST_UNFAIR: Final = 256 - 256 % _NUMBER


def form_token(request: HttpRequest) -> dict[str, object]:
    """Give templates `csrf_token` in the place of Django's own: lazy, since reading it sets the cookie."""
    return {"csrf_token": SimpleLazyObject(lambda: token_of(request))}


def token_of(request: HttpRequest) -> str:
    """Return a new token of the visitor's secret, which the answer gives or renews (Django's `get_token`)."""
    if "CSRF_COOKIE" not in request.META:
        rotate_token(request)
    request.META["CSRF_COOKIE_NEEDS_UPDATE"] = True
    return masked(request.META["CSRF_COOKIE"])


def masked(secret: str) -> str:
    """Return a secret behind a mask of its own, and the mask: the same secret never looks the same (BREACH)."""
    mask: list[int] = []
    while len(mask) < CSRF_SECRET_LENGTH:
        mask += [byte % _NUMBER for byte in token_bytes(CSRF_SECRET_LENGTH + 8) if byte < _LEAST_UNFAIR]
    del mask[CSRF_SECRET_LENGTH:]
    pairs = zip(secret, mask, strict=True)
    hidden = [CSRF_ALLOWED_CHARS[(_PLACES[character] + place) % _NUMBER] for character, place in pairs]
    return "".join([*(CSRF_ALLOWED_CHARS[place] for place in mask), *hidden])
