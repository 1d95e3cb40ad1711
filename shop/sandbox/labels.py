"""Labels as PDF: one page of 10 × 15 cm for each parcel, with a few lines of text. Enough for any reader of PDFs."""

from __future__ import annotations

from collections.abc import Sequence

_WIDTH, _HEIGHT = 283, 425


def pdf(pages: Sequence[Sequence[str]]) -> bytes:
    """Return a PDF with a page for each list of lines."""
    objects = [b"<< /Type /Catalog /Pages 2 0 R >>", b""]
    objects.append(b"<< /Type /Font /Subtype /Type1 /BaseFont /Courier-Bold /Encoding /WinAnsiEncoding >>")
    kids = []
    for lines in pages:
        stream = _stream(lines)
        content = len(objects) + 1
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        kids.append(len(objects) + 1)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 %d %d] /Contents %d 0 R"
            b" /Resources << /Font << /F1 3 0 R >> >> >>" % (_WIDTH, _HEIGHT, content)
        )
    numbers = " ".join(f"{kid} 0 R" for kid in kids).encode()
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (numbers, len(kids))
    return _written(objects)


def _stream(lines: Sequence[str]) -> bytes:
    shown = [
        line.translate({ord(sign): None for sign in "\\()"}).encode("latin-1", "replace") for line in lines
    ]
    drawn = b"\n".join(b"(%s) Tj T*" % line[:40] for line in shown)
    return b"BT /F1 11 Tf 16 TL 20 390 Td\n%s\nET" % drawn


def _written(objects: list[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n")
    places = []
    for number, body in enumerate(objects, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % place for place in places)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table)
    return bytes(out)
