"""The unmodified Stripe SDK buys, expires, searches and refunds against the sandbox."""

from __future__ import annotations

import re
import time
from typing import Any

import jsonschema
import pytest
import requests
import stripe

from shop.sandbox.schema import read
from shop.sandbox.server import Handle
from shop.sandbox.store import JsonDict
from shop.sandbox.stripe.forms import SPECIFICATION
from shop.sandbox.tests.conftest import STRIPE_KEY, Control, Shop, stripe_sdk
from shop.sandbox.tests.factories import new_session, paid_session, stripe_submit


def check(body: JsonDict, schema: str) -> None:
    """Check an answer against the specification; OpenAPI's ``nullable`` becomes a type of JSON Schema."""
    root = _nullable({"components": read(SPECIFICATION)["components"]})
    jsonschema.Draft202012Validator({**root, "$ref": f"#/components/schemas/{schema}"}).validate(body)


def _nullable(node: Any) -> Any:
    if isinstance(node, list):
        return [_nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    copy = {name: _nullable(value) for name, value in node.items() if name != "nullable"}
    if node.get("nullable") is True:
        return {"anyOf": [{"type": "null"}, copy]}
    return copy


def test_open_session_has_the_documented_shape(box: Handle, client: stripe.StripeClient, shop: Shop) -> None:
    session = new_session(client, shop.url)
    body = session.to_dict()
    check(body, "checkout.session")
    assert re.fullmatch(r"cs_test_[A-Za-z0-9]{58}", session.id)
    assert (session.status, session.payment_status, session.payment_intent) == ("open", "unpaid", None)
    assert (session.amount_total, session.currency) == (135050, "mxn")
    assert session.url == f"{box.base_url}/stripe/pay/{session.id}"
    assert body["metadata"] == {"attempt": "1"}
    assert body["payment_method_types"] == ["card", "oxxo"]
    assert client.v1.checkout.sessions.retrieve(session.id).to_dict() == body
    lines = client.v1.checkout.sessions.line_items.list(session.id)
    assert [line.amount_total for line in lines.data] == [125050, 10000]
    line = lines.data[0].to_dict()
    line["price"]["unit_amount_decimal"] = str(
        line["price"]["unit_amount_decimal"]
    )  # the SDK makes it a Decimal
    check(line, "item")


def test_card_is_approved_and_the_shopper_returns(
    box: Handle, client: stripe.StripeClient, shop: Shop, control: Control
) -> None:
    session = new_session(client, shop.url)
    page = requests.get(session.url, timeout=60).text
    assert "1.350,50 MXN" in page
    answer = stripe_submit(session, method="card", email="ana@example.com", name="Ana Pérez")
    assert answer.headers["Location"] == f"{shop.url}/return/?session_id={session.id}"
    paid = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent.latest_charge"]})
    body = paid.to_dict()
    check(body, "checkout.session")
    intent = body["payment_intent"]
    check(intent, "payment_intent")
    check(intent["latest_charge"], "charge")
    assert (paid.status, paid.payment_status, paid.url) == ("complete", "paid", None)
    assert intent["status"] == "succeeded"
    assert intent["metadata"] == {"attempt": "1"}
    assert intent["amount_received"] == 135050
    types = [event["type"] for event in reversed(control.get("events"))]
    assert types == ["payment_intent.succeeded", "charge.succeeded", "checkout.session.completed"]


def test_paid_session_cannot_be_paid_again(box: Handle, client: stripe.StripeClient, shop: Shop) -> None:
    session = new_session(client, shop.url)
    stripe_submit(session, method="card")
    again = stripe_submit(session, method="card")
    assert again.status_code == 200
    assert "ya se completó" in again.text
    assert len(client.v1.payment_intents.list().data) == 1


def test_declined_card_leaves_the_session_open(
    client: stripe.StripeClient, shop: Shop, control: Control
) -> None:
    session = new_session(client, shop.url)
    answer = stripe_submit(session, action="decline", decline_code="insufficient_funds")
    assert answer.headers["Location"] == f"/stripe/pay/{session.id}"
    assert "fondos suficientes" in requests.get(session.url, timeout=60).text
    after = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (after.status, after.payment_status) == ("open", "unpaid")
    assert after.payment_intent.status == "requires_payment_method"  # type: ignore[union-attr]
    check(after.to_dict()["payment_intent"], "payment_intent")
    assert [event["type"] for event in control.get("events")] == ["payment_intent.payment_failed"]
    stripe_submit(session, method="card")
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_voucher_completes_unpaid_and_is_paid_days_later(
    box: Handle, client: stripe.StripeClient, shop: Shop, control: Control
) -> None:
    session = new_session(client, shop.url)
    answer = stripe_submit(session, method="oxxo")
    page = requests.get(f"{box.base_url}{answer.headers['Location']}", timeout=60).text
    assert "Paga con OXXO" in page
    assert f"{shop.url}/return/?session_id={session.id}" in page
    waiting = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    check(waiting.to_dict(), "checkout.session")
    assert (waiting.status, waiting.payment_status) == ("complete", "unpaid")
    details = waiting.to_dict()["payment_intent"]["next_action"]["oxxo_display_details"]
    assert abs(details["expires_after"] - time.time() - 3 * 86400) < 30
    control.act("stripe.pay_voucher", session.id)
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"
    assert [event["type"] for event in control.get("events")][:1] == [
        "checkout.session.async_payment_succeeded"
    ]
    intent: Any = waiting.payment_intent
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "charge_not_refundable"


def test_voucher_expires_and_late_money_still_arrives(
    client: stripe.StripeClient, shop: Shop, control: Control
) -> None:
    session = new_session(client, shop.url)
    stripe_submit(session, method="oxxo")
    control.advance(3 * 86400 + 60)
    after = client.v1.checkout.sessions.retrieve(session.id, {"expand": ["payment_intent"]})
    assert (after.status, after.payment_status) == ("complete", "unpaid")
    assert after.payment_intent.status == "requires_payment_method"  # type: ignore[union-attr]
    assert control.get("events")[0]["type"] == "checkout.session.async_payment_failed"
    control.act("stripe.pay_voucher", session.id)
    assert client.v1.checkout.sessions.retrieve(session.id).payment_status == "paid"


def test_session_expires_by_call_and_by_time(
    client: stripe.StripeClient, shop: Shop, control: Control
) -> None:
    called, timed = new_session(client, shop.url), new_session(client, shop.url)
    assert client.v1.checkout.sessions.expire(called.id).status == "expired"
    with pytest.raises(stripe.InvalidRequestError, match="status in \\['open'\\]"):
        client.v1.checkout.sessions.expire(called.id)
    control.advance(3601)
    expired = client.v1.checkout.sessions.retrieve(timed.id)
    assert (expired.status, expired.url) == ("expired", None)
    check(expired.to_dict(), "checkout.session")
    assert [event["type"] for event in control.get("events")] == ["checkout.session.expired"] * 2
    assert stripe_submit(timed, method="card").status_code == 410
    assert client.v1.payment_intents.list().data == []
    control.act("stripe.late", timed.id)
    assert client.v1.checkout.sessions.retrieve(timed.id).payment_status == "paid"


def _lines(**price: Any) -> list[dict[str, Any]]:
    data = {"currency": "mxn", "unit_amount": 5000, "product_data": {"name": "Remera"}, **price}
    return [{"quantity": 1, "price_data": {name: value for name, value in data.items() if value is not None}}]


REFUSALS: list[tuple[dict[str, Any], str | None, str]] = [
    ({"colour": "red"}, "parameter_unknown", "colour"),
    ({"line_items": [{**_lines()[0], "colour": "red"}]}, "parameter_unknown", "line_items[0][colour]"),
    ({"payment_method_types": ["card"]}, "payment_method_types_no_longer_supported", "payment_method_types"),
    ({"mode": None}, "parameter_missing", "mode"),
    ({"mode": "gift"}, None, "mode"),
    ({"line_items": None}, "parameter_missing", "line_items"),
    ({"success_url": None}, "parameter_missing", "success_url"),
    ({"success_url": "/return/"}, "url_invalid", "success_url"),
    ({"expires_at": 60}, None, "expires_at"),
    ({"expires_at": 4102444800}, None, "expires_at"),
    ({"expires_at": "soon"}, "parameter_invalid_integer", "expires_at"),
    ({"client_reference_id": "x" * 201}, None, "client_reference_id"),
    ({"customer_email": "nobody"}, "email_invalid", "customer_email"),
    ({"locale": "klingon"}, None, "locale"),
    ({"metadata": {"k" * 41: "1"}}, None, f"metadata[{'k' * 41}]"),
    ({"metadata": {"k": "v" * 501}}, None, "metadata[k]"),
    ({"metadata": {f"k{n}": "1" for n in range(51)}}, None, "metadata"),
    (
        {"line_items": _lines(unit_amount=0)},
        "parameter_invalid_integer",
        "line_items[0][price_data][unit_amount]",
    ),
    (
        {"line_items": _lines(unit_amount="10.5")},
        "parameter_invalid_integer",
        "line_items[0][price_data][unit_amount]",
    ),
    ({"line_items": _lines(unit_amount=999)}, "amount_too_small", "line_items"),
    ({"line_items": _lines(currency="MXN")}, None, "line_items[0][price_data][currency]"),
    ({"line_items": [*_lines(), *_lines(currency="brl")]}, None, "line_items"),
    (
        {"line_items": _lines(product_data={"description": "x"})},
        "parameter_missing",
        "line_items[0][price_data]",
    ),
    ({"line_items": [{"price": "price_1", "quantity": 1}]}, "resource_missing", "line_items[0][price]"),
    ({"payment_method_options": {"oxxo": {"expires_after_days": 8}}}, None, "payment_method_options[oxxo]"),
    ({"allowed_payment_method_types": ["boleto"]}, None, "allowed_payment_method_types"),
    ({"payment_intent_data": {"statement_descriptor": "PERCHA"}}, None, "payment_intent_data"),
    ({"ui_mode": "elements"}, None, "ui_mode"),
    ({"expand": ["customer"]}, None, "expand"),
]


@pytest.mark.parametrize(("changes", "code", "param"), REFUSALS)
def test_session_that_breaks_a_rule_is_refused(
    client: stripe.StripeClient, shop: Shop, changes: dict[str, Any], code: str | None, param: str
) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        new_session(client, shop.url, **changes)
    assert refused.value.http_status in (400, 404)
    assert refused.value.code == code
    assert str(refused.value.param).startswith(param)
    assert refused.value.request_id


def test_expiry_window_is_thirty_minutes_to_a_day(client: stripe.StripeClient, shop: Shop) -> None:
    now = int(time.time())
    for seconds in (31 * 60, 24 * 3600 - 5):
        assert new_session(client, shop.url, expires_at=now + seconds).status == "open"
    for seconds in (29 * 60, 24 * 3600 + 60):
        with pytest.raises(stripe.InvalidRequestError, match="expires_at"):
            new_session(client, shop.url, expires_at=now + seconds)


def test_unknown_key_is_refused(box: Handle) -> None:
    with pytest.raises(stripe.AuthenticationError) as refused:
        stripe_sdk(box, "sk_test_other").v1.events.list()
    assert refused.value.http_status == 401


def test_empty_id_is_no_list(client: stripe.StripeClient) -> None:
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.checkout.sessions.retrieve("")
    assert refused.value.http_status == 404


@pytest.mark.parametrize(
    "form",
    [
        "",
        "mode",
        "mode=payment&mode[x]=1",
        "mode[x]=1&mode=payment",
        "line_items=x&mode=payment",
        "line_items[0]=x&mode=payment",
        "line_items[a]=x&mode=payment",
        "line_items[0][quantity]=99999999999999999999&mode=payment",
        "]=1",
        "a" + "[b]" * 50 + "=1",
        "expand[0][x]=1",
        "metadata=&mode=payment",
        "%ff=%ff",
    ],
)
def test_form_that_is_no_session_is_refused(box: Handle, form: str) -> None:
    url = f"{box.base_url}/stripe/v1/checkout/sessions"
    answer = requests.post(url, data=form, auth=(STRIPE_KEY, ""), timeout=60)
    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "invalid_request_error")


