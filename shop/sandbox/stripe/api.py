"""Stripe's HTTP API under ``/stripe/v1``."""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Callable
from fnmatch import fnmatchcase

from shop.sandbox import calls
from shop.sandbox.engine import Sandbox
from shop.sandbox.router import Request, Response, Router
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.stripe import disputes, events, intents, listing, options, refunds, sessions
from shop.sandbox.stripe.errors import VERSION, ApiError, missing, unrecognized
from shop.sandbox.stripe.forms import checked, decode
from shop.sandbox.stripe.idempotency import run_once

REFERENCES = ("client_reference_id", "payment_intent")
Call = Callable[..., JsonDict]


def routes(router: Router) -> None:
    """Register the API. The second column is the operation in the specification that checks the parameters."""
    table: tuple[tuple[str, str, Call], ...] = (
        ("POST", "/v1/checkout/sessions", create_session),
        ("GET", "/v1/checkout/sessions", list_sessions),
        ("GET", "/v1/checkout/sessions/{session}", get_session),
        ("POST", "/v1/checkout/sessions/{session}", update_session),
        ("POST", "/v1/checkout/sessions/{session}/expire", expire_session),
        ("GET", "/v1/checkout/sessions/{session}/line_items", list_lines),
        ("POST", "/v1/payment_intents", create_intent),
        ("GET", "/v1/payment_intents", list_intents),
        ("GET", "/v1/payment_intents/search", search_intents),
        ("GET", "/v1/payment_intents/{intent}", get_intent),
        ("POST", "/v1/payment_intents/{intent}/cancel", cancel_intent),
        ("POST", "/v1/payment_intents/{intent}/confirm", confirm_intent),
        ("POST", "/v1/refunds", create_refund),
        ("GET", "/v1/refunds", list_refunds),
        ("GET", "/v1/refunds/{refund}", get_refund),
        ("GET", "/v1/charges", list_charges),
        ("GET", "/v1/charges/{charge}", get_charge),
        ("GET", "/v1/disputes", list_disputes),
        ("GET", "/v1/disputes/{dispute}", get_dispute),
        ("POST", "/v1/disputes/{dispute}", update_dispute),
        ("GET", "/v1/events", list_events),
        ("GET", "/v1/events/{event}", get_event),
    )
    for method, template, call in table:
        router.add(method, "/stripe" + template, guarded(f"{method} {template}", call))


def unknown(sandbox: Sandbox, request: Request, _allowed: list[str]) -> Response:
    """Answer an address or a method that does not exist, also the empty id, which the SDKs do not guard against."""
    try:
        authenticate(sandbox, request)
        error = unrecognized(request.method, request.path.removeprefix("/stripe"))
    except ApiError as refused:
        error = refused
    response = error.response()
    response.headers["Request-Id"] = sandbox.ids.token("req_", 14)
    response.headers["Stripe-Version"] = request.headers.get("stripe-version", VERSION)
    return response


def guarded(operation: str, call: Call) -> Callable[..., Response]:
    """Wrap an endpoint: secret key, parameters, armed faults, idempotency, headers, errors in Stripe's shape."""

    def answer(sandbox: Sandbox, request: Request, **places: str) -> Response:
        try:
            response = attempt(sandbox, request, places)
        except ApiError as error:
            response = error.response()
        response.headers.setdefault("Request-Id", sandbox.ids.token("req_", 14))
        response.headers.setdefault("Stripe-Version", request.headers.get("stripe-version", VERSION))
        key = request.headers.get("idempotency-key")
        if key:
            response.headers.setdefault("Idempotency-Key", key)
        return response

    def attempt(sandbox: Sandbox, request: Request, places: dict[str, str]) -> Response:
        authenticate(sandbox, request)
        text = request.body.decode("utf-8", "replace") if request.method == "POST" else request.query_string
        params = decode(text)
        targets = calls.targets_of(sandbox, request, [params.get(name) for name in REFERENCES])
        refused = calls.refuse(sandbox, options.CODE, request, targets)
        if refused:
            return refused

        def execute() -> Response:
            typed = checked(operation, "body" if request.method == "POST" else "query", params)
            return calls.crash(sandbox, options.CODE, request, targets, lambda: perform(typed))

        def perform(typed: JsonDict) -> Response:
            return Response.of_json(call(sandbox, typed, **places))

        response = run_once(sandbox, request, params, execute) if request.method == "POST" else execute()
        return calls.hang_up(sandbox, options.CODE, request, targets, response)

    return answer


