"""Which pages a browser may fetch before somebody follows a link to them: products and categories.

Everybody shares these, so fetching one changes nothing and costs a kept copy. Links with `rel=nofollow` (options,
filters, sorts) are left out: they are many, and most lead to the page that is open.

https://html.spec.whatwg.org/multipage/speculative-loading.html
"""

from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import cache_control

from shop.core.web.languages import prefixes
from shop.core.web.methods import require_safe

_FOLDERS: Final = ("p", "c")


def rules() -> dict[str, object]:
    """Return the rules as browsers read them. `moderate`: once a pointer rests on a link, or a finger touches it."""
    places = [f"/{prefix}{folder}/*" for prefix in prefixes().values() for folder in _FOLDERS]
    links = {"or": [{"href_matches": pattern} for place in places for pattern in (place, f"{place}\\?*")]}
    followed = {"not": {"selector_matches": "[rel~=nofollow]"}}
    return {"prefetch": [{"where": {"and": [links, followed]}, "eagerness": "moderate"}]}


@cache_control(public=True, max_age=0 if settings.DEBUG else 86400)
@require_safe
def speculation_rules(request: HttpRequest) -> HttpResponse:
    """Answer the rules, the same for everybody."""
    return JsonResponse(rules(), content_type="application/speculationrules+json")
