"""WSFEv1: the last number, a document's CAE, and what was issued under a number; each series has its own numbers."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from lxml import etree

from shop.sandbox import calls
from shop.sandbox.arca import options, rules, soap, wsaa
from shop.sandbox.arca.soap import FEV1, Fault
from shop.sandbox.engine import Sandbox
from shop.sandbox.router import Request, Response
from shop.sandbox.store import JsonDict, Record

DOCUMENT = "arca.document"
CODES = {
    "500": "Error interno de aplicación",
    "501": "Error interno de base de datos",
    "502": "Transacción activa",
}


@cache
def schema() -> Any:
    """Return the schema of the requests."""
    return etree.XMLSchema(etree.parse(Path(__file__).with_name("wsfe.xsd")))


def serve(sandbox: Sandbox, request: Request) -> Response:
    """Answer an operation, under the armed faults."""
    try:
        call = soap.body_of(request.body)
    except Fault as fault:
        return fault.response()
    operation = call.tag.rpartition("}")[2]

    def run() -> Response:
        try:
            return _run(sandbox, operation, call)
        except Fault as fault:
            return fault.response()

    return calls.answer(sandbox, options.CODE, request, (operation,), run)


def _run(sandbox: Sandbox, operation: str, call: Any) -> Response:
    if not schema().validate(call):
        # As the service answers a wrong order: without saying what.
        raise Fault(
            "soap:Client", f"Server was unable to read request. ({schema().error_log.last_error.message})"
        )
    auth = rules.by_name(call.find(f"{{{FEV1}}}Auth"))
    registered = options.of(sandbox.config)
    if not wsaa.is_signed_in(sandbox, auth["Token"], auth["Sign"], auth["Cuit"]):
        return _result(
            operation, _errors(("600", "ValidacionDeToken: No aparecio CUIT en lista de relaciones"))
        )
    if auth["Cuit"] != registered.cuit:
        return _result(operation, _errors(("601", "CUIT representada no incluida en Token")))
    failing = sandbox.faults.take("arca_internal", options.CODE, targets=(operation,))
    if failing and not failing["effect"]:
        return _result(operation, _errors(_internal(failing)))
    answer = {"FECAESolicitar": _authorise, "FECompUltimoAutorizado": _last, "FECompConsultar": _consult}[
        operation
    ]
    body = answer(sandbox, call)
    if failing:
        return _result(operation, _errors(_internal(failing)))
    if event := sandbox.faults.take("arca_event", options.CODE, targets=(operation,)):
        body += f"<Events><Evt>{soap.tags(Code=event['code'], Msg=event['msg'])}</Evt></Events>"
    return _result(operation, body)


def _internal(fault: JsonDict) -> tuple[str, str]:
    return str(fault["code"]), CODES.get(str(fault["code"]), "Error interno")


def _result(operation: str, body: str) -> Response:
    result = f"<{operation}Result>{body}</{operation}Result>"
    return soap.answer(f'<{operation}Response xmlns="{FEV1}">{result}</{operation}Response>')


def _errors(*found: tuple[str, str]) -> str:
    return "<Errors>" + "".join(f"<Err>{soap.tags(Code=c, Msg=m)}</Err>" for c, m in found) + "</Errors>"


# -- Numbers -----------------------------------------------------------------------------------------------------------


def key_of(point: int, kind: int, number: int) -> str:
    """Return the key of a document."""
    return f"{point}-{kind}-{number}"


def _newest(sandbox: Sandbox, point: int, kind: int) -> Record | None:
    found = sandbox.store.find(DOCUMENT, parent=f"{point}-{kind}")
    return max(found, key=lambda record: int(record.body["CbteDesde"]), default=None)


def _last(sandbox: Sandbox, call: Any) -> str:
    asked = rules.by_name(call)
    point, kind = int(asked["PtoVta"]), int(asked["CbteTipo"])
    if point not in options.of(sandbox.config).points_of_sale:
        return _errors(("11002", "El punto de venta no se encuentra habilitado a usar en el presente ws"))
    newest = _newest(sandbox, point, kind)
    return soap.tags(
        PtoVta=point, CbteTipo=kind, CbteNro=newest.body["CbteDesde"] if newest is not None else 0
    )


def _consult(sandbox: Sandbox, call: Any) -> str:
    asked = rules.by_name(call.find(f"{{{FEV1}}}FeCompConsReq"))
    key = key_of(int(asked["PtoVta"]), int(asked["CbteTipo"]), int(asked["CbteNro"]))
    record = sandbox.store.get(DOCUMENT, key)
    if record is None:
        return _errors(("602", "No existen datos en nuestros registros para los parametros ingresados."))
    shown = {name: value for name, value in record.body.items() if name not in {"CAE", "CAEFchVto"}}
    facts = soap.tags(**shown) + soap.tags(
        Resultado="A",
        CodAutorizacion=record.body["CAE"],
        EmisionTipo="CAE",
        FchVto=record.body["CAEFchVto"],
    )
    return f"<ResultGet>{facts}</ResultGet>"


# -- Documents ---------------------------------------------------------------------------------------------------------


def _authorise(sandbox: Sandbox, call: Any) -> str:
    asked = call.find(f"{{{FEV1}}}FeCAEReq")
    header = rules.by_name(asked.find(f"{{{FEV1}}}FeCabReq"))
    details = asked.findall(f"{{{FEV1}}}FeDetReq/{{{FEV1}}}FECAEDetRequest")
    point, kind = int(header["PtoVta"]), int(header["CbteTipo"])
    if kind not in rules.CLASS or point not in options.of(sandbox.config).points_of_sale:
        return _errors(("11002", "El punto de venta no se encuentra habilitado a usar en el presente ws"))
    if len(details) != 1 or header["CantReg"] != "1":
        return _errors(("10002", "Este simulador autoriza de a un comprobante"))
    detail = details[0]
    fields = rules.by_name(detail)
    with sandbox.store.transaction():
        if sandbox.faults.take("arca_number_taken", options.CODE, targets=("FECAESolicitar",)):
            _of_somebody_else(sandbox, point, kind, fields)
        observations = list(_wrong(sandbox, point, kind, detail, fields))
        if refused := sandbox.faults.take("arca_rejected", options.CODE, targets=("FECAESolicitar",)):
            observations.append((str(refused["code"]), str(refused["msg"])))
        result, issued = "R", None
        if not observations:
            result, issued = "A", _issue(sandbox, point, kind, fields)
            if seen := sandbox.faults.take("arca_observed", options.CODE, targets=("FECAESolicitar",)):
                observations.append((str(seen["code"]), str(seen["msg"])))
    head = soap.tags(
        Cuit=options.of(sandbox.config).cuit,
        PtoVta=point,
        CbteTipo=kind,
        FchProceso=f"{datetime.now(tz=rules.ZONE):%Y%m%d%H%M%S}",
        CantReg=1,
        Resultado=result,
        Reproceso="N",
    )
    facts = {
        name: fields[name] for name in ("Concepto", "DocTipo", "DocNro", "CbteDesde", "CbteHasta", "CbteFch")
    }
    seen_words = "".join(f"<Obs>{soap.tags(Code=c, Msg=m)}</Obs>" for c, m in observations)
    row = soap.tags(**facts, Resultado=result) + (
        f"<Observaciones>{seen_words}</Observaciones>" if observations else ""
    )
    row += soap.tags(CAE=issued.body["CAE"], CAEFchVto=issued.body["CAEFchVto"]) if issued else ""
    return f"<FeCabResp>{head}</FeCabResp><FeDetResp><FECAEDetResponse>{row}</FECAEDetResponse></FeDetResp>"


def _wrong(
    sandbox: Sandbox, point: int, kind: int, detail: Any, fields: dict[str, str]
) -> list[rules.Observation]:
    newest = _newest(sandbox, point, kind)
    last = int(newest.body["CbteDesde"]) if newest is not None else 0
    found: list[rules.Observation] = []
    is_next = int(fields["CbteDesde"]) == last + 1 and fields["CbteHasta"] == fields["CbteDesde"]
    is_back = newest is not None and rules.is_before(fields.get("CbteFch", ""), newest.body["CbteFch"])
    if not is_next or is_back:
        found.append(
            ("10016", "El numero o fecha del comprobante no se corresponde con el proximo a autorizar.")
        )
    rates = [rules.by_name(row) for row in detail.iterfind(f"{{{FEV1}}}Iva/{{{FEV1}}}AlicIva")]
    related = []
    for row in detail.iterfind(f"{{{FEV1}}}CbtesAsoc/{{{FEV1}}}CbteAsoc"):
        one = rules.by_name(row)
        related.append(
            sandbox.store.get(DOCUMENT, key_of(int(one["PtoVta"]), int(one["Tipo"]), int(one["Nro"])))
        )
    condition = options.of(sandbox.config).condition
    return [*found, *rules.check(kind, fields, rates, related, condition)]


def _issue(sandbox: Sandbox, point: int, kind: int, fields: dict[str, str]) -> Record:
    number = int(fields["CbteDesde"])
    until = datetime.now(tz=rules.ZONE) + timedelta(days=10)
    body: JsonDict = {
        **fields,
        "PtoVta": point,
        "CbteTipo": kind,
        "CAE": f"7{sandbox.store.next_number('arca.cae'):013d}",
        "CAEFchVto": f"{until:%Y%m%d}",
    }
    return sandbox.store.add(
        Record(DOCUMENT, key_of(point, kind, number), body, parent=f"{point}-{kind}", status="A")
    )


def _of_somebody_else(sandbox: Sandbox, point: int, kind: int, fields: dict[str, str]) -> None:
    """Issue another document under the number that is being asked for."""
    other = {
        **fields,
        "DocTipo": "99",
        "DocNro": "0",
        "ImpTotal": "1.21",
        "ImpNeto": "1.00",
        "ImpIVA": "0.21",
    }
    _issue(sandbox, point, kind, other)


def issue_elsewhere(sandbox: Sandbox, point: int, kind: int) -> Record:
    """Issue the next document of a series as another program of the same taxpayer would."""
    with sandbox.store.transaction():
        newest = _newest(sandbox, point, kind)
        number = int(newest.body["CbteDesde"]) + 1 if newest is not None else 1
        fields = {
            "Concepto": "1",
            "DocTipo": "99",
            "DocNro": "0",
            "CbteDesde": str(number),
            "CbteHasta": str(number),
            "CbteFch": f"{datetime.now(tz=rules.ZONE):%Y%m%d}",
            "ImpTotal": "1.21",
            "ImpTotConc": "0.00",
            "ImpNeto": "1.00",
            "ImpOpEx": "0.00",
            "ImpTrib": "0.00",
            "ImpIVA": "0.21",
            "MonId": "PES",
            "MonCotiz": "1",
            "CondicionIVAReceptorId": "5",
        }
        return _issue(sandbox, point, kind, fields)
