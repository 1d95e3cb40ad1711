"""The Content-Security-Policy of the shop's pages, written once: django-csp writes it again for each answer."""

from typing import Final

from csp.constants import HEADER
from csp.middleware import CheckableLazyObject, CSPMiddleware
from csp.utils import build_policy
from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase


class ShopPolicy(CSPMiddleware):
    """django-csp's own, for every answer with a policy of its own or a nonce, and while developing."""

    _kept: tuple[object, str] = (None, "")
    _is_reported: Final = hasattr(settings, "CONTENT_SECURITY_POLICY_REPORT_ONLY")

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Set the header unless it is set."""
        has_own = getattr(request, "_csp_nonce", None) is not None or any(
            name.startswith("_csp") for name in response.__dict__
        )
        if has_own or settings.DEBUG or self._is_reported:
            return super().process_response(request, response)
        response.headers.setdefault(HEADER, self._policy(request, response))
        # A nonce that is asked for now would stand in no policy.
        request.csp_nonce = CheckableLazyObject(self._csp_nonce_post_response)  # type: ignore[attr-defined]
        return response

    def _policy(self, request: HttpRequest, response: HttpResponseBase) -> str:
        of, text = self._kept
        if of is not settings.CONTENT_SECURITY_POLICY:
            text = build_policy(**vars(self.get_policy_parts(request=request, response=response)))
            self._kept = (settings.CONTENT_SECURITY_POLICY, text)
        return text
