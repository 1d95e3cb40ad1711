"""The program that encodes the renditions of one picture; started by `rendering`, never imported by the shop.

It reads a picture that `decoder` has written on standard input and its options (JSON) as its only argument, and writes
one line of JSON, then the bytes of the renditions one after the other. The same picture and options give the same
bytes. It limits its own memory and processor time: a picture that exceeds them harms no worker.
"""

import contextlib
import io
import json
import os
import resource
import sys
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.Image import Image

# What each format is encoded with, the best quality first. Of a card's widths the first one that keeps to its bytes is
# taken; wider ones have the best. Judged by eye on cloth, prints and skin; one step of AVIF is about 15 % of the bytes.
QUALITIES: dict[str, tuple[int, ...]] = {
    "avif": (60, 52, 44, 36, 28),
    "webp": (78, 70, 60, 50, 38),
    "jpg": (80, 72, 62, 52, 42),
}


def encode(image: "Image", form: str, quality: int) -> bytes:
    """Return the picture in one format."""
    with io.BytesIO() as body:
        if form == "avif":
            image.save(body, "AVIF", quality=quality, speed=8, max_threads=1, subsampling="4:2:0")
        elif form == "webp":
            image.save(body, "WEBP", quality=quality, method=4)
        else:
            image.save(body, "JPEG", quality=quality, optimize=True, progressive=True)
        return body.getvalue()


def fitting(image: "Image", form: str, most_bytes: int) -> bytes:
    """Return the picture in the best quality that has at most so many bytes; in the last one if none has."""
    body = b""
    for quality in QUALITIES[form]:
        body = encode(image, form, quality)
        if len(body) <= most_bytes:
            break
    return body


def renditions(image: "Image", orders: dict[str, Any]) -> Iterator[tuple[str, bytes]]:
    """Yield the ending of each rendition's name, and its bytes."""
    from PIL.Image import Resampling

    for width in [each for each in orders["widths"] if each <= image.width]:
        height = max(1, round(image.height * width / image.width))
        smaller = image.resize((width, height), Resampling.LANCZOS, reducing_gap=2.0)
        most = orders["card_bytes"] if width <= orders["card_width"] else sys.maxsize
        for form in orders["formats"]:
            yield f"{width}.{form}", fitting(smaller, form, most)
    yield "share.jpg", encode(share(image, tuple(orders["share"])), "jpg", QUALITIES["jpg"][0])


def share(image: "Image", size: tuple[int, int]) -> "Image":
    """Return the whole picture on a ground of `size` that continues its edges; a wide picture fills it, cut."""
    from PIL import Image, ImageFilter, ImageOps

    flat = image.convert("RGB")
    if image.mode == "RGBA":
        flat = Image.new("RGB", image.size, "#f1ece0")
        flat.paste(image, mask=image.getchannel("A"))
    if flat.width / flat.height >= size[0] / size[1] * 0.8:
        return ImageOps.fit(flat, size, Image.Resampling.LANCZOS)
    flat = ImageOps.contain(flat, size, Image.Resampling.LANCZOS)
    canvas = Image.new("RGB", size)
    left = (size[0] - flat.width) // 2
    edge = max(1, flat.width // 50)
    for x, width, strip in (
        (0, left, flat.crop((0, 0, edge, flat.height))),
        (left + flat.width, size[0] - left - flat.width, flat.crop((flat.width - edge, 0, *flat.size))),
    ):
        ground = strip.resize((1, flat.height), Image.Resampling.BOX).filter(ImageFilter.GaussianBlur(6))
        canvas.paste(ground.resize((max(1, width), size[1])), (x, 0))
    canvas.paste(flat, (left, (size[1] - flat.height) // 2))
    return canvas


def dominant(image: "Image") -> str:
    """Return the most frequent of eight colours as `#rrggbb`; "" for a picture with transparency."""
    if image.mode == "RGBA":
        return ""
    few = image.convert("RGB").resize((48, 48)).quantize(8)
    counted = few.getcolors() or []
    index: Any = max(counted)[1]
    palette = few.getpalette() or []
    return "#" + "".join(f"{channel:02x}" for channel in palette[3 * index : 3 * index + 3])


def restrain(megabytes: int, seconds: int) -> None:
    """Limit this process's memory and processor time, and forbid writing files."""
    limits = (
        (resource.RLIMIT_AS, megabytes * 1024 * 1024),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    )
    for which, limit in limits:
        with contextlib.suppress(ValueError, OSError):  # macOS refuses some of them.
            resource.setrlimit(which, (limit, limit))


def main() -> None:
    """Encode the picture on standard input by the options in the first argument."""
    from PIL import Image

    orders = json.loads(sys.argv[1])
    os.nice(10)  # Whoever waits for a page comes first.
    restrain(orders["megabytes"], orders["seconds"])
    image: Image.Image = Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=["JPEG", "PNG", "WEBP"])
    image.load()
    image = image.convert("RGBA" if "A" in image.mode or "transparency" in image.info else "RGB")
    if image.mode == "RGBA":
        orders["formats"] = orders["transparent_formats"]
    made = list(renditions(image, orders))
    answer = {
        "colour": dominant(image),
        "formats": orders["formats"],
        "parts": [[ending, len(body)] for ending, body in made],
    }
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + b"".join(body for _ending, body in made))


if __name__ == "__main__":
    main()
