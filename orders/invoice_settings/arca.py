"""ARCA's settings, and which values are refused at the start (docs/fiscal/arca.md)."""

import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from cryptography.x509.oid import NameOID
from stdnum.ar import cuit
from stdnum.exceptions import ValidationError

from shop.core.configuration.env import Env
from shop.core.configuration.problems import Problem, Settings

ENVIRONMENTS: Final = ("production", "testing", "sandbox")
# https://www.afip.gob.ar/ws/documentacion/wsaa.asp, https://www.afip.gob.ar/ws/documentacion/ws-factura-electronica.asp
_WSAA: Final = {
    "production": "https://wsaa.afip.gov.ar/ws/services/LoginCms",
    "testing": "https://wsaahomo.afip.gov.ar/ws/services/LoginCms",
}
_WSFE: Final = {
    "production": "https://servicios1.afip.gov.ar/wsfev1/service.asmx",
    "testing": "https://wswhomo.afip.gov.ar/wsfev1/service.asmx",
}
_QR: Final = "https://www.arca.gob.ar/fe/qr/"
KEY_FILE: Final = "key.pem"
CERTIFICATE_FILE: Final = "certificate.pem"


def read(env: Env, *, is_asked: bool, tax_id: str, sandbox_url: str, folder: Path) -> dict[str, object]:
    """Return the settings by name. The sandbox, while there is one, is asked unless another environment is named."""
    environment = env.choice(
        "ARCA_ENVIRONMENT", choices=ENVIRONMENTS, default="sandbox" if sandbox_url else "production"
    )
    is_sandbox = environment == "sandbox"
    wsaa = f"{sandbox_url}/arca/wsaa" if is_sandbox else _WSAA[environment]
    wsfe = f"{sandbox_url}/arca/wsfev1" if is_sandbox else _WSFE[environment]
    private_key, certificate = (
        env.text("ARCA_PRIVATE_KEY", default=""),
        env.text("ARCA_CERTIFICATE", default=""),
    )
    identify = env.text("ARCA_IDENTIFY_FROM", default="")
    return {
        "ARCA_ENVIRONMENT": environment,
        "ARCA_CUIT": re.sub(r"\D", "", tax_id),
        "ARCA_POINT_OF_SALE": env.whole("ARCA_POINT_OF_SALE", default=1, minimum=1, maximum=99_998),
        "ARCA_PRIVATE_KEY": _pem(env, "ARCA_PRIVATE_KEY", private_key, folder / KEY_FILE) if is_asked else "",
        "ARCA_CERTIFICATE": _pem(env, "ARCA_CERTIFICATE", certificate, folder / CERTIFICATE_FILE)
        if is_asked
        else "",
        "ARCA_WSAA_URL": env.url("ARCA_WSAA_URL", default=wsaa),
        "ARCA_WSFE_URL": env.url("ARCA_WSFE_URL", default=wsfe),
        "ARCA_QR_URL": env.url("ARCA_QR_URL", default=_QR),
        "ARCA_TIMEOUT": env.whole("ARCA_TIMEOUT", default=45, minimum=5, maximum=60),
        "ARCA_IDENTIFY_FROM": env.money("ARCA_IDENTIFY_FROM", default=Decimal(0), currency="ARS")
        if identify
        else None,
    }


def _pem(env: Env, key: str, value: str, demo: Path) -> str:
    r"""Return a PEM text, given as itself (line ends perhaps written `\n`) or as the path of its file."""
    value = value.replace("\\n", "\n")
    if value.startswith("-----BEGIN"):
        return value
    if not value and env.development and demo.is_file():
        return demo.read_text(encoding="ascii")
    if not value:
        env.refuse(
            key, "is not set; FISCAL_PROVIDER=arca signs with it: give the PEM text, or the path of its file."
        )
        return ""
    try:
        return Path(value).expanduser().read_text(encoding="ascii")
    except (OSError, ValueError):
        env.refuse(key, "is neither a PEM text nor a file that can be read.")
        return ""


def problems(values: Settings) -> Iterator[Problem]:
    """Yield what stops the start: a CUIT that is none, data that must be printed, a key of another certificate."""
    number = values["ARCA_CUIT"]
    try:
        cuit.validate(number)
    except ValidationError:
        yield (
            "SHOP_TAX_ID",
            f"must be the seller's CUIT for FISCAL_PROVIDER=arca, not {values['SHOP_TAX_ID']!r}.",
        )
        number = ""
    if values["SHOP_COUNTRY"] != "AR" or values["SHOP_CURRENCY"] != "ARS":
        yield (
            "FISCAL_PROVIDER",
            "is arca, which invoices shops of Argentina in pesos (SHOP_COUNTRY, SHOP_CURRENCY).",
        )
    for key in ("SHOP_LEGAL_NAME", "SHOP_ADDRESS", "SELLER_GROSS_INCOME", "SELLER_ACTIVITY_START"):
        if not values[key]:
            yield key, "is not set; the law wants it on every invoice (FISCAL_PROVIDER=arca)."
    if not values["DEBUG"] and values["ARCA_ENVIRONMENT"] != "production":
        yield "ARCA_ENVIRONMENT", "must be production when DEBUG is off: other invoices are none."
    if values["ARCA_PRIVATE_KEY"] and values["ARCA_CERTIFICATE"]:
        yield from _pair(values["ARCA_PRIVATE_KEY"], values["ARCA_CERTIFICATE"], number)


def _pair(key: str, certificate: str, number: str) -> Iterator[Problem]:
    try:
        private = load_pem_private_key(key.encode(), password=None)
    except (ValueError, TypeError):
        yield "ARCA_PRIVATE_KEY", "is not a private key in PEM without a password."
        return
    try:
        found = x509.load_pem_x509_certificate(certificate.encode())
    except ValueError:
        yield "ARCA_CERTIFICATE", "is not a certificate in PEM."
        return
    form = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if private.public_key().public_bytes(*form) != found.public_key().public_bytes(*form):
        yield "ARCA_CERTIFICATE", "is of another key than ARCA_PRIVATE_KEY."
    names = found.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    own = str(names[0].value) if names else ""
    if number and own != f"CUIT {number}":
        yield "ARCA_CERTIFICATE", f"is of {own or 'nobody'}, and SHOP_TAX_ID says CUIT {number}."
