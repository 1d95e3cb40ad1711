"""Mercado Pago's HTTP API under ``/mp``."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from shop.sandbox import calls
from shop.sandbox.engine import Sandbox
from shop.sandbox.mercadopago import chargebacks, methods, options, orders, payments, preferences, refunds
from shop.sandbox.mercadopago.errors import ApiError, not_found, unauthorized, unknown
from shop.sandbox.router import Request, Response, Router
from shop.sandbox.store import JsonDict

Call = Callable[..., Response]


def routes(router: Router) -> None:
    """Register the API."""
    table: tuple[tuple[str, str, Call], ...] = (
        ("POST", "/mp/checkout/preferences", create_preference),
        ("GET", "/mp/checkout/preferences/search", search_preferences),
        ("GET", "/mp/checkout/preferences/{preference_id}", get_preference),
        ("PUT", "/mp/checkout/preferences/{preference_id}", update_preference),
        ("GET", "/mp/v1/payments/search", search_payments),
        ("GET", "/mp/v1/payments/{payment_id}", get_payment),
        ("PUT", "/mp/v1/payments/{payment_id}", update_payment),
        ("POST", "/mp/v1/payments/{payment_id}/refunds", create_refund),
        ("GET", "/mp/v1/payments/{payment_id}/refunds", list_refunds),
        ("GET", "/mp/v1/payments/{payment_id}/refunds/{refund_id}", get_refund),
        ("GET", "/mp/merchant_orders/search", search_orders),
        ("GET", "/mp/merchant_orders", search_orders),
        ("GET", "/mp/merchant_orders/{order_id}", get_order),
        ("GET", "/mp/v1/chargebacks/search", search_chargebacks),
        ("GET", "/mp/v1/chargebacks/{chargeback_id}", get_chargeback),
        ("GET", "/mp/v1/payment_methods", list_methods),
    )
    for method, template, call in table:
        router.add(method, template, guarded(call))


def refuse_unknown(sandbox: Sandbox, request: Request, allowed: list[str]) -> Response:
    """Answer what the API has no route for."""
    response = unknown(allowed)
    response.headers["x-request-id"] = sandbox.ids.uuid()
    return response


def guarded(call: Call) -> Call:
    """Wrap an endpoint: access token, armed faults, errors in Mercado Pago's shape."""

    def answer(sandbox: Sandbox, request: Request, **places: str) -> Response:
        given = request.headers.get("authorization", "")
        known = f"Bearer {options.of(sandbox.config).access_token}"
        if not hmac.compare_digest(given.encode(), known.encode()):
            return unauthorized()

        def run() -> Response:
            try:
                return call(sandbox, request, **places)
            except ApiError as error:
                return error.response()

        targets = calls.targets_of(sandbox, request, _references(request))
        response = calls.answer(sandbox, options.CODE, request, targets, run)
        response.headers.setdefault("x-request-id", sandbox.ids.uuid())
        return response

    return answer


def _references(request: Request) -> list[object]:
    """Return the shop's reference, so that a fault may name a payment before it exists."""
    try:
        body = request.json()
    except ValueError:
        body = None
    given: JsonDict = body if isinstance(body, dict) else {}
    return [given.get("external_reference") or request.query.get("external_reference")]


def _body(request: Request) -> object:
    try:
        return request.json()
    except ValueError as error:
        raise ApiError(400, "bad_request", "invalid json body", "bad_request") from error


def _window(request: Request) -> tuple[int, int]:
    """Return (limit, offset) of a search; more than 100 rows, or beyond 10,000, is refused (code 1000)."""
    limit, offset = request.query.get("limit", "30"), request.query.get("offset", "0")
    if not limit.isdecimal() or not offset.isdecimal():
        raise ApiError(400, "bad_request", "limit and offset must be numbers", 1000)
    if int(limit) > 100 or int(limit) + int(offset) > 10_000:
        raise ApiError(400, "bad_request", "Number of rows exceeded", 1000)
    return int(limit), int(offset)


def create_preference(sandbox: Sandbox, request: Request) -> Response:
    """``POST /checkout/preferences``."""
    return Response.of_json(preferences.create(sandbox, _body(request)).body, 201)


def get_preference(sandbox: Sandbox, request: Request, preference_id: str) -> Response:
    """``GET /checkout/preferences/{preference_id}``."""
    return Response.of_json(preferences.fetch(sandbox, preference_id).body)


