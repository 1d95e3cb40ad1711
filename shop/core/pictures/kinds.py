"""Detect what a file is by its first bytes; its name and the type that a browser claims are ignored."""

import re
from typing import Final

# So many bytes are enough for `kind_of`.
HEAD: Final = 4096
# What the shop decodes (Pillow's names), and the content type of a stored one.
DECODED: Final = frozenset({"JPEG", "PNG", "WEBP", "AVIF", "HEIF"})
MEDIA_TYPES: Final = {
    "JPEG": "image/jpeg",
    "PNG": "image/png",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
}
VIDEO_TYPES: Final = {"MP4": "video/mp4", "WEBM": "video/webm"}
_MAGIC: Final = (
    (b"\xff\xd8\xff", "JPEG"),
    (b"\x89PNG\r\n\x1a\n", "PNG"),
    (b"GIF87a", "GIF"),
    (b"GIF89a", "GIF"),
    (b"II*\x00", "TIFF"),
    (b"MM\x00*", "TIFF"),
    (b"II+\x00", "TIFF"),
    (b"MM\x00+", "TIFF"),
    (b"BM", "BMP"),
    (b"%PDF", "PDF"),
    (b"8BPS", "PSD"),
    (b"\x00\x00\x01\x00", "ICO"),
    (b"\x00\x00\x00\x0cjP  ", "JPEG2000"),
    (b"\xff\x4f\xff\x51", "JPEG2000"),
    (b"\xff\x0a", "JXL"),
    (b"\x00\x00\x00\x0cJXL ", "JXL"),
    (b"PK\x03\x04", "ZIP"),
)
# Brands of ISO 14496-12 files (https://nokiatech.github.io/heif/technical.html, https://aomediacodec.github.io/av1-avif/).
_AVIF: Final = frozenset({b"avif", b"avis"})
_HEIF: Final = frozenset({b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm", b"hevs"})
_HEIF_ANY: Final = frozenset({b"mif1", b"msf1", b"mif2"})
# Brands that browsers play as MP4; QuickTime's own ("qt  ") and 3GP's are not among them.
_MP4: Final = frozenset(
    {b"isom", b"iso2", b"iso4", b"iso5", b"iso6", b"mp41", b"mp42", b"avc1", b"M4V ", b"dash", b"MSNV"}
)
_SVG: Final = re.compile(rb"<(?:\w+:)?svg[\s>/]", re.IGNORECASE)
_MARKUP: Final = re.compile(rb"<(?:!doctype|html|head|body|script|iframe|\?xml|\?php|!--)", re.IGNORECASE)


def kind_of(head: bytes) -> str:
    """Return what a file is that begins with `head`: one of `DECODED`, a known other kind, "EMPTY" or "UNKNOWN"."""
    if not head:
        return "EMPTY"
    if head[:4] == b"RIFF":
        return "WEBP" if head[8:12] == b"WEBP" else "VIDEO"
    if head[4:8] == b"ftyp":
        return _of_brands(head)
    if head.startswith(b"\x1aE\xdf\xa3"):
        return "WEBM" if b"webm" in head[:64] else "VIDEO"  # The document type of an EBML header.
    found = next((kind for magic, kind in _MAGIC if head.startswith(magic)), "")
    if found:
        return found
    text = head.replace(b"\x00", b"")  # UTF-16 reads like ASCII without its zeros.
    if _SVG.search(text):
        return "SVG"
    return "MARKUP" if _MARKUP.search(text) else "UNKNOWN"


def _of_brands(head: bytes) -> str:
    """Return the kind of an ISO file by its brands: the major one first, then those it is compatible with."""
    length = min(int.from_bytes(head[:4], "big"), len(head))
    brands = [head[8:12], *(head[place : place + 4] for place in range(16, length - 3, 4))]
    if brands[0] in _AVIF:
        return "AVIF"
    if brands[0] in _HEIF:
        return "HEIF"
    if brands[0] in _HEIF_ANY:
        return "AVIF" if _AVIF & set(brands) else "HEIF"
    return "MP4" if brands[0] in _MP4 else "VIDEO"
