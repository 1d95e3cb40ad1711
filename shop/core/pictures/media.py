"""Serve uploaded pictures so that nothing in them can run.

A document from here has an opaque origin and may load nothing (`sandbox`, `default-src 'none'`); its content type is
detected from its bytes (`nosniff`), and what is not JPEG, PNG, WebP, AVIF, MP4 or WebM is a download. In an <img> an
SVG still shows. A proxy may serve the folder instead, with the same headers: docs/media.md.
"""

import re
from collections.abc import Callable, Iterator
from typing import IO, Final

from django.conf import settings
from django.http import (
    FileResponse,
    HttpRequest,
    HttpResponse,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseNotFound,
    StreamingHttpResponse,
)
from django.utils.cache import get_conditional_response
from django.utils.http import http_date

from shop.core.pictures.files import IMMUTABLE
from shop.core.pictures.found import StoreAway, find
from shop.core.pictures.kinds import HEAD, MEDIA_TYPES, VIDEO_TYPES, kind_of

HEADERS: Final = {
    "Content-Security-Policy": "sandbox; default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
# A name that `PictureField` or `rendering` gives stands for the same bytes for ever; the shop's own drawings keep
# theirs when redrawn.
FOR_EVER: Final = "public, max-age=31536000, immutable"
FOR_AN_HOUR: Final = "public, max-age=3600"
# Shown in the place of a picture that is not there: browsers show the body of a 404, and else a broken picture.
NO_PICTURE: Final = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 4 5"><path fill="#e4e0d5" d="M0 0h4v5H0z"/></svg>'
)
_PICTURE: Final = re.compile(r"\.(?:jpe?g|png|webp|avif|svg)$")
_RANGE: Final = re.compile(r"^bytes=(\d{0,19})-(\d{0,19})$")
_CHUNK: Final = 64 * 1024


class ServeMedia:
    """Answer every request below MEDIA_URL; comes before sessions and languages, which pictures do not need."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        if not request.path_info.startswith(settings.MEDIA_URL):
            return self.get_response(request)
        if request.method not in {"GET", "HEAD"}:
            return HttpResponseNotAllowed(["GET", "HEAD"])
        response = _answer(request, request.path_info.removeprefix(settings.MEDIA_URL))
        for name, value in HEADERS.items():
            response[name] = value
        return response


def _answer(request: HttpRequest, name: str) -> HttpResponseBase:
    """Return the file of this name, the requested range of it, 304, or 404."""
    try:
        found = find(name)
    except StoreAway:
        return HttpResponse(
            "The pictures are away.\n",
            status=503,
            content_type="text/plain; charset=utf-8",
            headers={"Retry-After": "5"},
        )
    if found is None:
        if _PICTURE.search(name):
            return HttpResponseNotFound(NO_PICTURE, content_type="image/svg+xml")
        return HttpResponseNotFound("There is no such file.\n", content_type="text/plain; charset=utf-8")
    file, etag = found.file, found.etag
    same = get_conditional_response(request, etag=etag, last_modified=found.written)
    response: HttpResponseBase
    if same is not None:
        file.close()
        response = same
    else:
        kind = kind_of(file.read(HEAD))
        file.seek(0)
        response = _body(request, file, found.size, etag)
        _describe(response, name, kind)
    response["ETag"] = etag
    response["Last-Modified"] = http_date(found.written)
    response["Cache-Control"] = FOR_EVER if IMMUTABLE.match(name) else FOR_AN_HOUR
    return response


def _describe(response: HttpResponseBase, name: str, kind: str) -> None:
    """Return the headers by the file's first bytes; what is no raster picture and no video is a download."""
    shown = MEDIA_TYPES | VIDEO_TYPES
    response["Content-Type"] = shown.get(kind, "application/octet-stream")
    if kind not in shown:
        response["Content-Disposition"] = "attachment"
    if kind == "SVG" and name.endswith(".svg"):
        response["Content-Type"] = "image/svg+xml"


def _body(request: HttpRequest, file: IO[bytes], size: int, etag: str) -> HttpResponseBase:
    """Return the whole file, or the one range that is asked for (RFC 9110, section 14); several get the whole."""
    asked = _RANGE.match(request.headers.get("Range", ""))
    if_range = request.headers.get("If-Range")
    if not asked or asked.group(1) == asked.group(2) == "" or (if_range and if_range != etag):
        response: HttpResponseBase = FileResponse(file)
        del response["Content-Disposition"]
    else:
        first, last = asked.groups()
        start = int(first) if first else max(0, size - int(last))
        end = min(int(last), size - 1) if first and last else size - 1
        if start > end:
            file.close()
            return HttpResponse(status=416, headers={"Content-Range": f"bytes */{size}"})
        file.seek(start)
        response = StreamingHttpResponse(_part(file, end - start + 1), status=206)
        response["Content-Range"] = f"bytes {start}-{end}/{size}"
        response["Content-Length"] = str(end - start + 1)
        response._resource_closers.append(file.close)  # type: ignore[attr-defined]
    response["Accept-Ranges"] = "bytes"
    return response


def _part(file: IO[bytes], length: int) -> Iterator[bytes]:
    while length > 0 and (chunk := file.read(min(_CHUNK, length))):
        length -= len(chunk)
        yield chunk
