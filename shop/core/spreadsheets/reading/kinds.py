"""What kind of file it is, by its content: named in the words of people."""

import re
import zipfile
from io import BytesIO
from typing import Final

from .values import Refused

_OLE: Final = b"\xd0\xcf\x11\xe0"
_BEGINS: Final = (
    ("pdf", (b"%PDF",)),
    ("image", (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\x00", b"MM\x00*", b"\x00\x00\x01\x00")),
    ("word", (b"{\\rtf",)),
    ("archive", (b"\x1f\x8b", b"Rar!", b"7z\xbc\xaf", b"BZh", b"\xfd7zXZ")),
)
_SHEET_OF_2003: Final = b"urn:schemas-microsoft-com:office:spreadsheet"


def require_table(content: bytes, suffix: str) -> bool:
    """Return whether it is XLSX; False: it is to be read as text.

    Raises: Refused for what is neither, with the kind as `why`.
    """
    if content.startswith(b"PK"):
        return _zipped(content)
    if content.startswith(_OLE):
        raise Refused("protected" if "EncryptedPackage".encode("utf-16-le") in content else "xls")
    for kind, marks in _BEGINS:
        if content.startswith(marks) and not (content.startswith(b"BM") and b"\x00" not in content[:64]):
            raise Refused(kind)
    if content[4:8] == b"ftyp" or (content.startswith(b"RIFF") and content[8:12] == b"WEBP"):
        raise Refused("image")
    _refuse_markup(content)
    if suffix in {".xlsx", ".xlsm"}:
        raise Refused("says xlsx")
    return False


def _zipped(content: bytes) -> bool:
    try:
        with zipfile.ZipFile(BytesIO(content)) as packed:
            names = set(packed.namelist())
            mime = b""
            if "mimetype" in names and packed.getinfo("mimetype").file_size < 200:
                mime = packed.read("mimetype")
    except (zipfile.BadZipFile, OSError, ValueError, RuntimeError, EOFError) as error:
        raise Refused("damaged xlsx") from error
    if b"opendocument" in mime:
        raise Refused("ods" if b"spreadsheet" in mime else "word")
    if "xl/workbook.bin" in names:
        raise Refused("xlsb")
    if "Index/Document.iwa" in names or any(name.endswith(".numbers/") for name in names):
        raise Refused("numbers")
    if "word/document.xml" in names or "ppt/presentation.xml" in names:
        raise Refused("word")
    if "[Content_Types].xml" not in names and not any(name.startswith("xl/") for name in names):
        raise Refused("archive")
    return True


def _refuse_markup(content: bytes) -> None:
    """Refuse what begins as HTML, XML or SVG, which has no columns."""
    head = content[:4096].removeprefix(b"\xef\xbb\xbf").lstrip()
    if not head.startswith(b"<"):
        return
    low = head.lower()
    if b"<office:document" in low or b"opendocument" in low:
        raise Refused("fods")
    if _SHEET_OF_2003 in low or b'progid="excel.sheet"' in low:
        raise Refused("xls")
    if b"<svg" in low:
        raise Refused("image")
    if re.match(rb"<(!doctype|html|table|head|body|meta|\?xml|!--)", low):
        raise Refused("markup")
