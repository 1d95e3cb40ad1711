"""Refuse text which no page can mean: NUL bytes, which PostgreSQL cannot store, answer 400 instead of 500."""

from collections.abc import Callable

from django.core.exceptions import BadRequest
from django.http import HttpRequest, HttpResponse


class RefuseBadText:
    """Answer 400 to a NUL byte in the path, the query string or a form field."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, view: object, args: object, kwargs: object) -> None:
        texts = [
            request.path,
            *(value for values in request.GET.lists() for value in (values[0], *values[1])),
        ]
        if request.method == "POST" and request.content_type in (
            "application/x-www-form-urlencoded",
            "multipart/form-data",
        ):
            texts += [value for values in request.POST.lists() for value in (values[0], *values[1])]
        if any("\x00" in text for text in texts):
            raise BadRequest("NUL byte in the request")
