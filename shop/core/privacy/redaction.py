"""Remove secrets and personal data from text: before it is logged, stored as an error, or shown to a developer.

Two methods, since neither alone is enough: the literal values of our own secret settings, whatever surrounds them, and
patterns of what providers and people have (tokens, signatures, card and bank numbers, e-mail addresses). `mask` is for
logs and error pages; `mask_secrets` leaves e-mail addresses, for texts that only the staff reads.
"""

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import Final

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.signals import setting_changed
from django.dispatch import receiver

HIDDEN: Final = "[hidden]"
# Settings whose values are secrets. Shorter values are left: they would match inside ordinary words.
SECRET_SETTINGS: Final = re.compile(
    r"(?:^SECRET_KEY|_TOKEN|_(?:SECRET|TOKEN|PRIVATE|API)_KEY|_SECRETS?|_KEYS|_PASSWORD)$"
)
SHORTEST_SECRET: Final = 8
# Names, in code, JSON, headers, forms and queries, whose values are hidden.
HIDDEN_NAME: Final = (
    r"(?:[\w-]*(?:access|refresh|bearer|auth|api|secret|private|client|csrf|csrfmiddleware|session|webhook)"
    r"[_-]?(?:token|key|secret)(?![\w-])|[\w-]*(?:secrets?|passwords?|passwd|authorization|cookie|signature|digest)"
    r"|sessionid|api_?key|token|cvv|cvc|card_?number|security_?code|cbu|clabe|pix_?key)"
)

# Visitors control what an error report contains: each pattern begins at the edge of a word or has a bound, so that its
# time grows with the text and not with its square.
_NAMED: Final = re.compile(
    rf"""(?P<name>(?<![\w-]){HIDDEN_NAME})
    (?P<sep>(?:&\#x27;|&quot;|["'])?\s*(?:[:=]|=>)\s*)
    (?P<value>b?(?:&\#x27;|&quot;|["'])(?P<quoted>[^"'&\n]{{1,2000}})|(?:Bearer|Basic|Token)\s+[^\s,;"'&<]+|[^\s,;&"'<>\[\]{{}}()]+)""",
    re.IGNORECASE | re.VERBOSE,
)
_TOKENS: Final = re.compile(
    r"""\b(?:Bearer|Basic)\s+[A-Za-z0-9._~+/=:-]{8,}      # Authorization
    |\b(?:APP_USR|TEST)-[A-Za-z0-9-]{6,}                   # Mercado Pago's access tokens
    |\b(?:sk|rk)_(?:live|test)_\w{4,}|\bwhsec_\w{4,}       # Stripe's keys and webhook secrets
    |\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]+                 # tokens of our API (JWT)
    |\b\w+_secret_[A-Za-z0-9]{8,}                          # Stripe's client secrets
    |\bkey_[A-Za-z0-9]{10,}                                # keys such as key_…
    |\bgAAAA[\w=-]{40,}                                    # whatever we sealed ourselves (Fernet)
    |\b(?:ts|t)=\d+,\s*v\d=\w+(?:,v\d=\w+)*                # signatures of webhooks
    |-----BEGIN[ ][A-Z ]*PRIVATE[ ]KEY-----.{0,4000}?-----END[ ][A-Z ]*PRIVATE[ ]KEY-----""",
    re.VERBOSE | re.DOTALL,
)
_URL_LOGIN: Final = re.compile(r"(?P<scheme>(?<![a-z0-9+.-])[a-z][a-z0-9+.-]{0,20}://)[^/\s@:]*:[^/\s@]+@")
# The random part of secret links.
_SECRET_PATHS: Final = re.compile(
    r"(?P<head>/(?:pedido|pago/volver|pago/estado|checkout|avisos|devolucion|confirm-email)/)[\w.~=-]{16,}"
    r"(?P<tail>(?:/[\w/-]*)?)(?:\?[^\s'\"<>&;]*(?:&(?:amp;)?[^\s'\"<>&;]*)*)?"
)
_RESET_PATH: Final = re.compile(r"(?P<head>/password/reset/key/)[\w-]+")
_NUMBERS: Final = re.compile(r"(?<![\w.-])\d(?:[ -]?\d){12,21}(?![\w-])")
_LOCAL: Final = r"[\w.!#$%*+^`~-]"
_EMAIL: Final = re.compile(
    rf"(?<!{_LOCAL})(?P<first>{_LOCAL}){_LOCAL}*@(?P<host>[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+)"
)