def authenticate(sandbox: Sandbox, request: Request) -> None:
    """Accept the secret key as Bearer token or as the user name of Basic authentication.

    Raises:
        ApiError: 401.
    """
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "basic":
        try:
            given = base64.b64decode(given).decode().split(":")[0]
        except (binascii.Error, UnicodeDecodeError):
            given = ""
    if not given:
        raise ApiError("You did not provide an API key.", status=401)
    if not hmac.compare_digest(given.strip().encode(), options.of(sandbox.config).secret_key.encode()):
        raise ApiError(f"Invalid API Key provided: {given[:7]}***", status=401, code="api_key_invalid")


# -- checkout sessions ------------------------------------------------------------------------------------
def _session(sandbox: Sandbox, record: Record, params: JsonDict) -> JsonDict:
    def lines(body: JsonDict) -> JsonDict:
        return listing.page(_lines(record), {"limit": 100}, f"/v1/checkout/sessions/{record.id}/line_items")

    return listing.expand(sandbox, record.body, params.get("expand") or [], lines=lines)


def _lines(session: Record) -> list[Record]:
    return [Record("st_line", line["id"], {**line, "created": 0}) for line in session.internal["lines"]]


def create_session(sandbox: Sandbox, params: JsonDict) -> JsonDict:
    """``POST /v1/checkout/sessions``."""
    return _session(sandbox, sessions.create(sandbox, params), params)


def get_session(sandbox: Sandbox, params: JsonDict, session: str) -> JsonDict:
    """``GET /v1/checkout/sessions/{session}``; an armed ``not_found`` hides it."""
    record = sessions.fetch(sandbox, session)
    if sandbox.faults.take("not_found", options.CODE, targets=sessions.targets_of(record)):
        raise missing("checkout.session", session, "session")
    return _session(sandbox, record, params)


def update_session(sandbox: Sandbox, params: JsonDict, session: str) -> JsonDict:
    """``POST /v1/checkout/sessions/{session}``."""
    return _session(sandbox, sessions.update(sandbox, session, params), params)


def expire_session(sandbox: Sandbox, params: JsonDict, session: str) -> JsonDict:
    """``POST /v1/checkout/sessions/{session}/expire``."""
    return _session(sandbox, sessions.expire(sandbox, sessions.fetch(sandbox, session)), params)


def list_sessions(sandbox: Sandbox, params: JsonDict) -> JsonDict:
    """``GET /v1/checkout/sessions``."""
    found = sandbox.store.find(sessions.KIND, status=params.get("status"))
    if params.get("payment_intent"):
        found = [r for r in found if r.body["payment_intent"] == params["payment_intent"]]
    if params.get("customer_details"):
        email = params["customer_details"].get("email")
        found = [r for r in found if (r.body["customer_details"] or {}).get("email") == email]
    page = listing.page(found, params, "/v1/checkout/sessions")
    return listing.expand(sandbox, page, params.get("expand") or [])


def list_lines(sandbox: Sandbox, params: JsonDict, session: str) -> JsonDict:
    """``GET /v1/checkout/sessions/{session}/line_items``."""
    record = sessions.fetch(sandbox, session)
    url = f"/v1/checkout/sessions/{record.id}/line_items"

    def view(line: Record) -> JsonDict:
        return {name: value for name, value in line.body.items() if name != "created"}

    return listing.page(_lines(record), params, url, view)


# -- payment intents --------------------------------------------------------------------------------------
def create_intent(sandbox: Sandbox, params: JsonDict) -> JsonDict:
    """``POST /v1/payment_intents``."""
    return listing.expand(sandbox, intents.create(sandbox, params).body, params.get("expand") or [])


def get_intent(sandbox: Sandbox, params: JsonDict, intent: str) -> JsonDict:
    """``GET /v1/payment_intents/{intent}``; an armed ``not_found`` hides it."""
    record = intents.fetch(sandbox, intent)
    if sandbox.faults.take("not_found", options.CODE, targets=intents.targets_of(record)):
        raise missing("payment_intent", intent, "intent")
    wishes = params.get("expand") or []
    return listing.expand(sandbox, record.body, wishes)


def list_intents(sandbox: Sandbox, params: JsonDict) -> JsonDict:
    """``GET /v1/payment_intents``."""
    page = listing.page(sandbox.store.find(intents.KIND), params, "/v1/payment_intents")
    return listing.expand(sandbox, page, params.get("expand") or [])


def search_intents(sandbox: Sandbox, params: JsonDict) -> JsonDict:
    """``GET /v1/payment_intents/search``; ``next_page`` is the number of rows already given."""
    found = intents.search(sandbox, params["query"])
    limit, start = params.get("limit", 10), params.get("page") or "0"
    if not start.isdecimal() or not 1 <= limit <= 100:
        raise ApiError("Invalid page or limit.", param="page")
    rest = found[int(start) :]
    data = {"data": [record.body for record in rest[:limit]]}
    data = listing.expand(sandbox, data, params.get("expand") or [])
    more = len(rest) > limit
    next_page = str(int(start) + limit) if more else None
    url = "/v1/payment_intents/search"
    return {"object": "search_result", **data, "has_more": more, "next_page": next_page, "url": url}


