"""Logs without secrets: the formatter of every line, the mail to the admins, and gunicorn's access log."""

import logging
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final

from django.utils.log import AdminEmailHandler
from django_stubs_ext import StrOrPromise
from gunicorn.glogging import Logger as GunicornLogger

from shop.core.privacy.redaction import HIDDEN, mask, mask_path

_NOBODYS: Final = re.compile(
    r"auth|cookie|signature|digest|token|key|secret|referer|uri|query|location", re.IGNORECASE
)


class MaskingFormatter(logging.Formatter):
    """Format a record as configured, then remove secrets and personal data out of all of it, tracebacks included."""

    def format(self, record: logging.LogRecord) -> str:
        return mask(super().format(record))


class MaskingAdminEmailHandler(AdminEmailHandler):
    """Mail errors to the admins without secrets: subject, text and page alike."""

    def send_mail(self, subject: StrOrPromise, message: StrOrPromise, *args: Any, **kwargs: Any) -> None:
        page = kwargs.get("html_message")
        if page:
            kwargs["html_message"] = mask(page)
        super().send_mail(mask(str(subject)), mask(str(message)), *args, **kwargs)


class AccessLogger(GunicornLogger):
    """Gunicorn's logger, which writes no query (the providers' return addresses carry theirs) and no secret link."""

    def atoms(
        self, resp: object, req: object, environ: Mapping[str, object], request_time: timedelta
    ) -> dict[str, object]:
        found = super().atoms(resp, req, environ, request_time)
        path = mask_path(str(found.get("U") or ""))
        line = f"{environ.get('REQUEST_METHOD', '')} {path} {environ.get('SERVER_PROTOCOL', '')}"
        found.update({"U": path, "q": "", "r": line, "f": mask_path(str(found.get("f") or "-"))})
        for name in found:  # Headers and variables of the request, should a format use them.
            if name.startswith("{") and (name.endswith("}e") or _NOBODYS.search(name)):
                found[name] = HIDDEN
        return found