def test_brackets_without_numbers_expand_too(client: stripe.StripeClient, box: Handle, shop: Shop) -> None:
    session = paid_session(client, shop.url)
    url = (
        f"{box.base_url}/stripe/v1/checkout/sessions/{session.id}?expand[]=line_items&expand[]=payment_intent"
    )
    body = requests.get(url, auth=(STRIPE_KEY, ""), timeout=60).json()
    assert body["payment_intent"]["object"] == "payment_intent"
    assert [line["quantity"] for line in body["line_items"]["data"]] == [2, 1]


def test_lists_page_forwards_and_filter(client: stripe.StripeClient, shop: Shop) -> None:
    made = [new_session(client, shop.url, client_reference_id=f"a-{n}").id for n in range(5)]
    client.v1.checkout.sessions.expire(made[0])
    first = client.v1.checkout.sessions.list({"limit": 2})
    assert ([item.id for item in first.data], first.has_more) == ([made[4], made[3]], True)
    assert first.url == "/v1/checkout/sessions"
    everything = client.v1.checkout.sessions.list({"limit": 2}).auto_paging_iter()
    assert [item.id for item in everything] == made[::-1]
    backwards = client.v1.checkout.sessions.list({"limit": 2, "ending_before": made[1]})
    assert [item.id for item in backwards.data] == [made[3], made[2]]
    assert [item.id for item in client.v1.checkout.sessions.list({"status": "expired"}).data] == [made[0]]
    later = {"created": {"gte": int(time.time()) + 60}}
    assert client.v1.checkout.sessions.list(later).data == []  # type: ignore[arg-type]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.checkout.sessions.list({"limit": 101})


