"""Addresses of what everybody may see, written once in each language: a page has the same ones many times."""

from functools import lru_cache

from django.urls import get_script_prefix, reverse
from django.utils.translation import get_language


def address_of(view: str, *arguments: str) -> str:
    """Return the address of a view with its arguments. Not for arguments that are secrets: they are kept."""
    return _address_of(view, arguments, get_language(), get_script_prefix())


@lru_cache(maxsize=4096)
def _address_of(view: str, arguments: tuple[str, ...], language: str | None, prefix: str) -> str:
    return reverse(view, args=arguments)
