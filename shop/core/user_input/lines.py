"""What people write into one line of a form: names, streets, labels. One visible line, whatever was pasted.

A name goes onto parcels, into mails, lists and the providers' pages. Characters that nobody sees do harm there: a mark
that turns the direction makes `Paz\\u202e1 ...` read as something else to whoever packs, a line break is a second line,
a name of zero-width characters is an empty label, and a hundred accents on one letter cover the lines around it.
The classes are those of Unicode: https://www.unicode.org/reports/tr44/#General_Category_Values
"""

import re
import unicodedata
from typing import Any, Final

from django import forms
from django.core.validators import EmailValidator
from django.utils.translation import gettext_lazy as _

# Joiners are part of words in some scripts, and of emoji.
_JOINERS: Final = "\u200c\u200d"
# Letters and signs by their class, but displayed blank.
_BLANK: Final = frozenset("\u115f\u1160\u3164\uffa0\u2800")
# Letters, digits and signs of the languages that are spoken here, composed already, and blanks: nearly every text.
_PLAIN: Final = re.compile("[ -~\u00a1-\u00ac\u00ae-\u017f]*")
# No language stacks more marks on one letter once it is composed.
_MOST_MARKS: Final = 3


def one_line(text: str) -> str:
    """Return a text as one line of visible characters: composed (NFC), no controls, single blanks. Pure."""
    if _PLAIN.fullmatch(text):
        return " ".join(text.split())
    kept: list[str] = []
    marks = 0
    for char in unicodedata.normalize("NFC", text):
        kind = unicodedata.category(char)
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        # Variation selectors and keycaps are marks, too; one of them is enough.
        if marks > _MOST_MARKS or (kind in {"Cf", "Co", "Cs", "Cn"} and char not in _JOINERS):
            continue
        is_blank = kind in {"Cc", "Zs", "Zl", "Zp"} or char in _BLANK
        kept.append(" " if is_blank else char)
    line = " ".join("".join(kept).split())
    return line if any(unicodedata.category(char)[0] in "LNPS" for char in line) else ""


class LineField(forms.CharField):
    """One line of visible text. Without a visible character it is empty, which a required field refuses."""

    def to_python(self, value: Any) -> str:
        """Return the line; its length is validated afterwards."""
        return one_line(super().to_python(value) or "")


class LinesField(forms.CharField):
    """Several lines of visible text, as in a message."""

    def to_python(self, value: Any) -> str:
        """Return the lines, each of them one of visible characters."""
        return "\n".join(one_line(line) for line in (super().to_python(value) or "").splitlines()).strip()


# Mail goes to servers outside: not to the machine itself, and not to an address within the shop's network.
_is_public = EmailValidator(allowlist=[])


class MailField(forms.EmailField):
    """An address to which a mail can go: at a host with a public name, no `@localhost` and no `@[10.0.0.1]`."""

    def clean(self, value: object) -> object:
        """Return the address. Raises: ValidationError."""
        address = super().clean(value)
        if address:
            refuse_unreachable(address)
        return address


def refuse_unreachable(address: str) -> None:
    """Require an address that can receive mail. Raises: ValidationError."""
    if address.endswith("]"):
        raise forms.ValidationError(_("This address has no domain. It looks like ana@example.com."))
    _is_public(address)
