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

# What each format is encoded with, the best quality first. Of a card's widths the first that keeps to its bytes is
# taken; wider ones have the very best, since they are what people enlarge. Judged by eye on cloth and prints.
QUALITIES: dict[str, tuple[int, ...]] = {
    "avif": (68, 60, 52, 44, 36, 28),
    "webp": (84, 78, 70, 60, 50, 38),
    "jpg": (86, 80, 72, 62, 52, 42),
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
    for quality in QUALITIES[form][0 if most_bytes == sys.maxsize else 1 :]:
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
    yield "share.jpg", encode(share(image, tuple(orders["share"])), "jpg", QUALITIES["jpg"][1])


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


def ground(image: "Image") -> str:
    """Return the most frequent of eight colours at the picture's edges as `#rrggbb`; "" for one with transparency.

    At its edges: it is seen until the picture has come, and beside it where a frame is wider.
    """
    if image.mode == "RGBA":
        return ""
    from PIL.Image import Transpose

    small = image.convert("RGB").resize((48, 48))
    edges = [small.crop((0, top, 48, top + 3)) for top in (0, 45)]
    edges += [small.crop((left, 0, left + 3, 48)).transpose(Transpose.ROTATE_90) for left in (0, 45)]
    frame = small.resize((48, 12))
    for place, edge in enumerate(edges):
        frame.paste(edge, (0, 3 * place))
    few = frame.quantize(8)
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
        "colour": ground(image),
        "formats": orders["formats"],
        "parts": [[ending, len(body)] for ending, body in made],
    }
    sys.stdout.buffer.write(json.dumps(answer).encode() + b"\n" + b"".join(body for _ending, body in made))


if __name__ == "__main__":
    main()
