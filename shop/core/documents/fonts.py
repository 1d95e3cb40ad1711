"""The fonts of printed documents, embedded in each file."""

from functools import cache
from pathlib import Path
from typing import Final

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

REGULAR: Final = "Archivo"
BOLD: Final = "Archivo-Bold"
_FOLDER: Final = Path(__file__).parent / "fonts"
_FILES: Final = {REGULAR: "archivo-regular.ttf", BOLD: "archivo-bold.ttf"}


@cache
def register() -> None:
    """Make the fonts known to reportlab, once in a process."""
    for name, file in _FILES.items():
        pdfmetrics.registerFont(TTFont(name, str(_FOLDER / file)))
    pdfmetrics.registerFontFamily(REGULAR, normal=REGULAR, bold=BOLD, italic=REGULAR, boldItalic=BOLD)


def printable(text: object) -> str:
    """Return a text with a mark in the place of each character that the fonts do not have."""
    register()
    known = pdfmetrics.getFont(REGULAR).face.charToGlyph
    return "".join(char if ord(char) in known or char == "\n" else "?" for char in str(text))
