"""SOAP over HTTP to ARCA: one POST, its answer as XML, and what a failure means."""

import ssl
from typing import Final
from urllib.parse import urlsplit

import requests
from lxml import etree
from requests.adapters import HTTPAdapter

from orders.invoices.fiscal.base import FiscalUnavailable, FiscalUnknown

# Its Diffie-Hellman key is too short for today's OpenSSL ("dh key too small"); RSA key exchange needs none.
# https://github.com/WhyNotHugo/django-afip mounts the same cipher.
WEAK_HOST: Final = "servicios1.afip.gov.ar"
_CIPHERS_WITHOUT_DH: Final = "AES128-SHA"
_CONNECT_SECONDS: Final = 5.0
_LARGEST: Final = 2_000_000
SOAP: Final = "http://schemas.xmlsoap.org/soap/envelope/"


class _WithoutDiffieHellman(HTTPAdapter):
    """TLS with the one cipher that the production host agrees to; the certificate is checked as everywhere."""

    def init_poolmanager(self, *args: object, **options: object) -> None:
        """Give the pool its own TLS context."""
        context = ssl.create_default_context()
        context.set_ciphers(_CIPHERS_WITHOUT_DH)
        options["ssl_context"] = context
        super().init_poolmanager(*args, **options)  # type: ignore[arg-type]


def session() -> requests.Session:
    """Return a session that can speak to ARCA's hosts."""
    made = requests.Session()
    made.mount(f"https://{WEAK_HOST}", _WithoutDiffieHellman())
    return made


def envelope(body: etree._Element) -> bytes:
    """Return a SOAP 1.1 message with this body."""
    root = etree.Element(f"{{{SOAP}}}Envelope", nsmap={"soap": SOAP})
    etree.SubElement(root, f"{{{SOAP}}}Body").append(body)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))


def post(url: str, action: str, message: bytes, *, seconds: float) -> etree._Element:
    """Send a SOAP message and return the first element of the answer's body (a fault as well).

    Raises:
        FiscalUnavailable: it was certainly not taken: no connection could be made.
        FiscalUnknown: it was sent, and no answer that can be read came back.
    """
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": f'"{action}"'}
    try:
        with session() as own:
            answer = own.post(
                url, data=message, headers=headers, timeout=(_CONNECT_SECONDS, seconds), allow_redirects=False
            )
            content = answer.content
    except (requests.exceptions.ConnectTimeout, requests.exceptions.SSLError) as error:
        raise FiscalUnavailable(f"{type(error).__name__}: {urlsplit(url).hostname}") from error
    except requests.exceptions.ConnectionError as error:
        # Refused, or the name is not known; a connection that broke may have carried the whole request.
        if "NewConnectionError" in repr(error) or "NameResolutionError" in repr(error):
            raise FiscalUnavailable(f"no connection: {urlsplit(url).hostname}") from error
        raise FiscalUnknown(f"{type(error).__name__}: the connection broke") from error
    except requests.exceptions.RequestException as error:
        raise FiscalUnknown(f"{type(error).__name__}: no answer") from error
    return _body(answer.status_code, content)


def _body(status: int, content: bytes) -> etree._Element:
    """Return the first element of a SOAP answer. Raises: FiscalUnknown: it is none."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False)
    try:
        if len(content) > _LARGEST:
            raise ValueError("too long")
        root = etree.fromstring(content, parser)
        found = root.find(f"{{{SOAP}}}Body")
        if found is None or not len(found):
            raise ValueError("no body")
        return found[0]
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FiscalUnknown(f"HTTP {status}: the answer cannot be read") from error


def fault_of(body: etree._Element) -> tuple[str, str] | None:
    """Return code and text of a SOAP fault; None: it is an answer."""
    if body.tag != f"{{{SOAP}}}Fault":
        return None
    code = (body.findtext("faultcode") or "").rpartition(":")[2]
    return code, body.findtext("faultstring") or ""