def cancel_intent(sandbox: Sandbox, params: JsonDict, intent: str) -> JsonDict:
    """``POST /v1/payment_intents/{intent}/cancel``."""
    record = intents.fetch(sandbox, intent)
    return intents.cancel(sandbox, record, params.get("cancellation_reason")).body


def confirm_intent(sandbox: Sandbox, params: JsonDict, intent: str) -> JsonDict:
    """``POST /v1/payment_intents/{intent}/confirm``."""
    record = intents.fetch(sandbox, intent)
    if record.parent:
        raise ApiError("This PaymentIntent belongs to a Checkout Session and is confirmed on its page.")
    record = intents.confirm(sandbox, record, params.get("payment_method"))
    return listing.expand(sandbox, record.body, params.get("expand") or [])


# -- refunds, disputes and events -----------------------------------------------------------------------------------
def create_refund(sandbox: Sandbox, params: JsonDict) -> JsonDict:
    """``POST /v1/refunds``."""
    return listing.expand(sandbox, refunds.create(sandbox, params).body, params.get("expand") or [])


def get_refund(sandbox: Sandbox, params: JsonDict, refund: str) -> JsonDict:
    """``GET /v1/refunds/{refund}``."""
    record = sandbox.store.get(refunds.KIND, refund)
    if record is None:
        raise missing("refund", refund, "refund")
    return listing.expand(sandbox, record.body, params.get("expand") or [])


def list_refunds(sandbox: Sandbox, params: JsonDict) -> JsonDict:
    """``GET /v1/refunds``."""
    found = sandbox.store.find(refunds.KIND, parent=params.get("charge"))
    if params.get("payment_intent"):
        found = [r for r in found if r.body["payment_intent"] == params["payment_intent"]]
    page = listing.page(found, params, "/v1/refunds")
    return listing.expand(sandbox, page, params.get("expand") or [])


def list_charges(sandbox: Sandbox, params: JsonDict) -> JsonDict:
    """``GET /v1/charges`` with ``payment_intent``."""
    found = sandbox.store.find(intents.CHARGE, parent=params.get("payment_intent"))
    page = listing.page(found, params, "/v1/charges")
    return listing.expand(sandbox, page, params.get("expand") or [])


def get_charge(sandbox: Sandbox, params: JsonDict, charge: str) -> JsonDict:
    """``GET /v1/charges/{charge}``."""
    record = sandbox.store.get(intents.CHARGE, charge)
    if record is None:
        raise missing("charge", charge)
    return listing.expand(sandbox, record.body, params.get("expand") or [])


def list_disputes(sandbox: Sandbox, params: JsonDict) -> JsonDict:
    """``GET /v1/disputes``."""
    page = listing.page(disputes.listed(sandbox, params), params, "/v1/disputes")
    return listing.expand(sandbox, page, params.get("expand") or [])


def get_dispute(sandbox: Sandbox, params: JsonDict, dispute: str) -> JsonDict:
    """``GET /v1/disputes/{dispute}``."""
    return listing.expand(sandbox, disputes.fetch(sandbox, dispute).body, params.get("expand") or [])


def update_dispute(sandbox: Sandbox, params: JsonDict, dispute: str) -> JsonDict:
    """``POST /v1/disputes/{dispute}``: evidence."""
    record = disputes.update(sandbox, dispute, params)
    return listing.expand(sandbox, record.body, params.get("expand") or [])


def list_events(sandbox: Sandbox, params: JsonDict) -> JsonDict:
    """``GET /v1/events`` with ``type`` (``*`` allowed), ``types`` and ``delivery_success``."""
    found = sandbox.store.find(events.KIND)
    patterns = params.get("types") or ([params["type"]] if params.get("type") else [])
    if patterns:
        found = [event for event in found if any(fnmatchcase(event.status, p) for p in patterns)]
    if "delivery_success" in params:
        wanted = params["delivery_success"]
        found = [event for event in found if events.is_delivered(sandbox, event) == wanted]
    return listing.page(found, params, "/v1/events", lambda event: events.view(sandbox, event))


def get_event(sandbox: Sandbox, params: JsonDict, event: str) -> JsonDict:
    """``GET /v1/events/{event}``."""
    record = sandbox.store.get(events.KIND, event)
    if record is None:
        raise missing("event", event)
    return events.view(sandbox, record)
