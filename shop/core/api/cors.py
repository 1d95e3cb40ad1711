"""What other origins may ask of the API; all other requests pass without being looked at."""

from typing import cast

from corsheaders.middleware import CorsMiddleware
from django.http import HttpRequest
from django.http.response import HttpResponseBase

from shop.core.api import problems


class ApiCors(CorsMiddleware):
    """django-cors-headers' own, for requests below `/api/` (`CORS_URLS_REGEX`)."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(problems.PREFIX):
            return cast(HttpResponseBase, self.get_response(request))
        return cast(HttpResponseBase, super().__call__(request))
