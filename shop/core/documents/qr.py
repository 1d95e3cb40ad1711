"""QR codes: vectors in a PDF, an SVG picture in a page. Error correction M."""

import base64
from io import BytesIO

import qrcode
from qrcode.constants import ERROR_CORRECT_M
from qrcode.image.svg import SvgPathImage
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing


def drawing(content: str, *, side: float) -> Drawing:
    """Return the code for a PDF, `side` points wide with its quiet zone."""
    widget = QrCodeWidget(content, barLevel="M", barBorder=4)
    left, bottom, right, top = widget.getBounds()
    scale = side / max(right - left, top - bottom)
    made = Drawing(side, side, transform=[scale, 0, 0, scale, 0, 0])
    made.add(widget)
    return made


def data_address(content: str) -> str:
    """Return the code as the address of a picture (`data:`), for a page."""
    code = qrcode.QRCode(error_correction=ERROR_CORRECT_M, border=4, image_factory=SvgPathImage)
    code.add_data(content)
    target = BytesIO()
    code.make_image().save(target)
    return f"data:image/svg+xml;base64,{base64.b64encode(target.getvalue()).decode()}"
