"""The headers of a page that nobody may keep are those that Django writes."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.views.decorators.cache import never_cache as djangos

from shop.core.web.never_cached import never_cache


@pytest.mark.parametrize("own", [{}, {"Cache-Control": "max-age=60"}, {"Expires": "0"}])
def test_headers_are_those_of_django(own):
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("page", headers=own)

    request = RequestFactory().get("/")
    ours, theirs = never_cache(view)(request).headers, djangos(view)(request).headers
    assert list(ours) == list(theirs)
    assert ours["Cache-Control"] == theirs["Cache-Control"]
    assert "no-store" in ours["Cache-Control"]
