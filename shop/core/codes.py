"""When two codes are equal: the rule for SKUs and barcodes, used by every form, file, scan and by the database.

A code is what people see of it. So it has no invisible characters, one encoding (NFKC), case does not matter, and only
Latin letters are allowed: letters of other alphabets and dashes other than the hyphen are refused, because nobody who
reads the label can type them again. A barcode of 12, 13 or 14 digits (GTIN) is the same number with or without the
zeros before it (GS1 General Specifications, 3.3.2: GTINs are kept as 14 digits); scanners leave them out.
"""

import re
import unicodedata
from typing import Final, TypeVar

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Func
from django.db.models.functions import LPad, Upper
from django.utils.translation import gettext as _

# Printable ASCII and Latin letters with their accents; no space, no soft hyphen. Python and PostgreSQL read it alike.
# Left out beside: the multiplication sign and the letters of clicks, which look like x, | and !.
PATTERN: Final = "^[!-~\u00a1-\u00ac\u00ae-\u00d6\u00d8-\u01bf\u01c4-\u024f]*$"
_WHOLE: Final = re.compile(PATTERN)
_GTIN: Final = re.compile(r"[0-9]{12,14}")
_GTIN_LENGTH: Final = 14


def normalise(text: str) -> str:
    """Return a code as it is stored: NFKC, without invisible characters at its ends."""
    found = unicodedata.normalize("NFKC", text)
    start, end = 0, len(found)
    while start < end and _is_unseen(found[start]):
        start += 1
    while end > start and _is_unseen(found[end - 1]):
        end -= 1
    return found[start:end]


def require(text: str) -> str:
    """Return a code as it is stored.

    Raises: ValueError with a sentence that names the forbidden character.
    """
    code = normalise(text)
    if _WHOLE.match(code):
        return code
    place, wrong = next((place, mark) for place, mark in enumerate(code) if not _WHOLE.match(mark))
    about = {"before": code[:place][-20:], "mark": wrong, "code": f"U+{ord(wrong):04X}"}
    if wrong.isspace():
        raise ValueError(_("A code has no spaces; there is one after “%(before)s”.") % about)
    if _is_unseen(wrong):
        raise ValueError(
            _("There is an invisible character (%(code)s) after “%(before)s”. Type the code anew.") % about
        )
    if wrong.isalpha():
        raise ValueError(
            _("The letter “%(mark)s” (%(code)s) is not of the Latin alphabet. Type the code anew.") % about
        )
    raise ValueError(_("A code has no “%(mark)s” (%(code)s). Use letters, digits and hyphens.") % about)


def fold(text: str) -> str:
    """Return what codes are compared by: two codes are equal when this is equal. Invisible characters are left out."""
    seen = (mark for mark in unicodedata.normalize("NFKC", text) if not _is_unseen(mark))
    # As PostgreSQL does it: a capital is one character (ß has none).
    return "".join(mark.upper() if len(mark.upper()) == 1 else mark for mark in seen)


def fold_barcode(text: str) -> str:
    """Return what barcodes are compared by: as `fold`, and GTINs with 14 digits."""
    code = fold(text)
    return code.zfill(_GTIN_LENGTH) if _GTIN.fullmatch(code) else code


def folded(column: str) -> Func:
    """Return the database's `fold` of a column of stored codes."""
    return Upper(column)


def folded_barcode(column: str) -> models.Case:
    """Return the database's `fold_barcode` of a column of stored barcodes."""
    return models.Case(
        models.When(
            **{f"{column}__regex": r"^[0-9]{12,14}$"},
            then=LPad(column, _GTIN_LENGTH, models.Value("0")),
        ),
        default=Upper(column),
        output_field=models.CharField(),
    )


def _is_unseen(mark: str) -> bool:
    """Return whether it is a space, control, format or unassigned: Cc, Cf, Zs, Zl, Zp, variation selectors."""
    is_selector = "\ufe00" <= mark <= "\ufe0f" or mark in "\u034f\u115f\u1160\u3164\uffa0"
    return is_selector or unicodedata.category(mark)[0] in "ZC"


def validate(text: str) -> None:
    """Refuse an invalid code. Raises: ValidationError."""
    try:
        require(text)
    except ValueError as error:
        raise ValidationError(str(error)) from error


_ST_contra = TypeVar("_ST_contra", contravariant=True)
_GT_co = TypeVar("_GT_co", covariant=True)


class CodeField(models.CharField[_ST_contra, _GT_co]):
    """A code that people read, type and scan; stored as `normalise` returns it."""

    default_validators = [validate]

    def to_python(self, value: object) -> object:
        """Return the code as it is stored."""
        text = super().to_python(value)
        return normalise(text) if isinstance(text, str) else text
