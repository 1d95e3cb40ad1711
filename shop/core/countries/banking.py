"""How bank accounts are given in each country, and what is wrong with an invalid number.

Data, like the other rules of a country: a `Way` is one way of being paid, its fields are checked by name (`CHECKS`).
Sources, read on 2026-11-21: AR, BCRA Comunicación "A" 6044 and Sistema Nacional de Pagos (CBU, CVU, alias); MX,
Banxico, Circular 14/2017 (SPEI) and ABM, "CLABE" (weights 3, 7, 1); BR, BCB, Manual Operacional do DICT (Pix keys).
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final
from uuid import UUID

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise
from stdnum.ar import cbu, cuit
from stdnum.br import cnpj, cpf
from stdnum.exceptions import InvalidChecksum
from stdnum.exceptions import ValidationError as NumberError

from shop.core.countries.base import Country, Document
from shop.core.countries.numbers import clean_number


class BadAccount(ValueError):
    """The number is invalid for its kind; `words` is the sentence for the person. Trying again does not help.

    The sentence is made when it is read: the settings check the shop's own account before there are translations.
    """

    def __init__(self, sentence: StrOrPromise, **about: object) -> None:
        super().__init__()
        self._sentence, self._about = sentence, about

    @property
    def words(self) -> str:
        """Return the sentence in the active language."""
        return str(self._sentence) % self._about if self._about else str(self._sentence)

    def __str__(self) -> str:
        return self.words


@dataclass(frozen=True)
class Field:
    """A form field. `check` names a function of `CHECKS`; `is_secret`: shown with its last four characters only."""

    name: str
    label: StrOrPromise
    check: str
    max_length: int
    help: StrOrPromise = ""
    is_secret: bool = False
    choices: tuple[tuple[str, StrOrPromise], ...] = ()


@dataclass(frozen=True)
class Way:
    """One way of being paid."""

    code: str
    label: StrOrPromise
    fields: tuple[Field, ...]


HOLDER: Final = Field("holder", _("Account holder"), "name", 120, _("As the bank writes it."))


def ways(country: str) -> tuple[Way, ...]:
    """Return how money can be sent to somebody of this country (ISO 3166-1); any other country: a plain account."""
    return _WAYS.get(country, (_PLAIN,))


def way(country: str, code: str) -> Way | None:
    """Return a country's way of this code, or None."""
    return next((found for found in ways(country) if found.code == code), None)


def clean(country: Country, field: Field, text: str) -> str:
    """Return what was written in a field in its compact form.

    Raises:
        BadAccount: it is invalid; the words are for the person.
    """
    plain = unicodedata.normalize("NFKC", " ".join(text.split()))
    if any(unicodedata.category(letter) in {"Cc", "Cf", "Cs", "Co", "Cn"} for letter in plain):
        raise BadAccount(_("There are characters in it that no bank can write."))
    return CHECKS[field.check](country, plain)


def _digits(text: str) -> str:
    return re.sub(r"[\s.\-/]", "", text)


def _name(country: Country, text: str) -> str:
    if not re.search(r"[^\W\d_]{2}", text):
        raise BadAccount(_("Write the name as the bank knows it."))
    return text


def _bank(country: Country, text: str) -> str:
    if not re.fullmatch(r"\d{3}|.*[^\W\d_]{2}.*", text):
        raise BadAccount(_("Write the bank's name."))
    return text


def _words(country: Country, text: str) -> str:
    return text


def _number(country: Country, text: str) -> str:
    """Check an account's number of unknown format: digits, letters and separators."""
    if not re.fullmatch(r"[0-9A-Za-z][0-9A-Za-z .\-/]{2,39}", text) or not re.search(r"\d", text):
        raise BadAccount(_("Write the account's number: digits, letters, dots and dashes."))
    return text


def _cbu_or_alias(country: Country, text: str) -> str:
    """Check a CBU or CVU (22 digits, two of them check digits) or an alias (6 to 20 letters, digits, dots, dashes)."""
    number = _digits(text)
    if number.isascii() and number.isdigit():
        if len(number) != 22:
            raise BadAccount(_("A CBU or CVU has 22 digits; this one has %(count)d."), count=len(number))
        try:
            return str(cbu.validate(number))
        except InvalidChecksum:
            raise BadAccount(
                _("One of these digits is wrong: a check digit does not fit. Copy the CBU or CVU again.")
            ) from None
    if not re.fullmatch(r"[A-Za-z0-9.-]{6,20}", text):
        raise BadAccount(
            _(
                "An alias has 6 to 20 letters without accents, digits, dots or dashes, such as percha.azul.mar."
            )
        )
    return text.lower()


def _cuit(country: Country, text: str) -> str:
    try:
        return str(cuit.validate(_digits(text)))
    except NumberError:
        raise BadAccount(
            _(
                "This is not a CUIT or CUIL: it has 11 digits, the last one checks the others, as in 20-30123456-3."
            )
        ) from None


def _clabe(country: Country, text: str) -> str:
    """Check a CLABE: bank (3), place (3), account (11), and a digit that makes the weighted sum a multiple of ten."""
    number = _digits(text)
    if not (number.isascii() and number.isdigit() and len(number) == 18):
        raise BadAccount(_("A CLABE has 18 digits."))
    control = sum(int(digit) * weight % 10 for digit, weight in zip(number[:17], (3, 7, 1) * 6, strict=False))
    if (10 - control % 10) % 10 != int(number[17]):
        raise BadAccount(
            _("One of these digits is wrong: the check digit does not fit. Copy the CLABE again.")
        )
    return number


