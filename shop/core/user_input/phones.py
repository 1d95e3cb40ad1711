"""Telephone numbers as people write them: read leniently, kept as typed, and reduced to what can be dialled."""

import re
import unicodedata
from typing import Any, Final

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

MAX_LENGTH: Final = 30
FEWEST_DIGITS: Final = 6
MOST_DIGITS: Final = 15  # ITU-T E.164: country code included.
_EXTENSION: Final = re.compile(
    r"\s*[,;]?\s*(?:interno|int|extensi[oó]n|ext|anexo|ramal|r|x|#)\.?\s*(\d{1,6})\s*$", re.IGNORECASE
)
_MARKS: Final = frozenset("0123456789 ()./-")


def clean_phone(text: str) -> str:
    """Return a phone number with plain digits and single blanks, extension included; "" stays "".

    Raises:
        ValidationError: an invalid character, or too few or too many digits; its sentence says which.
    """
    text = " ".join(unicodedata.normalize("NFKC", text).replace("\u2212", "-").split())
    text = re.sub(
        r"[\u2010-\u2015]", "-", re.sub(r"[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]", "", text)
    )
    if not text:
        return ""
    number = _EXTENSION.sub("", text)
    odd = next((char for char in number.removeprefix("+") if char not in _MARKS), "")
    if odd:
        raise ValidationError(
            _(
                "“%(sign)s” cannot stand in a phone number. Write digits only, such as +54 11 5555 1234, and an "
                "extension as “ext. 12”."
            ),
            params={"sign": odd},
        )
    digits = sum(char.isdigit() for char in number)
    if digits < FEWEST_DIGITS:
        raise ValidationError(_("This phone number is too short: write it with its area code."))
    if digits > MOST_DIGITS:
        raise ValidationError(_("This phone number has too many digits: write one number only."))
    return text


def without_extension(phone: str) -> str:
    """Return the part of a cleaned phone number that can be dialled from outside."""
    return _EXTENSION.sub("", phone)


class PhoneField(forms.CharField):
    """A phone number, cleaned by `clean_phone`; browsers offer the keypad and the person's own number."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**{"label": _("Phone"), "max_length": MAX_LENGTH, **kwargs})
        self.widget.input_type = "tel"
        self.widget.attrs["autocomplete"] = "tel"

    def to_python(self, value: Any) -> str:
        """Clean before the length is validated: spaces and invisible characters do not count."""
        return clean_phone(super().to_python(value) or "")
