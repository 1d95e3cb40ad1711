"""Code 128 barcodes: vectors in a PDF, an SVG picture in a page. Any scanner of a counter reads them."""

import base64
from html import escape
from typing import Final

from reportlab.graphics.barcode import createBarcodeDrawing
from reportlab.graphics.barcode.code128 import Code128
from reportlab.graphics.shapes import Drawing

# The quiet zone on each side, in widths of the narrowest bar (ISO/IEC 15417 asks for ten).
_QUIET: Final = 10


def drawing(content: str, *, width: float, height: float) -> Drawing:
    """Return the code for a PDF, so many points wide (with its quiet zones) and high."""
    made: Drawing = createBarcodeDrawing(
        "Code128", value=_plain(content), width=width, height=height, quiet=True, humanReadable=False
    )
    return made


def data_address(content: str) -> str:
    """Return the code as the address of a picture (`data:`), for a page; as wide as the page makes it."""
    code = Code128(_plain(content), quiet=False)
    code.validate()
    code.encode()
    code.decompose()
    # Widths of bars (capitals) and spaces (small letters) in turn: "A" is one unit wide.
    at, bars = _QUIET, []
    for sign in code.decomposed:
        wide = ord(sign.lower()) - ord("a") + 1
        if sign.isupper():
            bars.append(f"M{at} 0h{wide}v1h-{wide}z")
        at += wide
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {at + _QUIET} 1" preserveAspectRatio="none">'
        f'<title>{escape(content)}</title><path d="{"".join(bars)}"/></svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _plain(content: str) -> str:
    """Return the content in ASCII, which is what the code can say."""
    return content.encode("ascii", "replace").decode()
