"""The language of a page is in its address: `/en/…`, `/pt/…`, and the shop's own language without a prefix.

So an address is the same page for everybody, and any cache may keep it. The back office, the API and what others call
by a fixed address have no prefix: there the language is the visitor's (cookie, `Accept-Language`).
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final
from urllib.parse import urlsplit, urlunsplit

from django.conf import settings
from django.urls import URLPattern, URLResolver
from django.utils.translation import get_language, get_language_info

from shop.core.web.indexed_urls import IndexedResolver

# Addresses that are the same in every language.
_WITHOUT: Final = (
    *("/admin/", "/api/", "/i18n/", "/healthz/", "/favicon.ico", "/robots.txt", "/sitemap"),
    "/speculation-rules.json",
    *("/payments/webhook/", "/shipping/webhook/", "/payment/"),
)

# A plain path, which need not be taken apart.
_PATH: Final = re.compile(r"/(?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class PageLanguage:
    """A language that pages are written in: its code, its own name, and the address of a page in it."""

    code: str
    name: str
    url: str


@lru_cache(maxsize=1)
def prefixes() -> dict[str, str]:
    """Return what an address begins with, by language: `en/`, `pt/` for `pt-br`, nothing for the shop's own."""
    return {
        code: "" if code == settings.LANGUAGE_CODE else f"{code.partition('-')[0]}/"
        for code, _name in settings.LANGUAGES
    }


def split(path: str) -> tuple[str, str]:
    """Return the language of a path (without its first slash) and the path without the prefix."""
    for code, prefix in prefixes().items():
        if prefix and path.startswith(prefix):
            return code, path.removeprefix(prefix)
    return settings.LANGUAGE_CODE, path


def is_in_address(path: str) -> bool:
    """Return whether the address says the language of what is at this path."""
    return not path.startswith(_WITHOUT)


def language_of(path: str) -> str:
    """Return the language of a page by its path."""
    return split(path.removeprefix("/"))[0]


def in_language(address: str, code: str) -> str:
    """Return the address of the same page in another language: a path of ours, or a whole address of the shop."""
    parts = urlsplit(address)
    if not parts.path.startswith("/") or not is_in_address(parts.path):
        return address
    _own, rest = split(parts.path.removeprefix("/"))
    return urlunsplit(parts._replace(path=f"/{prefixes().get(code, '')}{rest}"))


def versions_of(address: str) -> list[PageLanguage]:
    """Return a page in every language of the shop, its own included."""
    if _PATH.fullmatch(address) and is_in_address(address):
        _own, rest = split(address[1:])
        return [PageLanguage(code, name, f"/{prefixes()[code]}{rest}") for code, name in _names().items()]
    parts = urlsplit(address)
    if not parts.path.startswith("/") or not is_in_address(parts.path):
        return [PageLanguage(code, name, address) for code, name in _names().items()]
    _own, rest = split(parts.path.removeprefix("/"))
    before, after = (urlunsplit(parts[:2] + ("", "", "")), urlunsplit(("", "", "", *parts[3:])))
    return [
        PageLanguage(code, name, f"{before}/{prefixes()[code]}{rest}{after}")
        for code, name in _names().items()
    ]


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    return {code: get_language_info(code)["name_local"] for code in prefixes()}


def addresses_in(code: str, context: Mapping[str, Any]) -> dict[str, Any]:
    """Return the context of a mail in which the addresses of the shop's pages are those of a language."""
    start = f"{settings.SITE_URL}/"
    return {
        name: settings.SITE_URL + in_language(value.removeprefix(settings.SITE_URL), code)
        if isinstance(value, str) and value.startswith(start)
        else value
        for name, value in context.items()
    }


class _LanguagePrefix:
    """The beginning of an address: read, it may be of any language; written, it is of the active one."""

    converters: Final[dict[str, Any]] = {}

    @property
    def regex(self) -> re.Pattern[str]:
        """Return the prefix of the active language: Django keeps what it is asked for by language."""
        return re.compile(re.escape(str(self)))

    def match(self, path: str) -> tuple[str, tuple[()], dict[str, Any]]:
        """Take the prefix off."""
        return split(path)[1], (), {}

    def check(self) -> list[Any]:
        return []

    def describe(self) -> str:
        return f"'{self}'"

    def __str__(self) -> str:
        return prefixes().get(get_language() or "", "")


def in_every_language(*patterns: URLPattern | URLResolver) -> list[URLResolver]:
    """Return these addresses in each of the shop's languages. Unlike Django's `i18n_patterns`, at any level."""
    found: Sequence[URLPattern | URLResolver] = list(patterns)
    return [IndexedResolver(_LanguagePrefix(), found)]  # type: ignore[arg-type]
