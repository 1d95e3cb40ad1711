"""Requests as a shop would send them."""

from __future__ import annotations

import time
import warnings
from typing import Any
from urllib.parse import parse_qs, urlsplit

import mercadopago
import requests
import stripe

from shop.sandbox.mercadopago.dates import mp_date
from shop.sandbox.server import Handle


def preference_body(shop_url: str, **changes: Any) -> dict[str, Any]:
    now = time.time()
    body: dict[str, Any] = {
        "items": [
            {
                "id": "REM-NEG-M",
                "title": "Remera básica negra M",
                "quantity": 2,
                "currency_id": "ARS",
                "unit_price": 12500.5,
            }
        ],
        "payer": {"name": "Ana", "surname": "Pérez", "email": "ana@example.com"},
        "back_urls": dict.fromkeys(("success", "pending", "failure"), f"{shop_url}/return/?a=1"),
        "auto_return": "approved",
        "shipments": {"mode": "not_specified", "cost": 1500.0},
        "payment_methods": {"installments": 6, "excluded_payment_types": [{"id": "atm"}]},
        "external_reference": "attempt-1",
        "notification_url": f"{shop_url}/payments/webhook/mercadopago/?source_news=webhooks",
        "statement_descriptor": "PERCHA",
        "expires": True,
        "expiration_date_from": mp_date(now),
        "expiration_date_to": mp_date(now + 3600),
        "metadata": {"attempt": "1"},
    }
    return {name: value for name, value in {**body, **changes}.items() if value is not None}


def create_preference(mp: mercadopago.SDK, body: dict[str, Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        return mp.preference().create(body)


def new_preference(mp: mercadopago.SDK, shop_url: str, **changes: Any) -> dict[str, Any]:
    answer = create_preference(mp, preference_body(shop_url, **changes))
    assert answer["status"] == 201, answer["response"]
    created: dict[str, Any] = answer["response"]
    return created


def mp_submit(handle: Handle, preference: dict[str, Any], **form: str) -> requests.Response:
    url = f"{handle.base_url}/mp/checkout/v1/pay?pref_id={preference['id']}"
    return requests.post(url, data=form, allow_redirects=False, timeout=60)


def payments_of(mp: mercadopago.SDK, reference: str = "attempt-1") -> list[dict[str, Any]]:
    filters = {"external_reference": reference, "sort": "date_created", "criteria": "desc"}
    answer = mp.payment().search(filters)
    assert answer["status"] == 200, answer["response"]
    found: list[dict[str, Any]] = answer["response"]["results"]
    return found


def mp_pay(handle: Handle, mp: mercadopago.SDK, preference: dict[str, Any], **form: str) -> dict[str, Any]:
    mp_submit(handle, preference, **{"action": "pay", "method": "visa", "installments": "1", **form})
    return max(payments_of(mp, preference["external_reference"]), key=lambda payment: payment["id"])


def location(response: requests.Response) -> tuple[str, dict[str, str]]:
    """Return a redirect's URL (without query) and its parameters."""
    assert response.status_code == 303, response.text
    parts = urlsplit(response.headers["Location"])
    query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    return f"{parts.scheme}://{parts.netloc}{parts.path}", query


def session_params(shop_url: str, **changes: Any) -> dict[str, Any]:
    price = {"currency": "mxn", "unit_amount": 62525, "product_data": {"name": "Remera básica negra M"}}
    shipping = {"currency": "mxn", "unit_amount": 10000, "product_data": {"name": "Envío"}}
    params: dict[str, Any] = {
        "mode": "payment",
        "line_items": [{"quantity": 2, "price_data": price}, {"quantity": 1, "price_data": shipping}],
        "success_url": f"{shop_url}/return/?session_id={{CHECKOUT_SESSION_ID}}",
        "cancel_url": f"{shop_url}/cancel/",
        "client_reference_id": "attempt-1",
        "customer_email": "ana@example.com",
        "locale": "es",
        "expires_at": int(time.time()) + 3600,
        "metadata": {"attempt": "1"},
        "payment_intent_data": {"metadata": {"attempt": "1"}, "description": "Pedido 1"},
        "adaptive_pricing": {"enabled": False},
        "payment_method_options": {"oxxo": {"expires_after_days": 3}},
    }
    return {name: value for name, value in {**params, **changes}.items() if value is not None}


def new_session(client: stripe.StripeClient, shop_url: str, **changes: Any) -> Any:
    return client.v1.checkout.sessions.create(session_params(shop_url, **changes))  # type: ignore[arg-type]


def stripe_submit(session: Any, **form: str) -> requests.Response:
    return requests.post(session.url, data={"action": "pay", **form}, allow_redirects=False, timeout=60)


def paid_session(client: stripe.StripeClient, shop_url: str, **changes: Any) -> Any:
    session = new_session(client, shop_url, **changes)
    assert stripe_submit(session, method="card").status_code == 303
    return client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
