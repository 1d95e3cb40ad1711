"""SOAP 1.1 answers and faults."""

from __future__ import annotations

from html import escape
from typing import Any

from lxml import etree

from shop.sandbox.router import Response

SOAP = "http://schemas.xmlsoap.org/soap/envelope/"
FEV1 = "http://ar.gov.afip.dif.FEV1/"
XML = "text/xml; charset=utf-8"


class Fault(Exception):
    """A SOAP fault: code and words."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message

    def response(self) -> Response:
        """Return the fault as an HTTP answer."""
        body = (
            f'<soap:Fault xmlns:soap="{SOAP}"><faultcode>{escape(self.code)}</faultcode>'
            f"<faultstring>{escape(self.message)}</faultstring></soap:Fault>"
        )
        return answer(body, status=500)


def answer(body: str, *, status: int = 200) -> Response:
    """Return an envelope with this body."""
    text = (
        f'<?xml version="1.0" encoding="utf-8"?><soap:Envelope xmlns:soap="{SOAP}"><soap:Body>'
        f"{body}</soap:Body></soap:Envelope>"
    )
    return Response(status=status, body=text.encode(), content_type=XML)


def body_of(message: bytes) -> Any:
    """Return the first element of a message's body. Raises: Fault: it is no SOAP."""
    try:
        root = etree.fromstring(message, etree.XMLParser(resolve_entities=False, no_network=True))
        return root.find(f"{{{SOAP}}}Body")[0]
    except (etree.XMLSyntaxError, TypeError, IndexError) as error:
        raise Fault("soap:Client", "Server was unable to read request.") from error


def tags(**values: object) -> str:
    """Return elements with these texts, in their order; an empty one is left out."""
    return "".join(
        f"<{name}>{escape(str(value))}</{name}>" for name, value in values.items() if value is not None
    )
