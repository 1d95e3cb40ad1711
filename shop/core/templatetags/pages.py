"""Template tags about addresses: a page in the other languages."""

from typing import Any

from django import template
from django.http import HttpRequest

from shop.core.shared_pages.marks import OWN_COPY
from shop.core.web import languages
from shop.core.web.languages import PageLanguage

register = template.Library()


@register.simple_tag(takes_context=True)
def page_in_languages(context: dict[str, Any]) -> list[PageLanguage]:
    """Return the page that is being made in each language; what answers a form leads to the shop's first page."""
    request: HttpRequest | None = context.get("request")
    if request is None or request.method not in {"GET", "HEAD"} or not languages.is_in_address(request.path):
        return languages.versions_of("/")
    if not request.GET:
        return languages.versions_of(request.path)
    query = request.GET.copy()
    query.pop(OWN_COPY, None)
    return languages.versions_of(f"{request.path}?{query.urlencode()}" if query else request.path)


# Of the context it reads the request, which is the page's, never a layer's (`template_functions.writing`).
page_in_languages.sees_page_alone = True  # type: ignore[attr-defined]


@register.simple_tag
def path_in_languages(path: str) -> list[PageLanguage]:
    """Return a path of the shop in each language, the shop's own first."""
    return languages.versions_of(path)
