"""Conekta's HTTP API under ``/conekta``."""

from __future__ import annotations

import hmac
from collections.abc import Callable

from shop.sandbox import calls
from shop.sandbox.conekta import charges, keys, options, orders
from shop.sandbox.conekta.errors import ApiError, not_found, unauthorized
from shop.sandbox.engine import Sandbox
from shop.sandbox.router import Request, Response, Router
from shop.sandbox.store import JsonDict

Call = Callable[..., Response]


def routes(router: Router) -> None:
    """Register the API."""
    for method, template, call in (
        ("POST", "/conekta/orders", create_order),
        ("GET", "/conekta/orders", list_orders),
        ("GET", "/conekta/orders/{order_id}", get_order),
        ("POST", "/conekta/orders/{order_id}/cancel", cancel_order),
        ("POST", "/conekta/orders/{order_id}/refunds", refund_order),
        ("GET", "/conekta/webhook_keys", list_keys),
    ):
        router.add(method, template, guarded(call))


def guarded(call: Call) -> Call:
    """Wrap an endpoint: key, media type, armed faults, errors in Conekta's shape."""

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
        return calls.answer(sandbox, options.CODE, request, targets, run)

    return answer


def _references(request: Request) -> tuple[str, ...]:
    """Return the shop's reference in the metadata, so that a fault may name an order before it exists."""
    try:
        body = request.json()
    except ValueError:
        return ()
    metadata = body.get("metadata") if isinstance(body, dict) else None
    return tuple(str(value) for value in metadata.values()) if isinstance(metadata, dict) else ()


def _body(request: Request) -> object:
    try:
        return request.json()
    except ValueError as error:
        raise ApiError(422, "parameter_validation.body", "invalid json body") from error


def create_order(sandbox: Sandbox, request: Request) -> Response:
    """``POST /orders``: 200, the only success that the SDK knows."""
    return Response.of_json(orders.create(sandbox, _body(request)).body)


def list_orders(sandbox: Sandbox, request: Request) -> Response:
    """``GET /orders``."""
    return Response.of_json(orders.listing(sandbox, request.query))


def get_order(sandbox: Sandbox, request: Request, order_id: str) -> Response:
    """``GET /orders/{order_id}``; an armed ``not_found`` hides the order."""
    order = orders.fetch(sandbox, order_id)
    if sandbox.faults.take("not_found", options.CODE, targets=calls.targets_of(sandbox, request)):
        raise not_found(order_id)
    return Response.of_json(order.body)


def cancel_order(sandbox: Sandbox, request: Request, order_id: str) -> Response:
    """``POST /orders/{order_id}/cancel``."""
    return Response.of_json(orders.cancel(sandbox, order_id).body)


def refund_order(sandbox: Sandbox, request: Request, order_id: str) -> Response:
    """``POST /orders/{order_id}/refunds``: answers the whole order."""
    return Response.of_json(charges.refund(sandbox, order_id, _body(request)).body)


def list_keys(sandbox: Sandbox, request: Request) -> Response:
    """``GET /webhook_keys``."""
    key: JsonDict = {
        "id": "62730ba6fb7dfd6a712f118e",
        "object": "webhook_key",
        "active": True,
        "livemode": options.of(sandbox.config).livemode,
        "public_key": keys.public_pem(),
    }
    return Response.of_json({"object": "list", "has_more": False, "data": [key]})
