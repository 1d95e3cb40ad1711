"""The shop's own account, as buyers are shown it: from the settings, and as it was kept with an instruction."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, cast

from django.conf import settings
from django.utils.translation import gettext
from django_stubs_ext import StrOrPromise

from payments.provider_settings.transfer import KEYS
from shop.core import countries
from shop.core.countries import banking
from shop.core.folding import fold
from shop.core.json_types import JsonObject

_BANK_LENGTH: Final = 60


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the account on the page. `is_copied`: it is typed into the bank's form, so it has a copy button."""

    label: StrOrPromise
    value: str
    is_copied: bool = False


def current() -> JsonObject | None:
    """Return the shop's account as it is kept with an instruction; None: there is none."""
    if not settings.BANK_TRANSFER_ACCOUNT:
        return None
    country = countries.COUNTRIES[settings.SHOP_COUNTRY]
    way = _way(country.code, settings.BANK_TRANSFER_WAY)
    values = {field.name: getattr(settings, KEYS[field.name]) for field in way.fields}
    return {
        "country": country.code,
        "way": way.code,
        "bank": settings.BANK_TRANSFER_BANK,
        "alias": settings.BANK_TRANSFER_ALIAS.lower(),
        "values": {
            field.name: text if field.choices else banking.clean(country, field, text)
            for field in way.fields
            if (text := values[field.name])
        },
    }


def rows(kept: Mapping[str, object]) -> list[Row]:
    """Return an account's lines for its buyer: what is copied first, then whose it is."""
    way = _way(str(kept["country"]), str(kept["way"]))
    values = cast(Mapping[str, str], kept["values"])
    found = [
        Row(_label(field, values[field.name]), _words(field, values[field.name]), field.is_secret)
        for field in way.fields
        if values.get(field.name) and field.name not in {"holder", "tax_id", "bank"}
    ]
    if alias := str(kept.get("alias") or ""):
        found.insert(0, Row(gettext("Alias"), alias, is_copied=True))
    found += [
        Row(field.label, _words(field, values[field.name]))
        for field in way.fields
        if values.get(field.name) and field.name in {"holder", "tax_id"}
    ]
    if bank := str(kept.get("bank") or ""):
        found.append(Row(gettext("Bank"), bank))
    return found


def bank_key(name: str) -> str:
    """Return a bank's name as its statements are compared: without case, accents and signs."""
    return " ".join(re.sub(r"[^\w ]", " ", fold(name)).split())[:_BANK_LENGTH]


def bank_label(key: str) -> str:
    """Return a bank's name for people: as the settings write the shop's own."""
    own = settings.BANK_TRANSFER_BANK
    return own if own and bank_key(own) == key else key.title()


def own_bank() -> str:
    """Return the bank of the shop's account."""
    return bank_key(settings.BANK_TRANSFER_BANK or settings.BANK_TRANSFER_WAY or settings.SHOP_COUNTRY)


def _way(country: str, code: str) -> banking.Way:
    return (banking.way(country, code) if code else None) or banking.ways(country)[0]


def _label(field: banking.Field, value: str) -> StrOrPromise:
    """Name a field by its value, where it may be one of two things."""
    if field.check != "cbu_or_alias":
        return field.label
    return "CBU / CVU" if value.isdigit() else gettext("Alias")


def _words(field: banking.Field, value: str) -> str:
    return str(dict(field.choices).get(value, value))
