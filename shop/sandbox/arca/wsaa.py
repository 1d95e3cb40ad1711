"""WSAA: a request that is signed with the registered certificate brings a ticket, one at a time."""

from __future__ import annotations

import secrets
import time
from datetime import UTC, datetime, timedelta
from html import escape

from cryptography import x509
from cryptography.x509.oid import NameOID
from lxml import etree

from shop.sandbox import calls
from shop.sandbox.arca import cms, options, soap
from shop.sandbox.arca.soap import Fault
from shop.sandbox.engine import Sandbox
from shop.sandbox.router import Request, Response
from shop.sandbox.store import Record

TICKET = "arca.ticket"
NAMESPACE = "http://wsaa.view.sua.dvadac.desein.afip.gov"
VALID = timedelta(hours=12)
SKEW = timedelta(hours=24)


def login(sandbox: Sandbox, request: Request) -> Response:
    """``loginCms``: answers a ticket for twelve hours, or a fault."""

    def run() -> Response:
        try:
            return _login(sandbox, request)
        except Fault as fault:
            return fault.response()

    return calls.answer(sandbox, options.CODE, request, ("loginCms",), run)


def _login(sandbox: Sandbox, request: Request) -> Response:
    call = soap.body_of(request.body)
    signed = "".join(call.itertext()).strip()
    if call.tag != f"{{{NAMESPACE}}}loginCms" or not signed:
        raise Fault("cms.bad", "CMS no valido")
    try:
        content, certificate = cms.opened("".join(signed.split()))
    except cms.BadCms as error:
        raise Fault("ns1:cms.bad", f"Firma inválida o algoritmo no soportado: {error}") from error
    cuit = _taxpayer(sandbox, certificate)
    service = _service(content)
    if sandbox.faults.take("arca_already", options.CODE, targets=(service,)) or _valid(
        sandbox, cuit, service
    ):
        raise Fault(
            "ns1:coe.alreadyAuthenticated",
            "El CEE ya posee un TA valido para el acceso al WSN solicitado",
        )
    return _ticket(sandbox, cuit, service)


def _taxpayer(sandbox: Sandbox, certificate: x509.Certificate) -> str:
    """Return whose certificate it is. Raises: Fault: it is not the one that was registered, or has expired."""
    registered = options.of(sandbox.config)
    now = datetime.now(tz=UTC)
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        raise Fault("ns1:cms.cert.expired", "Certificado expirado")
    known = registered.certificate
    if not known or x509.load_pem_x509_certificate(known.encode()) != certificate:
        raise Fault("ns1:cms.cert.untrusted", "Certificado no emitido por AC de confianza")
    names = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    cuit = str(names[0].value).removeprefix("CUIT ") if names else ""
    if cuit != registered.cuit:
        raise Fault("ns1:coe.notAuthorized", "Computador no autorizado a acceder al servicio")
    return cuit


def _service(content: bytes) -> str:
    """Return the service that a request asks for. Raises: Fault: it is incomplete, or of another time."""
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
        begin = datetime.fromisoformat(root.findtext("header/generationTime"))
        end = datetime.fromisoformat(root.findtext("header/expirationTime"))
        unique, service = int(root.findtext("header/uniqueId")), root.findtext("service")
    except (etree.XMLSyntaxError, TypeError, ValueError) as error:
        raise Fault("ns1:xml.bad", "No se ha podido interpretar el XML contra el SCHEMA") from error
    if root.tag != "loginTicketRequest" or root.get("version") != "1.0" or not 0 <= unique < 2**32:
        raise Fault("ns1:xml.version.notSupported", "La versión del documento no es soportada")
    if begin.tzinfo is None or end.tzinfo is None or not begin <= datetime.now(tz=UTC) <= end:
        raise Fault("ns1:xml.expirationTime.expired", "El tiempo de expiracion es inferior a la hora actual")
    if end - begin > SKEW:
        raise Fault("ns1:xml.expirationTime.invalid", "El tiempo de expiracion es mayor al permitido")
    if service != "wsfe":
        raise Fault("ns1:wsn.notFound", "Servicio al que se desea acceder inexistente")
    return str(service)


def _valid(sandbox: Sandbox, cuit: str, service: str) -> bool:
    found = sandbox.store.find(TICKET, parent=cuit, ref=service)
    return any(ticket.body["until"] > time.time() + sandbox.clock.offset for ticket in found)


def _ticket(sandbox: Sandbox, cuit: str, service: str) -> Response:
    token, sign = secrets.token_urlsafe(48), secrets.token_urlsafe(32)
    until = datetime.now(tz=UTC) + VALID
    sandbox.store.add(
        Record(TICKET, token, {"sign": sign, "until": until.timestamp()}, parent=cuit, ref=service)
    )
    ticket = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?><loginTicketResponse version="1.0"><header>'
        + soap.tags(
            source="CN=wsaahomo, O=AFIP, C=AR",
            destination=f"SERIALNUMBER=CUIT {cuit}",
            uniqueId=secrets.randbits(32),
            generationTime=datetime.now(tz=UTC).isoformat(timespec="milliseconds"),
            expirationTime=until.isoformat(timespec="milliseconds"),
        )
        + "</header><credentials>"
        + soap.tags(token=token, sign=sign)
        + "</credentials></loginTicketResponse>"
    )
    body = f'<loginCmsResponse xmlns="{NAMESPACE}"><loginCmsReturn>{escape(ticket)}</loginCmsReturn></loginCmsResponse>'
    return soap.answer(body)


def is_signed_in(sandbox: Sandbox, token: str, sign: str, cuit: str) -> bool:
    """Say whether a ticket is one of ours, of this taxpayer, and still valid."""
    ticket = sandbox.store.get(TICKET, token)
    return (
        ticket is not None
        and ticket.body["sign"] == sign
        and ticket.parent == cuit
        and bool(ticket.body["until"] > time.time() + sandbox.clock.offset)
    )
