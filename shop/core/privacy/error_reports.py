"""Django's error pages and error mails without secrets: in development too, since the demo is shown to others."""

import re
from collections.abc import Mapping
from pprint import pformat
from typing import Any, Final

from django.http import HttpRequest
from django.utils.safestring import SafeString, mark_safe
from django.views.debug import ExceptionReporter, SafeExceptionReporterFilter

from shop.core.privacy.redaction import is_secret_name, mask

_HARMFUL_SETTINGS: Final = re.compile(
    r"API|AUTH|TOKEN|KEY|SECRET|PASS|SIGNATURE|COOKIE|COLLECTOR|BROKER|REDIS|DATABASES|CACHES|EMAIL_HOST",
    re.IGNORECASE,
)
_LINKS: Final = {"QUERY_STRING", "RAW_URI", "REQUEST_URI", "HTTP_REFERER", "HTTP_HX_CURRENT_URL"}
_LONGEST: Final = 4096


class Masked:
    """A value as the report may show it."""

    def __init__(self, words: str) -> None:
        self.words = words

    def __repr__(self) -> str:
        return self.words


class MaskingReporterFilter(SafeExceptionReporterFilter):
    """Hide more than Django does (names of our secrets, masked values everywhere), with DEBUG on as well."""

    hidden_settings = _HARMFUL_SETTINGS

    def cleanse_setting(self, key: Any, value: Any) -> Any:
        """Hide a setting by its name; mask what is left of it."""
        cleansed = super().cleanse_setting(key, value)
        return mask(cleansed) if isinstance(cleansed, str) else cleansed

    def get_safe_request_meta(self, request: HttpRequest) -> dict[str, object]:
        """Leave out the query and the referrer, which may have secret links."""
        shown: dict[str, object] = super().get_safe_request_meta(request)
        return {name: self.cleansed_substitute if name in _LINKS else value for name, value in shown.items()}

    def get_post_parameters(self, request: HttpRequest | None) -> dict[str, object]:
        """Show which fields were sent, never their values."""
        shown = super().get_post_parameters(request)
        return dict.fromkeys(shown, self.cleansed_substitute)

    def get_traceback_frame_variables(self, request: Any, tb_frame: Any) -> Any:
        """Hide variables by their names, and mask the rest by patterns."""
        found = super().get_traceback_frame_variables(request, tb_frame)
        return [(name, self._harmless(name, value)) for name, value in found]

    def _harmless(self, name: str, value: object) -> object:
        if is_secret_name(name) or _HARMFUL_SETTINGS.search(name):
            return self.cleansed_substitute
        if isinstance(value, Mapping):
            value = {key: self._harmless(str(key), item) for key, item in value.items()}
        elif isinstance(value, str):
            return mask(value[:_LONGEST])
        elif isinstance(value, bytes | bytearray):
            value = value[:_LONGEST]
        try:
            words = pformat(value)[:_LONGEST]
        except Exception as error:  # noqa: BLE001  (any object may fail to describe itself; the report goes on)
            return Masked(f"<{type(value).__name__}: {type(error).__name__}>")
        return Masked(mask(words))


class MaskingReporter(ExceptionReporter):
    """Mask the finished report too: the exception's message, the requested URL, the query."""

    def get_traceback_data(self) -> dict[str, Any]:
        """Leave out queries and cookies, which Django does not mask."""
        data: dict[str, Any] = super().get_traceback_data()
        data["request_GET_items"] = [
            (name, self.filter.cleansed_substitute) for name, _value in data.get("request_GET_items") or ()
        ]
        data["request_COOKIES_items"] = [
            (name, self.filter.cleansed_substitute)
            for name, _value in data.get("request_COOKIES_items") or ()
        ]
        if data.get("request_insecure_uri"):
            data["request_insecure_uri"] = mask(str(data["request_insecure_uri"]).split("?", 1)[0])
        if data.get("user_str"):
            data["user_str"] = mask(str(data["user_str"]))
        return data

    def get_traceback_html(self) -> SafeString:
        return mark_safe(mask(super().get_traceback_html()))

    def get_traceback_text(self) -> SafeString:
        return mark_safe(mask(super().get_traceback_text()))