def update_preference(sandbox: Sandbox, request: Request, preference_id: str) -> Response:
    """``PUT /checkout/preferences/{preference_id}``."""
    return Response.of_json(preferences.update(sandbox, preference_id, _body(request)).body)


def search_preferences(sandbox: Sandbox, request: Request) -> Response:
    """``GET /checkout/preferences/search``."""
    return Response.of_json(preferences.search(sandbox, request.query, *_window(request)))


def get_payment(sandbox: Sandbox, request: Request, payment_id: str) -> Response:
    """``GET /v1/payments/{payment_id}``; an armed ``not_found`` hides the payment."""
    payment = payments.fetch(sandbox, payment_id)
    targets = calls.targets_of(sandbox, request, _references(request))
    if sandbox.faults.take("not_found", options.CODE, targets=targets):
        raise not_found()
    return Response.of_json(payment.body)


def update_payment(sandbox: Sandbox, request: Request, payment_id: str) -> Response:
    """``PUT /v1/payments/{payment_id}``: cancel."""
    return Response.of_json(payments.update(sandbox, payment_id, _body(request)).body)


def search_payments(sandbox: Sandbox, request: Request) -> Response:
    """``GET /v1/payments/search``."""
    return Response.of_json(payments.search(sandbox, request.query, *_window(request)))


def create_refund(sandbox: Sandbox, request: Request, payment_id: str) -> Response:
    """``POST /v1/payments/{payment_id}/refunds``: the key is mandatory, and repeating it answers 200 with no body."""
    key = request.headers.get("x-idempotency-key", "")
    if not 1 <= len(key) <= 64:
        raise ApiError(400, "bad_request", "Header X-Idempotency-Key can't be null", 4292)
    with sandbox.store.transaction():
        name = f"{payment_id}:{key}"
        seen = sandbox.store.rows(
            "SELECT 1 FROM idempotency WHERE provider = ? AND key = ?", options.CODE, name
        )
        if seen:
            return Response(200)
        refund = refunds.create(sandbox, payment_id, _body(request))
        sandbox.store.run(
            "INSERT INTO idempotency (provider, key, fingerprint, state, created_at) VALUES (?, ?, '', 'done', ?)",
            *(options.CODE, name, sandbox.clock.now()),
        )
    return Response.of_json(refund.body, 201)


def list_refunds(sandbox: Sandbox, request: Request, payment_id: str) -> Response:
    """``GET /v1/payments/{payment_id}/refunds``."""
    payment = payments.fetch(sandbox, payment_id)
    found = sandbox.store.find(refunds.KIND, parent=payment.id)
    return Response.of_json([refund.body for refund in reversed(found)])


def get_refund(sandbox: Sandbox, request: Request, payment_id: str, refund_id: str) -> Response:
    """``GET /v1/payments/{payment_id}/refunds/{refund_id}``."""
    return Response.of_json(refunds.fetch(sandbox, payment_id, refund_id).body)


def get_order(sandbox: Sandbox, request: Request, order_id: str) -> Response:
    """``GET /merchant_orders/{order_id}``."""
    return Response.of_json(orders.fetch(sandbox, order_id))


def search_orders(sandbox: Sandbox, request: Request) -> Response:
    """``GET /merchant_orders/search``."""
    return Response.of_json(orders.search(sandbox, request.query, *_window(request)))


def get_chargeback(sandbox: Sandbox, request: Request, chargeback_id: str) -> Response:
    """``GET /v1/chargebacks/{chargeback_id}``."""
    return Response.of_json(chargebacks.fetch(sandbox, chargeback_id).body)


def search_chargebacks(sandbox: Sandbox, request: Request) -> Response:
    """``GET /v1/chargebacks/search?payment_id=``."""
    limit, offset = _window(request)
    found = sandbox.store.find(chargebacks.KIND, parent=request.query.get("payment_id") or None)
    paging = {"total": len(found), "limit": limit, "offset": offset}
    page = [record.body for record in found[offset : offset + limit]]
    return Response.of_json({"paging": paging, "results": page})


def list_methods(sandbox: Sandbox, request: Request) -> Response:
    """``GET /v1/payment_methods``."""
    return Response.of_json(methods.catalogue(options.of(sandbox.config).site))