def mask(text: str) -> str:
    """Return `text` without secrets, card and bank numbers, secret links and e-mail addresses."""
    return _EMAIL.sub(lambda found: f"{found['first']}***@{found['host']}", mask_secrets(text))


def mask_secrets(text: str) -> str:
    """Return `text` without secrets, card and bank numbers and secret links; e-mail addresses stay."""
    if not text:
        return text
    for secret in our_secrets():
        if secret in text:
            text = text.replace(secret, HIDDEN)
    text = _URL_LOGIN.sub(rf"\g<scheme>{HIDDEN}@", text)
    text = _TOKENS.sub(HIDDEN, text)
    text = _NAMED.sub(_without_value, text)
    text = mask_links(text)
    return _NUMBERS.sub(_masked_number, text)


def mask_links(text: str, instead: str = HIDDEN) -> str:
    """Return `text` without the random part of secret links."""
    text = _SECRET_PATHS.sub(rf"\g<head>{instead}\g<tail>", text)
    return _RESET_PATH.sub(rf"\g<head>{instead}", text)


def mask_path(path: str) -> str:
    """Return a URL without its query and without the random part of a secret link."""
    return mask(path.split("?", 1)[0])


def our_secrets() -> tuple[str, ...]:
    """Return the values of the shop's own secret settings, longest first; empty before the settings are loaded."""
    try:
        return _secrets_of_settings()
    except ImproperlyConfigured:
        return ()


@cache
def _secrets_of_settings() -> tuple[str, ...]:
    found: set[str] = set()
    for name in dir(settings):
        if SECRET_SETTINGS.search(name):
            found.update(_texts(getattr(settings, name, "")))
    for database in settings.DATABASES.values():
        found.update(_texts(database.get("PASSWORD")))
    return tuple(sorted((text for text in found if len(text) >= SHORTEST_SECRET), key=len, reverse=True))


@receiver(setting_changed)
def _forget_secrets(**kwargs: object) -> None:
    """Read the settings again when a test has changed one."""
    _secrets_of_settings.cache_clear()


def is_secret_name(name: object) -> bool:
    """Return whether the value of a variable, field or key of this name is secret."""
    return bool(re.fullmatch(HIDDEN_NAME, str(name), re.IGNORECASE))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple | set | frozenset):
        for item in value:
            yield from _texts(item)


def _without_value(found: "re.Match[str]") -> str:
    if found["value"].startswith(HIDDEN):
        return found[0]
    quote = found["value"][: -len(found["quoted"])] if found["quoted"] else ""
    return f"{found['name']}{found['sep']}{quote}{HIDDEN}"


def _masked_number(found: "re.Match[str]") -> str:
    digits = re.sub(r"\D", "", found[0])
    checks: tuple[Callable[[str], bool], ...] = (_is_card, _is_bank_account)
    return f"{HIDDEN}{digits[-4:]}" if any(check(digits) for check in checks) else found[0]


def _is_card(digits: str) -> bool:
    """Say whether this may be a card: 14 to 19 digits of a network's range (ISO/IEC 7812) whose Luhn sum is right."""
    if not 14 <= len(digits) <= 19 or digits[0] not in "23456":
        return False
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = int(digit) * (2 if place % 2 else 1)
        total += value - 9 if value > 9 else value
    return total % 10 == 0


def _is_bank_account(digits: str) -> bool:
    """Return whether this may be an Argentine CBU (22 digits) or a Mexican CLABE (18)."""
    return len(digits) in {18, 22}
