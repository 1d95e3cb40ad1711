"""Barcodes: what a scanner reads from paper and from a page is what was written."""

import base64
import re

import pypdfium2
import pytest
import zxingcpp
from PIL import Image, ImageDraw
from reportlab.lib.units import mm

from shop.core.documents import barcode, pdf


@pytest.mark.parametrize("content", ["1042-1", "PRC-000123/AR", "123456789012"])
def test_a_scanner_reads_the_code_of_a_document_and_of_a_page(content: str):
    flowables = [barcode.drawing(content, width=70 * mm, height=15 * mm)]
    file = pdf.build(flowables, title="", author="", page_of="")
    (found,) = zxingcpp.read_barcodes(pypdfium2.PdfDocument(file)[0].render(scale=4).to_pil())
    assert (found.text, found.format) == (content, zxingcpp.BarcodeFormat.Code128)
    (drawn,) = zxingcpp.read_barcodes(picture(barcode.data_address(content)))
    assert drawn.text == content


def picture(address: str) -> Image.Image:
    """Return an SVG of bars as a browser draws it, three pixels to a unit."""
    svg = base64.b64decode(address.partition(",")[2]).decode()
    (width,) = re.findall(r'viewBox="0 0 (\d+) 1"', svg)
    drawn = Image.new("L", (int(width) * 3, 60), "white")
    draw = ImageDraw.Draw(drawn)
    for at, wide in re.findall(r"M(\d+) 0h(\d+)v1", svg):
        draw.rectangle((int(at) * 3, 0, (int(at) + int(wide)) * 3 - 1, 60), fill="black")
    return drawn