def _pix(country: Country, text: str) -> str:
    """Check the format of a Pix key: e-mail, phone with +55, random key (a UUID), CPF or CNPJ."""
    if "@" in text:
        if len(text) > 77 or not re.fullmatch(r"[\w.+-]+@[\w-]+(\.[\w-]+)+", text, re.ASCII):
            raise BadAccount(_("This e-mail address is not a Pix key: look at it once more."))
        return text.lower()
    if text.startswith("+"):
        phone = "+" + re.sub(r"[^0-9]", "", text)
        if not re.fullmatch(r"\+55[1-9]\d9?\d{8}", phone):
            raise BadAccount(
                _("A phone as Pix key is written with +55 and the area code: +55 11 91234-5678.")
            )
        return phone
    try:
        return str(UUID(text))
    except ValueError:
        pass
    number = _digits(text)
    for kind in (cpf, cnpj):
        try:
            return str(kind.validate(number))
        except NumberError:
            continue
    raise BadAccount(
        _("This is no Pix key: write a CPF, a CNPJ, an e-mail address, a phone with +55, or the random key.")
    )


def _agency(country: Country, text: str) -> str:
    number = re.sub(r"[\s.]", "", text)
    if not re.fullmatch(r"\d{4}(-?[\dXx])?", number, re.ASCII):
        raise BadAccount(_("An agency has four digits, and perhaps a check digit: 1234 or 1234-5."))
    return number.upper()


def _document(country: Country, text: str) -> str:
    """Check a number that must be one of the country's documents."""
    for document in country.documents:
        try:
            return clean_number(document, text)
        except ValueError:
            continue
    raise BadAccount(
        _("This is not a valid number of any of these: %(kinds)s."), kinds=_Labels(country.documents)
    )


class _Labels:
    """The names of documents, listed when they are read."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = documents

    def __str__(self) -> str:
        return ", ".join(str(document.label) for document in self._documents)


def _cci(country: Country, text: str) -> str:
    """Check a CCI: bank (3), office (3), account (12), and two check digits, whose rule was found nowhere official."""
    number = _digits(text)
    if not (number.isascii() and number.isdigit() and len(number) == 20):
        raise BadAccount(_("A CCI has 20 digits."))
    return number


CHECKS: Final[Mapping[str, Callable[[Country, str], str]]] = MappingProxyType(
    {
        "name": _name,
        "bank": _bank,
        "words": _words,
        "number": _number,
        "cbu_or_alias": _cbu_or_alias,
        "cuit": _cuit,
        "clabe": _clabe,
        "cci": _cci,
        "pix": _pix,
        "agency": _agency,
        "document": _document,
    }
)

_ACCOUNT_KINDS: Final = (("checking", _("current account")), ("savings", _("savings account")))
_PLAIN: Final = Way(
    "account",
    _("Bank account"),
    (
        Field("bank", _("Bank"), "bank", 80),
        Field("kind", _("Kind of account"), "words", 10, choices=_ACCOUNT_KINDS),
        Field("account", _("Account number"), "number", 40, is_secret=True),
        HOLDER,
        Field("tax_id", _("Holder's document"), "document", 30, is_secret=True),
    ),
)
_WAYS: Final[Mapping[str, tuple[Way, ...]]] = MappingProxyType(
    {
        "AR": (
            Way(
                "cbu",
                _("CBU, CVU or alias"),
                (
                    Field(
                        "account",
                        _("CBU, CVU or alias"),
                        "cbu_or_alias",
                        40,
                        _("22 digits, or the alias of the account."),
                        is_secret=True,
                    ),
                    HOLDER,
                    Field("tax_id", _("Holder's CUIT or CUIL"), "cuit", 16, is_secret=True),
                ),
            ),
        ),
        "PE": (
            Way(
                "cci",
                _("CCI"),
                (
                    Field("account", _("CCI"), "cci", 30, _("20 digits."), is_secret=True),
                    HOLDER,
                    Field("tax_id", _("Holder's document"), "document", 30, is_secret=True),
                ),
            ),
            _PLAIN,
        ),
        "MX": (
            Way(
                "clabe",
                _("CLABE"),
                (Field("account", _("CLABE"), "clabe", 30, _("18 digits."), is_secret=True), HOLDER),
            ),
        ),
        "BR": (
            Way(
                "pix",
                _("Pix key"),
                (
                    Field(
                        "account",
                        _("Pix key"),
                        "pix",
                        90,
                        _("CPF, CNPJ, e-mail, phone with +55, or the random key."),
                        is_secret=True,
                    ),
                    HOLDER,
                ),
            ),
            Way(
                "account",
                _("Bank account"),
                (
                    Field("bank", _("Bank"), "bank", 80, _("Name or number of the bank.")),
                    Field("agency", _("Agency"), "agency", 8),
                    Field("number", _("Account with check digit"), "number", 40, is_secret=True),
                    HOLDER,
                    Field("tax_id", _("Holder's CPF or CNPJ"), "document", 20, is_secret=True),
                ),
            ),
        ),
    }
)