def test_intents_are_found_by_metadata_and_session(client: stripe.StripeClient, shop: Shop) -> None:
    session = paid_session(client, shop.url)
    found = client.v1.payment_intents.search({"query": "metadata['attempt']:'1' AND status:'succeeded'"})
    assert [intent.id for intent in found.data] == [session.payment_intent.id]
    assert found.next_page is None
    assert client.v1.payment_intents.search({"query": "metadata['attempt']:'2'"}).data == []
    listed = client.v1.checkout.sessions.list({"payment_intent": session.payment_intent.id})
    assert [item.id for item in listed.data] == [session.id]
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.search({"query": "colour is red"})


def test_refunds_are_partial_then_full(client: stripe.StripeClient, shop: Shop, control: Control) -> None:
    intent = paid_session(client, shop.url).payment_intent
    first = client.v1.refunds.create(
        {"payment_intent": intent.id, "amount": 35050, "metadata": {"refund": "RF-1"}}
    )
    check(first.to_dict(), "refund")
    assert (first.status, first.amount, first.charge) == ("succeeded", 35050, intent.latest_charge.id)
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent.id, "amount": 100001})
    assert refused.value.code == "amount_too_large"
    assert client.v1.refunds.create({"payment_intent": intent.id}).amount == 100000
    with pytest.raises(stripe.InvalidRequestError) as again:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert again.value.code == "charge_already_refunded"
    assert [refund.amount for refund in client.v1.refunds.list({"payment_intent": intent.id}).data] == [
        100000,
        35050,
    ]
    assert client.v1.refunds.retrieve(first.id).to_dict()["metadata"] == {"refund": "RF-1"}
    charge = control.get("charges")[0]
    assert (charge["amount_refunded"], charge["refunded"]) == (135050, True)
    types = [event["type"] for event in control.get("events")][:2]
    assert types == ["charge.refunded", "refund.created"]


