"""Real picture files for tests, made by Pillow, and fake ones."""

import io
import struct
import zlib
from typing import Any

import pillow_heif
from PIL import Image, ImageCms

pillow_heif.register_heif_opener()
RED, GREEN, BLUE = (220, 30, 30), (30, 160, 60), (30, 60, 200)
GPS, ORIENTATION, MAKE = 0x8825, 0x0112, 0x010F


def halves(
    left: tuple[int, ...] = RED, right: tuple[int, ...] = BLUE, size: tuple[int, int] = (80, 40)
) -> Image.Image:
    """Return a picture whose left half has one colour and whose right half another."""
    mode = {3: "RGB", 4: "RGBA"}[len(left)]
    image = Image.new(mode, size, left)
    image.paste(right, (size[0] // 2, 0, size[0], size[1]))
    return image


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    """Return the picture's bytes in this format."""
    with io.BytesIO() as body:
        image.save(body, form, **options)
        return body.getvalue()


def opened(body: bytes) -> Image.Image:
    """Return the picture that these bytes hold, decoded whole."""
    image = Image.open(io.BytesIO(body))
    image.load()
    return image


def camera_exif(orientation: int = 1) -> Image.Exif:
    """Return the EXIF of a telephone: make, orientation and position."""
    exif = Image.Exif()
    exif[MAKE] = "PhoneMaker"
    exif[ORIENTATION] = orientation
    exif[GPS] = {1: "S", 2: (34.0, 36.0, 12.5), 3: "W", 4: (58.0, 22.0, 54.9)}
    return exif


def profile(name: str = "sRGB") -> bytes:
    """Return an ICC profile of this colour space, as littleCMS makes it."""
    return ImageCms.ImageCmsProfile(ImageCms.createProfile(name)).tobytes()  # type: ignore[arg-type]


def swapped_profile() -> bytes:
    """Return an RGB profile whose red is sRGB's blue: ignoring it shows the wrong colour."""
    body = bytearray(profile())
    count = struct.unpack(">I", body[128:132])[0]
    places = {bytes(body[132 + 12 * place : 136 + 12 * place]): 136 + 12 * place for place in range(count)}
    red, blue = places[b"rXYZ"], places[b"bXYZ"]
    body[red : red + 8], body[blue : blue + 8] = body[blue : blue + 8], body[red : red + 8]
    return bytes(body)


def png_of_size(width: int, height: int) -> bytes:
    """Return a small PNG that claims to be so large, all of one colour (a decompression bomb when both are large)."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    line = b"\x00" * (1 + (width + 7) // 8)
    rows = b"".join(packer.compress(line) for _row in range(min(height, 5000))) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


SCRIPT = b"<script src=/media/products/evil.js></script>"
HTML = b"<!DOCTYPE html><html><body>" + SCRIPT + b"</body></html>"
SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
PRETENDERS = {
    "page.html": HTML,
    "page.jpg": HTML,
    "indented.png": b"\xef\xbb\xbf\n  " + HTML,
    "wide.jpg": "<html><body>".encode("utf-16"),
    "code.js": b"fetch('/cuenta/')",
    "code.py": b"import os",
    "drawing.svg": SVG,
    "drawing.png": SVG,
    "paper.pdf": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n",
    "moving.gif": b"GIF89a\x01\x00\x01\x00\x00\x00\x00;",
    "script.gif": b"GIF89a/*\x00\x00*/=1;alert(1)",
    "scan.tif": b"II*\x00\x08\x00\x00\x00",
    "paint.bmp": b"BM" + bytes(60),
    "icon.ico": b"\x00\x00\x01\x00\x01\x00",
    "layers.psd": b"8BPS\x00\x01",
    "film.mp4": b"\x00\x00\x00\x18ftypisom\x00\x00\x02\x00isomiso2",
    "sheet.xlsx": b"PK\x03\x04" + bytes(40),
    "zeros.jpg": bytes(1000),
    "empty.jpg": b"",
    "text.jpg": b"not a picture",
    "program.exe": b"MZ\x90\x00",
}
