"""Have an uploaded picture re-encoded by a program with limits, or refuse it with a helpful sentence."""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from shop.core.json_types import JsonObject
from shop.core.pictures.kinds import DECODED, HEAD, kind_of

_DECODER: Final = Path(__file__).with_name("decoder.py")
SUFFIXES: Final = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}
# So many pictures at once in each process: each may take PICTURE_MEMORY_MB, and clerks are few.
_turns: Final = threading.BoundedSemaphore(2)


class PictureRefused(ValidationError):
    """The file is refused as a picture; its message has the reason for the clerk. Another file may be accepted."""


@dataclass(frozen=True, slots=True)
class Rewritten:
    """A picture as the shop stores it: turned, sRGB, no metadata. `suffix` is that of a file name; sizes in pixels."""

    body: bytes
    suffix: str
    width: int
    height: int


def rewrite(file: IO[bytes]) -> Rewritten:
    """Return the picture in `file`, written again; read from its beginning. Takes up to PICTURE_SECONDS.

    Raises:
        PictureRefused: it is not a JPEG, PNG, WebP, AVIF or HEIC, is damaged, moves, or exceeds a limit.
    """
    file.seek(0)
    data = file.read(settings.PICTURE_MAX_BYTES + 1)
    kind = kind_of(data[:HEAD])
    if kind not in DECODED:
        raise PictureRefused(_of_kind(kind), code="picture_kind")
    if len(data) > settings.PICTURE_MAX_BYTES:
        raise PictureRefused(
            _("This picture is larger than %(limit)s MB. Export it smaller or with more compression.")
            % {"limit": settings.PICTURE_MAX_BYTES // 1024 // 1024},
            code="picture_bytes",
        )
    answer, body = _decoded(data, kind)
    if "refused" in answer:
        raise PictureRefused(_of_decoder(answer), code=f"picture_{answer['refused']}")
    return Rewritten(body, SUFFIXES[answer["format"]], answer["width"], answer["height"])


def _decoded(data: bytes, kind: str) -> tuple[JsonObject, bytes]:
    """Run the decoder on the bytes; a picture on which it exceeds the time or crashes is refused as too large."""
    orders = {
        "kind": kind,
        "most_pixels": settings.PICTURE_MAX_PIXELS,
        "most_side": settings.PICTURE_MAX_SIDE,
        "megabytes": settings.PICTURE_MEMORY_MB,
        "seconds": settings.PICTURE_SECONDS,
    }
    if not _turns.acquire(timeout=settings.PICTURE_SECONDS):
        return {"refused": "busy"}, b""
    try:
        # A clean environment: bytes that exploit a decoder find no secret in it.
        run = subprocess.run(
            [sys.executable, "-I", str(_DECODER), json.dumps(orders)],
            input=data,
            capture_output=True,
            timeout=settings.PICTURE_SECONDS,
            env={"PATH": os.defpath, "MALLOC_ARENA_MAX": "1"},
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"refused": "effort"}, b""
    finally:
        _turns.release()
    line, _newline, body = run.stdout.partition(b"\n")
    if run.returncode != 0 or not line:
        return {"refused": "effort"}, b""
    return json.loads(line), body


def _of_decoder(answer: JsonObject) -> str:
    """Return the sentence of a refusal by the decoder."""
    match answer["refused"]:
        case "pixels":
            return _(
                "This picture has %(width)s × %(height)s pixels; at most %(limit)s million are taken. "
                "Export it smaller."
            ) % {
                "width": answer["width"],
                "height": answer["height"],
                "limit": settings.PICTURE_MAX_PIXELS // 1_000_000,
            }
        case "animated":
            return _("This picture is animated. Save one still image of it as JPEG or PNG and upload that.")
        case "busy":
            return _("Too many pictures are being read just now. Send the form again in a minute.")
        case "effort":
            return _("Reading this picture takes too much time or memory. Export it smaller, as JPEG or PNG.")
    return _(
        "This picture is damaged or cut off and cannot be read. Open it in a picture program, save it anew as JPEG or "
        "PNG and upload that."
    )


def _of_kind(kind: str) -> str:
    """Return the sentence for a file that is not an accepted picture: what it is, and what to do instead."""
    match kind:
        case "EMPTY":
            return _("This file is empty. Choose it again, or export the picture anew.")
        case "SVG":
            return _(
                "This is an SVG drawing, which can carry programs. Export it as PNG and upload that instead."
            )
        case "GIF" | "TIFF" | "BMP" | "PSD" | "ICO" | "JPEG2000" | "JXL":
            return _(
                "This is a %(kind)s file, which the shop does not take. Save the picture as JPEG, PNG or WebP and "
                "upload that."
            ) % {"kind": {"JPEG2000": "JPEG 2000", "JXL": "JPEG XL"}.get(kind, kind)}
        case "PDF":
            return _("This is a PDF, not a picture. Export the page as JPEG or PNG and upload that.")
        case "VIDEO" | "MP4" | "WEBM":
            return _("This is a video or a sound, not a picture. Upload a JPEG, PNG, WebP, AVIF or HEIC.")
        case "MARKUP":
            return _(
                "This file holds a web page, not a picture, whatever its name says. Download the picture itself and "
                "upload that."
            )
    return _(
        "This file is no picture that the shop knows, whatever its name says. Upload a JPEG, PNG, WebP, AVIF or HEIC."
    )
