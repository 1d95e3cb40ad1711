"""The settings of bank transfers: the shop's own account, its clocks, and what is refused at the start."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from django.conf import LazySettings

from shop.core import countries
from shop.core.configuration.env import Env
from shop.core.configuration.problems import Problem, Settings
from shop.core.countries import banking

# Without an account there is no bank transfer.
CREDENTIALS = ("BANK_TRANSFER_ACCOUNT",)
# The setting behind each field of `shop.core.countries.banking`; two fields are called differently in two ways.
KEYS: Final = {
    "account": "BANK_TRANSFER_ACCOUNT",
    "number": "BANK_TRANSFER_ACCOUNT",
    "agency": "BANK_TRANSFER_AGENCY",
    "bank": "BANK_TRANSFER_BANK",
    "kind": "BANK_TRANSFER_KIND",
    "holder": "BANK_TRANSFER_HOLDER",
    "tax_id": "BANK_TRANSFER_TAX_ID",
}
# Banks show the holder's document before the money is sent, but no bank asks for it.
OPTIONAL: Final = frozenset({"tax_id", "kind"})
_DAY: Final = 24 * 3600
_WRONG: Final = {
    "cbu_or_alias": "must be a CBU or CVU (22 digits whose check digits fit) or an alias (6 to 20 letters, digits, "
    "dots or dashes).",
    "cuit": "must be a CUIT or CUIL: 11 digits, of which the last one checks the others.",
    "clabe": "must be a CLABE: 18 digits, of which the last one checks the others.",
    "cci": "must be a CCI: 20 digits.",
    "pix": "must be a Pix key: a CPF, a CNPJ, an e-mail address, a phone with +55, or the random key.",
    "agency": "must be four digits, and perhaps a check digit: 1234 or 1234-5.",
    "document": "must be a valid number of a document of the shop's country.",
    "number": "must be an account's number: digits, letters, dots and dashes.",
}


def read(env: Env, *, is_asked: bool, sandbox_url: str) -> dict[str, object]:
    """Return the settings by name."""
    return {
        "BANK_TRANSFER_ACCOUNT": env.text("BANK_TRANSFER_ACCOUNT", default=""),
        "BANK_TRANSFER_AGENCY": env.text("BANK_TRANSFER_AGENCY", default=""),
        "BANK_TRANSFER_BANK": env.text("BANK_TRANSFER_BANK", default=""),
        "BANK_TRANSFER_KIND": env.text("BANK_TRANSFER_KIND", default=""),
        "BANK_TRANSFER_HOLDER": env.text("BANK_TRANSFER_HOLDER", default=""),
        "BANK_TRANSFER_TAX_ID": env.text("BANK_TRANSFER_TAX_ID", default=""),
        "BANK_TRANSFER_WAY": env.text("BANK_TRANSFER_WAY", default=""),
        "BANK_TRANSFER_ALIAS": env.text("BANK_TRANSFER_ALIAS", default=""),
        "BANK_TRANSFER_TTL": timedelta(
            seconds=env.seconds("BANK_TRANSFER_TTL", default=2 * _DAY, minimum=600)
        ),
        "BANK_TRANSFER_REMIND": timedelta(
            seconds=env.whole("BANK_TRANSFER_REMIND", default=12 * 3600, minimum=0, maximum=30 * _DAY)
        ),
        "BANK_TRANSFER_KEEP": timedelta(
            days=env.whole("BANK_TRANSFER_KEEP_DAYS", default=180, minimum=30, maximum=3650)
        ),
    }


def problems(values: Settings, *, is_offered: bool, is_asked: bool) -> Iterator[Problem]:
    """Yield what is wrong with the shop's account, with DEBUG on or off: buyers would send money to nobody."""
    if is_offered and not values.get("BANK_TRANSFER_ACCOUNT"):
        yield (
            "BANK_TRANSFER_ACCOUNT",
            "is not set: nobody would know where to transfer to. Or take transfer out of PAYMENT_GATEWAYS.",
        )
    elif is_asked:
        yield from _account(values)
        if values["BANK_TRANSFER_REMIND"] >= values["BANK_TRANSFER_TTL"]:
            yield "BANK_TRANSFER_REMIND", "must be shorter than BANK_TRANSFER_TTL (0: no reminder)."


def _account(values: Settings) -> Iterator[Problem]:
    country = countries.COUNTRIES[values["SHOP_COUNTRY"]]
    chosen = values["BANK_TRANSFER_WAY"]
    way = banking.way(country.code, chosen) if chosen else banking.ways(country.code)[0]
    if way is None:
        names = ", ".join(one.code for one in banking.ways(country.code))
        yield "BANK_TRANSFER_WAY", f"must be one of {names} in {country.name}, not {chosen!r}."
        return
    for field in way.fields:
        key = KEYS[field.name]
        text = values[key]
        if not text:
            if field.name not in OPTIONAL:
                yield key, "is not set: buyers need it to transfer the money."
        elif field.choices:
            if text not in dict(field.choices):
                yield key, f"must be one of {', '.join(dict(field.choices))}, not {text!r}."
        elif sentence := _wrong(country.code, field, text):
            yield key, sentence
    yield from _alias(values, country.code)


def _wrong(country: str, field: banking.Field, text: str) -> str:
    """Return what is wrong with a field, as the end of a sentence; the value itself is not repeated."""
    try:
        banking.clean(countries.COUNTRIES[country], field, text)
    except banking.BadAccount:
        return _WRONG.get(field.check, "is not written as a bank writes it.")
    return ""


def _alias(values: Settings, country: str) -> Iterator[Problem]:
    """Yield what is wrong with the alias, which only Argentine accounts have beside their CBU."""
    alias = values["BANK_TRANSFER_ALIAS"]
    if not alias:
        return
    field = banking.ways(country)[0].fields[0]
    if field.check != "cbu_or_alias":
        yield "BANK_TRANSFER_ALIAS", "must be empty: only accounts in Argentina have an alias."
    elif alias.isdigit() or _wrong(country, field, alias):
        yield "BANK_TRANSFER_ALIAS", "must be an alias: 6 to 20 letters, digits, dots or dashes."


def pages(*, is_offered: bool) -> list[str]:
    """Return the hosts of its page: it is a page of the shop's own."""
    return []


def installments(settings: LazySettings) -> int:
    """Return the most cuotas that it offers: none."""
    return 1


def voucher_ttl(settings: LazySettings) -> timedelta | None:
    """Return how long a transfer may be made."""
    ttl: timedelta = settings.BANK_TRANSFER_TTL
    return ttl
