"""Masking of providers' data before people see them: no secrets, cards or personal data.

Two filters over JSON: fields hidden by their name, whatever they contain, and patterns inside the text of every other
field (`shop.core.privacy.redaction`, and here phones and network addresses). Gateways store little personal data to
begin with; this is the last filter, and every page of the back office uses it.

Numbers of payments, sessions and refunds stay: the staff needs them to answer buyers. So do a card's last four digits.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from shop.core.privacy import redaction

HIDDEN: Final = "•••"
# Fields that hold a person or a place: of everything below them only `_TELLING` is shown.
_PERSONS: Final = {
    "payer",
    "buyer",
    "customer",
    "customerdetails",
    "customerinfo",
    "cardholder",
    "billingdetails",
    "shipping",
    "shippingdetails",
    "shippingcontact",
    "receiveraddress",
    "address",
    "billingaddress",
    "shippingaddress",
    "identification",
    "phone",
    "fiscalentity",
    "owner",
    "individual",
    "bankaccount",
    "beneficiary",
    "antifraudinfo",
}
# What may be shown of them: kinds and countries identify nobody.
_TELLING: Final = {
    "type",
    "object",
    "entitytype",
    "country",
    "countrycode",
    "currency",
    "taxexempt",
    "livemode",
}
# Fields whose own value is hidden, wherever they are.
_FIELDS: Final = {
    "email",
    "payeremail",
    "receiptemail",
    "customeremail",
    "phone",
    "phonenumber",
    "areacode",
    "name",
    "firstname",
    "lastname",
    "fullname",
    "surname",
    "holder",
    "holdername",
    "cardholdername",
    "accountholdername",
    "nickname",
    "birthdate",
    "dateofbirth",
    "document",
    "documentnumber",
    "documentid",
    "docnumber",
    "taxid",
    "taxids",
    "cpf",
    "cnpj",
    "dni",
    "cuit",
    "cuil",
    "curp",
    "rfc",
    "ssn",
    "idnumber",
    "ip",
    "ipaddress",
    "clientip",
    "useragent",
    "deviceid",
    "fingerprint",
    "street",
    "street1",
    "street2",
    "streetname",
    "streetnumber",
    "line1",
    "line2",
    "city",
    "zip",
    "zipcode",
    "postalcode",
    "floor",
    "apartment",
    "neighborhood",
    "latitude",
    "longitude",
    "first6digits",
    "firstsixdigits",
    "bin",
    "iin",
    "number",
    "cardnumber",
    "pan",
    "cvc",
    "cvv",
    "securitycode",
    "expirationmonth",
    "expirationyear",
    "expmonth",
    "expyear",
    "clientsecret",
    "secret",
    "token",
    "cardtoken",
    "accesstoken",
    "publickey",
    "privatekey",
    "apikey",
    "password",
    "authorization",
    "authorizationcode",
    "authcode",
    "signature",
    "clabe",
    "cbu",
    "cvu",
    "iban",
    "accountnumber",
    "routingnumber",
    "pixkey",
    "qrcode",
    "qrcodebase64",
    "barcodecontent",
}
_DEEPEST: Final = 40
_IPV4: Final = re.compile(
    r"(?<![\w.])(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?![\w.]*\d)"
)
_IPV6: Final = re.compile(
    r"(?<![\w:])(?:(?:[0-9a-f]{1,4}:){7}[0-9a-f]{1,4}|(?:[0-9a-f]{1,4}:){1,6}(?::[0-9a-f]{1,4}){1,6})(?![\w:])",
    re.IGNORECASE,
)
_PHONE: Final = re.compile(r"(?<![\w+])\+\d[\d ()./-]{6,18}\d(?!\w)")
_NOT_A_LETTER: Final = re.compile(r"[^a-z0-9]")


def masked(value: Any) -> Any:
    """Return JSON for people: a copy without secrets, cards and persons. Nothing of what is given is changed."""
    return _masked(value, is_person=False, depth=0)


def masked_text(text: str) -> str:
    """Return a text of a provider's, such as an error or a traceback, without secrets, cards and persons."""
    text = redaction.mask(text)
    for pattern in (_IPV4, _IPV6, _PHONE):
        text = pattern.sub(HIDDEN, text)
    return text


def _masked(value: Any, *, is_person: bool, depth: int) -> Any:
    if depth > _DEEPEST:
        return HIDDEN
    if isinstance(value, Mapping):
        return {
            masked_text(str(name)): _field(str(name), item, is_person=is_person, depth=depth)
            for name, item in value.items()
        }
    if isinstance(value, list | tuple):
        return [_masked(item, is_person=is_person, depth=depth + 1) for item in value]
    if value is None or isinstance(value, bool):
        return value
    if is_person:
        return HIDDEN
    return masked_text(value) if isinstance(value, str) else _number(value)


def _field(name: str, value: Any, *, is_person: bool, depth: int) -> Any:
    """Mask one field by its name, else by its content."""
    plain = _NOT_A_LETTER.sub("", name.lower())
    has_more = isinstance(value, Mapping | list | tuple)
    if plain in _PERSONS and (has_more or plain in _FIELDS):
        is_person = True
    elif is_person and plain in _TELLING:
        is_person = has_more
    if not has_more and value not in (None, "") and (plain in _FIELDS or redaction.is_secret_name(name)):
        return HIDDEN
    return _masked(value, is_person=is_person, depth=depth + 1)


def _number(value: Any) -> Any:
    """Hide a number that is a card's or a bank account's; sums and the providers' own numbers are shown."""
    text = str(value)
    return value if masked_text(text) == text else HIDDEN
