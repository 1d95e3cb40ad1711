"""The program that decodes one picture and writes it again; started by `rewriting`, never imported by the shop.

It reads the file's bytes on standard input and its options (JSON) as its only argument, and writes one line of JSON,
then the new bytes. It limits itself before it reads the first byte: memory, processor time, no file may be written.
"""

import contextlib
import io
import json
import resource
import sys
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

    from shop.core.json_types import JsonObject

PNG_AT_MOST = 2 * 1024 * 1024  # Bytes; a heavier PNG is a photograph, and written as one.
JPEG_QUALITY = 88
WEBP_QUALITY = 88


class Refused(Exception):
    """The picture is refused; `code` says why, for `rewriting.words_of`."""

    def __init__(self, code: str, **data: Any) -> None:
        super().__init__(code)
        self.answer = {"refused": code, **data}


def restrain(megabytes: int, seconds: int) -> None:
    """Limit this process's memory and processor time, and forbid writing files."""
    limits = (
        (resource.RLIMIT_AS, megabytes * 1024 * 1024),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    )
    for which, limit in limits:
        # macOS refuses some of them: the deadline of `rewriting` applies there.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(which, (limit, limit))


def write_anew(data: bytes, kind: str, most_pixels: int, most_side: int) -> "tuple[JsonObject, bytes]":
    """Return the picture's new format, width and height, and its new bytes.

    Raises:
        Refused: it has too many pixels, moves, or cannot be decoded.
    """
    image = _opened(data, kind)
    width, height = image.size
    if width * height > most_pixels:
        raise Refused("pixels", width=width, height=height)
    if kind != "JPEG" and kind != "HEIF" and getattr(image, "is_animated", False):
        raise Refused("animated")
    profile = image.info.get("icc_profile")
    try:
        if kind == "JPEG":
            image.draft(None, (most_side, most_side))  # Decoded at a half or less where that is enough.
        image.load()
        image = _turned(_plain(image))
        image.thumbnail((most_side, most_side), _image().Resampling.LANCZOS, reducing_gap=2.0)
    except (OSError, ValueError, SyntaxError, EOFError, RuntimeError) as error:
        raise Refused("damaged") from error
    image = _opaque_if_it_is(_in_srgb(image, profile))
    form, body = _encoded(_bare(image), kind)
    return {"format": form, "width": image.width, "height": image.height}, body


def _image() -> Any:
    from PIL import Image

    return Image


def _opened(data: bytes, kind: str) -> "Image":
    """Open the bytes with the decoder of their kind and no other; only the header is read."""
    from PIL import AvifImagePlugin, Image, PngImagePlugin

    Image.MAX_IMAGE_PIXELS = None  # Our own limit is checked before anything is decoded.
    AvifImagePlugin.DEFAULT_MAX_THREADS = 1
    PngImagePlugin.MAX_TEXT_CHUNK = 16 * 1024 * 1024
    if kind == "HEIF":
        import pillow_heif

        pillow_heif.register_heif_opener(thumbnails=False)
        pillow_heif.options.DECODE_THREADS = 1
    try:
        return Image.open(io.BytesIO(data), formats=["JPEG", "MPO"] if kind == "JPEG" else [kind])
    except MemoryError:
        raise
    except Exception as error:
        raise Refused("damaged") from error


def _plain(image: "Image") -> "Image":
    """Return the picture in L, LA, RGB, RGBA, CMYK or LAB, eight bits a channel; its palette resolved."""
    if image.mode.startswith("I") or image.mode == "F":
        return image.convert("I").point(lambda value: value * (1 / 256)).convert("L")
    if image.mode == "1":
        return image.convert("L")
    if image.mode in {"P", "PA"} or "transparency" in image.info:
        has_holes = image.mode == "PA" or "transparency" in image.info
        return image.convert("RGBA" if has_holes else "RGB")
    if image.mode in {"L", "LA", "RGB", "RGBA", "CMYK", "LAB"}:
        return image
    return image.convert("RGBA" if image.mode in {"RGBa", "La"} else "RGB")


def _turned(image: "Image") -> "Image":
    """Return the picture as the camera was held (EXIF orientation); one with broken EXIF stays as it is."""
    from PIL import ImageOps

    try:
        return ImageOps.exif_transpose(image)
    except MemoryError:
        raise
    except Exception:  # noqa: BLE001  (EXIF is whatever somebody wrote; the pixels are good without it)
        return image


def _in_srgb(image: "Image", profile: bytes | None) -> "Image":
    """Return the picture in sRGB, its alpha kept; a profile that is broken or of another mode counts as none."""
    from PIL import Image, ImageCms

    alpha = image.getchannel("A") if image.mode in {"LA", "RGBA"} else None
    colours = image.convert("L" if image.mode == "LA" else "RGB") if alpha else image
    result = None
    if profile:
        with contextlib.suppress(ImageCms.PyCMSError, OSError, ValueError, TypeError):
            result = ImageCms.profileToProfile(
                colours,
                ImageCms.ImageCmsProfile(io.BytesIO(profile)),
                ImageCms.createProfile("sRGB"),
                renderingIntent=ImageCms.Intent.RELATIVE_COLORIMETRIC,
                outputMode="RGB",
                flags=ImageCms.Flags.BLACKPOINTCOMPENSATION,
            )
    result = result or colours.convert("RGB")
    if alpha is None:
        return result
    return Image.merge("RGBA", (*result.split(), alpha))


def _opaque_if_it_is(image: "Image") -> "Image":
    """Return the picture without its alpha channel when nothing in it is transparent."""
    if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
        return image.convert("RGB")
    return image


def _bare(image: "Image") -> "Image":
    """Return the pixels alone: encoders of Pillow write what they find in `info` (comments, profiles, EXIF)."""
    bare: Image = _image().new(image.mode, image.size)
    bare.paste(image)
    return bare


def _encoded(image: "Image", kind: str) -> tuple[str, bytes]:
    """Return format and bytes: PNG stays PNG unless too heavy; WebP and AVIF, and whatever has alpha, become WebP."""
    if kind == "PNG":
        body = _saved(image, "PNG", compress_level=6)
        if len(body) <= PNG_AT_MOST:
            return "PNG", body
    if kind in {"WEBP", "AVIF"} or image.mode == "RGBA":
        return "WEBP", _saved(image, "WEBP", quality=WEBP_QUALITY, method=3)
    return "JPEG", _saved(image, "JPEG", quality=JPEG_QUALITY, optimize=True, progressive=True)


def _saved(image: "Image", form: str, **options: Any) -> bytes:
    with io.BytesIO() as body:
        image.save(body, form, **options)
        return body.getvalue()


def main() -> None:
    """Process the bytes on standard input by the options in the first argument."""
    orders = json.loads(sys.argv[1])
    restrain(orders["megabytes"], orders["seconds"])
    body = b""
    try:
        data = sys.stdin.buffer.read()
        answer, body = write_anew(data, orders["kind"], orders["most_pixels"], orders["most_side"])
    except Refused as refusal:
        answer = refusal.answer
    except MemoryError:
        answer = {"refused": "effort"}
    except Exception:  # noqa: BLE001  (a decoder may fail in any way on bytes that were made for it to fail)
        answer = {"refused": "damaged"}
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + body)


if __name__ == "__main__":
    main()
