"""Addresses of what everybody may see, written once in each language: a page has the same ones many times."""

import re
from functools import lru_cache
from typing import Final
from uuid import uuid4

from django.urls import NoReverseMatch, get_script_prefix, reverse
from django.utils.translation import get_language

_GAPS: Final = (str(uuid4()), "a-Word_9")
# What stands in an address as it is, in each pattern that takes two such gaps.
PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+")


def address_of(view: str, *arguments: str) -> str:
    """Return the address of a view with its arguments. Not for arguments that are secrets: they are kept."""
    return _address_of(view, arguments, get_language(), get_script_prefix())


@lru_cache(maxsize=4096)
def _address_of(view: str, arguments: tuple[str, ...], language: str | None, prefix: str) -> str:
    if len(arguments) == 1 and PLAIN.fullmatch(arguments[0]) and (mould := _mould(view, language, prefix)):
        return f"{mould[0]}{arguments[0]}{mould[1]}"
    return reverse(view, args=arguments)


@lru_cache(maxsize=256)
def _mould(view: str, _language: str | None, _prefix: str) -> tuple[str, str] | None:
    return around(view)


def around(view: str) -> tuple[str, str] | None:
    """Return what stands before and after a plain argument in the address of a view; None: not every one is taken."""
    try:
        first, second = (reverse(view, args=[gap]).split(gap) for gap in _GAPS)
    except NoReverseMatch:
        return None
    return (first[0], first[1]) if first == second and len(first) == 2 else None