def test_dispute_stops_refunds_until_it_is_decided(
    client: stripe.StripeClient, shop: Shop, control: Control
) -> None:
    intent = paid_session(client, shop.url).payment_intent
    dispute = control.act("stripe.dispute", intent.id)
    check(dispute, "dispute")
    with pytest.raises(stripe.InvalidRequestError) as refused:
        client.v1.refunds.create({"payment_intent": intent.id})
    assert refused.value.code == "refund_disputed_payment"
    assert control.act("stripe.dispute_win", intent.id)["status"] == "won"
    types = [event["type"] for event in control.get("events")][:4]
    assert types == [
        "charge.dispute.funds_reinstated",
        "charge.dispute.closed",
        "charge.dispute.funds_withdrawn",
        "charge.dispute.created",
    ]


def test_mobile_intent_is_confirmed_declined_and_cancelled(
    client: stripe.StripeClient, control: Control
) -> None:
    intent = client.v1.payment_intents.create({"amount": 5000, "currency": "mxn", "metadata": {"order": "1"}})
    check(intent.to_dict(), "payment_intent")
    assert intent.status == "requires_payment_method"
    assert str(intent.client_secret).startswith(f"{intent.id}_secret_")
    with pytest.raises(stripe.CardError) as declined:
        client.v1.payment_intents.confirm(intent.id, {"payment_method": "pm_card_chargeDeclined"})
    assert (declined.value.http_status, declined.value.code) == (402, "card_declined")
    control.act("stripe.confirm", intent.id)
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"
    other = client.v1.payment_intents.create({"amount": 5000, "currency": "mxn"})
    gone = client.v1.payment_intents.cancel(other.id, {"cancellation_reason": "abandoned"})
    assert (gone.status, gone.cancellation_reason) == ("canceled", "abandoned")
    with pytest.raises(stripe.InvalidRequestError) as state:
        client.v1.payment_intents.cancel(other.id)
    assert state.value.code == "payment_intent_unexpected_state"
    with pytest.raises(stripe.InvalidRequestError, match="currency"):
        client.v1.payment_intents.create({"amount": 5000})  # type: ignore[typeddict-item]


