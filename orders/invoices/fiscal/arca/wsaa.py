"""WSAA: a signed request brings the ticket with which a service is asked for some hours.

https://www.afip.gob.ar/ws/documentacion/wsaa.asp: the request (TRA) is signed as CMS with its content inside.
"""

import base64
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, load_pem_private_key, pkcs7
from django.utils import timezone
from lxml import etree

from orders.invoices.fiscal.arca import client
from orders.invoices.fiscal.base import FiscalUnavailable, FiscalUnknown
from orders.invoices.fiscal.tickets import Ticket

_NAMESPACE: Final = "http://wsaa.view.sua.dvadac.desein.afip.gov"
# Around now, since the office's clock and ours differ.
_SPAN: Final = timedelta(minutes=10)
# One source asks for ten minutes between logins: how soon one may follow another is not published.
ALREADY_SECONDS: Final = 600.0


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """What the shop signs with, as PEM: the private key and the certificate that the office gave for it."""

    private_key: str
    certificate: str


class AlreadyAuthenticated(FiscalUnavailable):
    """A ticket that we do not have is still valid, and there is no second one. It ends after some hours."""


def request(service: str, *, now: datetime, unique: int) -> bytes:
    """Return the request for a ticket (loginTicketRequest). `unique`: an unsigned number of 32 bits."""
    root = etree.Element("loginTicketRequest", version="1.0")
    header = etree.SubElement(root, "header")
    etree.SubElement(header, "uniqueId").text = str(unique)
    etree.SubElement(header, "generationTime").text = (now - _SPAN).isoformat(timespec="seconds")
    etree.SubElement(header, "expirationTime").text = (now + _SPAN).isoformat(timespec="seconds")
    etree.SubElement(root, "service").text = service
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8"))


def sign(identity: Identity, content: bytes) -> str:
    """Return content and signature as CMS SignedData (SHA-256, DER), in base64."""
    key = load_pem_private_key(identity.private_key.encode(), password=None)
    if not isinstance(key, RSAPrivateKey):
        raise FiscalUnavailable("the private key is not an RSA key")
    certificate = x509.load_pem_x509_certificate(identity.certificate.encode())
    builder = pkcs7.PKCS7SignatureBuilder().set_data(content).add_signer(certificate, key, hashes.SHA256())
    return base64.b64encode(builder.sign(Encoding.DER, [pkcs7.PKCS7Options.Binary])).decode()


def login(url: str, identity: Identity, service: str, *, seconds: float) -> Ticket:
    """Ask for a ticket.

    Raises:
        AlreadyAuthenticated: one is valid that we do not have.
        FiscalUnavailable: there was no answer, or the office refuses us (it says why).
    """
    signed = sign(identity, request(service, now=timezone.localtime(), unique=secrets.randbits(32)))
    call = etree.Element(f"{{{_NAMESPACE}}}loginCms", nsmap={None: _NAMESPACE})
    etree.SubElement(call, f"{{{_NAMESPACE}}}in0").text = signed
    try:
        body = client.post(url, "", client.envelope(call), seconds=seconds)
    except FiscalUnknown as error:
        # A ticket may have been given that we never saw: the next login tells.
        raise FiscalUnavailable(str(error)) from error
    if fault := client.fault_of(body):
        code, text = fault
        if code == "coe.alreadyAuthenticated":
            raise AlreadyAuthenticated(f"{code}: {text}", retry_after=ALREADY_SECONDS)
        raise FiscalUnavailable(f"{code}: {text}")
    return _ticket(body)


def _ticket(body: etree._Element) -> Ticket:
    text = "".join(str(part) for part in body.itertext()).strip()
    try:
        answer = etree.fromstring(text.encode(), etree.XMLParser(resolve_entities=False, no_network=True))
        token, sign_text = answer.findtext(".//token"), answer.findtext(".//sign")
        until = datetime.fromisoformat(answer.findtext(".//expirationTime") or "")
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FiscalUnavailable("the ticket cannot be read") from error
    if not token or not sign_text or until.tzinfo is None:
        raise FiscalUnavailable("the ticket is not complete")
    return Ticket(token, sign_text, until)
