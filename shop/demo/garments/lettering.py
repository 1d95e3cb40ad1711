"""An alphabet drawn for the demo brand: wide, heavy, square-shouldered.

A picture served as a file cannot load a web font, so printed words are paths. Each glyph is 100 units high: what is
curved is a 26-unit stroke along its skeleton, what is diagonal is a filled outline.
"""

import re
import unicodedata

from shop.demo.garments.paths import short

# glyph: (advance, stroked skeleton, filled outline)
GLYPHS: dict[str, tuple[int, str, str]] = {
    "A": (110, "M13 100V46Q13 13 46 13H64Q97 13 97 46V100M13 64H97", ""),
    "B": (108, "M0 13H70Q92 13 92 31T70 50H13M70 50Q95 50 95 68T70 87H0M13 13V87", ""),
    "C": (110, "M97 36Q97 13 70 13H40Q13 13 13 40V60Q13 87 40 87H70Q97 87 97 64", ""),
    "D": (110, "M0 13H63Q97 13 97 47V53Q97 87 63 87H0M13 13V87", ""),
    "E": (98, "M98 13H13V87H98M13 50H90", ""),
    "F": (96, "M96 13H13V100M13 54H86", ""),
    "G": (110, "M97 34Q97 13 70 13H40Q13 13 13 40V60Q13 87 40 87H97V52H58", ""),
    "H": (110, "M13 0V100M97 0V100M13 50H97", ""),
    "I": (26, "M13 0V100", ""),
    "J": (94, "M81 0V60Q81 87 54 87H40Q13 87 13 62", ""),
    "K": (110, "", "M0 0H26V38H42L76 0H109L66 49L112 100H77L42 61H26V100H0Z"),
    "L": (94, "M13 0V87H94", ""),
    "M": (146, "", "M0 100V0H34L73 58L112 0H146V100H120V40L81 96H65L26 40V100Z"),
    "N": (112, "", "M0 100V0H30L86 62V0H112V100H82L26 38V100Z"),
    "O": (112, "M40 13H72Q99 13 99 40V60Q99 87 72 87H40Q13 87 13 60V40Q13 13 40 13Z", ""),
    "P": (106, "M13 100V13H68Q93 13 93 37T68 61H13", ""),
    "Q": (
        112,
        "M40 13H72Q99 13 99 40V60Q99 87 72 87H40Q13 87 13 60V40Q13 13 40 13Z",
        "M58 58H88L114 100H84Z",
    ),
    "R": (108, "M13 100V13H68Q93 13 93 36T68 59H13M62 59Q95 60 95 88V100", ""),
    "S": (108, "M95 34Q95 13 70 13H38Q13 13 13 31T38 50H70Q95 50 95 68T70 87H38Q13 87 13 66", ""),
    "T": (104, "M0 13H104M52 13V100", ""),
    "U": (110, "M13 0V60Q13 87 40 87H70Q97 87 97 60V0", ""),
    "V": (112, "", "M0 0H29L56 68L83 0H112L71 100H41Z"),
    "W": (160, "", "M0 0H28L48 62L67 0H93L112 62L132 0H160L126 100H98L80 42L62 100H34Z"),
    "X": (112, "", "M0 0H33L56 31L79 0H112L74 49L112 100H79L56 68L33 100H0L38 49Z"),
    "Y": (110, "", "M0 0H31L55 36L79 0H110L68 60V100H42V60Z"),
    "Z": (106, "", "M2 0H104V24L40 74H106V100H0V76L64 26H2Z"),
    "0": (106, "M40 13H66Q93 13 93 40V60Q93 87 66 87H40Q13 87 13 60V40Q13 13 40 13Z", ""),
    "1": (48, "", "M14 0H48V100H22V28H0V16Z"),
    "2": (104, "M13 34Q13 13 38 13H66Q91 13 91 31T66 50H40Q13 50 13 74V87H104", ""),
    "3": (106, "M13 34Q13 13 38 13H66Q91 13 91 31T66 50H36M66 50Q93 50 93 68T66 87H38Q13 87 13 66", ""),
    "4": (110, "", "M56 0H92V62H110V84H92V100H66V84H0V60ZM66 27L30 62H66Z"),
    "5": (104, "M98 13H15V46H66Q91 46 91 66T66 87H38Q13 87 13 70", ""),
    "6": (106, "M92 32Q90 13 66 13H40Q13 13 13 40V60Q13 87 40 87H66Q93 87 93 67T66 47H13", ""),
    "7": (100, "", "M0 0H100V22L54 100H24L70 26H0Z"),
    "8": (
        106,
        "M40 13H66Q90 13 90 31T66 50H40Q16 50 16 31T40 13ZM38 50H68Q93 50 93 68T68 87H38Q13 87 13 68T38 50Z",
        "",
    ),
    "9": (106, "M14 68Q16 87 40 87H66Q93 87 93 60V40Q93 13 66 13H40Q13 13 13 33T40 53H93", ""),
    "-": (60, "M4 50H56", ""),
    "/": (70, "", "M44 0H72L28 100H0Z"),
    ".": (28, "M1 87H27", ""),
    "°": (56, "M28 11Q45 11 45 27T28 43T11 27T28 11Z", ""),
}
SPACE = 46
TRACKING = 13
ACCENTS = {"\u0301": "M4 -12L20 -36H52L28 -12Z", "\u0303": "M-14 -34H66V-14H-14Z"}
TOKEN = re.compile(r"[A-Z]|-?\d+")


def width(text: str) -> int:
    """Return the width of a line of text in glyph units (100 units are one cap height)."""
    total = 0
    for char in unicodedata.normalize("NFD", text.upper()):
        if char == " ":
            total += SPACE
        elif char in GLYPHS:
            total += GLYPHS[char][0] + TRACKING
    return total - TRACKING


def line(text: str, *, x: float, y: float, height: float, colour: str, fit: float = 0) -> str:
    """Draw one line of capitals centred on `x`, its top at `y`, `height` units high.

    With `fit`, the line is made smaller until it is no wider than `fit`.

    Raises:
        KeyError: a character has no glyph.
    """
    scale = height / 100
    if fit:
        scale = min(scale, fit / width(text))
    left = x - width(text) * scale / 2
    strokes, fills = "", ""
    cursor = advance = 0
    for char in unicodedata.normalize("NFD", text.upper()):
        if char == " ":
            cursor += SPACE
        elif char in ACCENTS:
            fills += _shifted(ACCENTS[char], cursor - TRACKING - advance // 2 - 28)
        else:
            advance, skeleton, outline = GLYPHS[char]
            strokes += _shifted(skeleton, cursor)
            fills += _shifted(outline, cursor)
            cursor += advance + TRACKING
    drawn = f'<path d="{strokes}" fill="none" stroke="{colour}" stroke-width="26"/>' if strokes else ""
    drawn += f'<path d="{fills}" fill="{colour}" stroke="none"/>' if fills else ""
    return f'<g transform="translate({short(left)} {short(y)}) scale({scale:.3f})" stroke-linejoin="miter">{drawn}</g>'


def _shifted(path: str, dx: int) -> str:
    """Move a glyph to its place in the line: add `dx` to every absolute x."""
    moved, command, is_x = "", "", True
    for token in TOKEN.findall(path):
        if token.isalpha():
            command = token
            is_x = command != "V"
            moved += token
            continue
        number = int(token) + (dx if is_x else 0)
        moved += f"{number}" if moved[-1].isalpha() else f" {number}"
        if command not in "HV":
            is_x = not is_x
    return moved