def test_intent_of_a_session_is_not_cancelled_directly(client: stripe.StripeClient, shop: Shop) -> None:
    session = new_session(client, shop.url)
    stripe_submit(session, method="oxxo")
    intent = client.v1.checkout.sessions.retrieve(session.id).payment_intent
    with pytest.raises(stripe.InvalidRequestError, match="Checkout Session"):
        client.v1.payment_intents.cancel(str(intent))


def test_events_are_listed_by_type(client: stripe.StripeClient, shop: Shop) -> None:
    paid_session(client, shop.url)
    listed = client.v1.events.list({"types": ["checkout.session.completed"]})
    assert [event.type for event in listed.data] == ["checkout.session.completed"]
    check(listed.data[0].to_dict(), "event")
    assert client.v1.events.retrieve(listed.data[0].id).id == listed.data[0].id
    assert len(client.v1.events.list({"type": "payment_intent.*"}).data) == 1


def test_other_currencies_have_their_methods(client: stripe.StripeClient, shop: Shop) -> None:
    brazil = new_session(client, shop.url, line_items=_lines(currency="brl"), payment_method_options=None)
    assert brazil.payment_method_types == ["card", "boleto", "pix"]
    only = {"excluded_payment_method_types": ["boleto", "card"], "payment_method_options": None}
    pix = new_session(client, shop.url, line_items=_lines(currency="brl"), **only)
    assert pix.payment_method_types == ["pix"]
    assert stripe_submit(pix, method="card").status_code == 409
    stripe_submit(pix, method="pix")
    intent = client.v1.checkout.sessions.retrieve(pix.id, {"expand": ["payment_intent"]}).to_dict()[
        "payment_intent"
    ]
    assert intent["next_action"]["type"] == "pix_display_qr_code"
    check(intent, "payment_intent")
    pesos = new_session(client, shop.url, line_items=_lines(currency="ars"), payment_method_options=None)
    assert pesos.payment_method_types == ["card"]
    stripe_submit(brazil, method="boleto")
    boleto = client.v1.checkout.sessions.retrieve(brazil.id, {"expand": ["payment_intent"]}).to_dict()
    check(boleto["payment_intent"], "payment_intent")


def test_answer_headers_are_stripes(box: Handle) -> None:
    answer = requests.get(f"{box.base_url}/stripe/v1/events", auth=(STRIPE_KEY, ""), timeout=60)
    assert answer.headers["Request-Id"].startswith("req_")
    assert answer.headers["Stripe-Version"] == "2026-10-28.endive"
