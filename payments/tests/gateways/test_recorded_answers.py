"""The providers' statuses and amounts, read from recorded answers; and what is stored of them."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from payments.gateways.base import (
    BadSignature,
    Buyer,
    CheckoutRequest,
    GatewayError,
    Item,
    PaymentState,
    RawWebhook,
    RefundState,
)
from payments.gateways.mercadopago import mapping as mp
from payments.gateways.mercadopago import webhook as mp_webhook
from payments.gateways.mercadopago.preference import body_of
from payments.gateways.stripe import mapping as st
from payments.gateways.stripe import webhook as stripe_webhook
from payments.gateways.stripe.session import params_of

PAYLOADS = Path(__file__).parents[1] / "payloads"
MADE = datetime(2026, 1, 1, 12, tzinfo=UTC)


def recorded(name: str) -> Any:
    return json.loads((PAYLOADS / f"{name}.json").read_text())


def request(**changes: Any) -> CheckoutRequest:
    values: dict[str, Any] = {
        "reference": "a" * 32,
        "idempotency_key": "checkout-a",
        "currency": "ARS",
        "made_at": MADE,
        "items": [
            Item("SKU-1", "Remera básica negra M", 2, Decimal("12500.50"), "https://shop.example/a.jpg")
        ],
        "shipping": Decimal("1500.00"),
        "total": Decimal("26501.00"),
        "buyer": Buyer("ana@example.com", "Ana", "Pérez", "115550000", "DNI", "30123456"),
        "return_url": "https://shop.example/r/",
        "cancel_url": "https://shop.example/r/?left=1",
        "webhook_url": "https://shop.example/payments/webhook/x/",
        "expires_at": MADE + timedelta(minutes=35),
        "voucher_expires_at": MADE + timedelta(days=3),
        "max_installments": 6,
        "language": "es",
    }
    return CheckoutRequest(**(values | changes))


# -- Mercado Pago -----------------------------------------------------------------------------------------------------


def test_mp_a_paid_payment_is_read_without_the_buyers_interest():
    read = mp.read_payment(recorded("mp_payment_approved"), collector_id="724484980")
    assert (read.state, read.amount, read.currency, read.installments) == (
        PaymentState.APPROVED,
        Decimal("26501.00"),
        "ARS",
        6,
    )
    assert (read.external_id, read.reference, read.is_ours) == ("106400160592", "ORD-8f3c2a-1", True)
    assert read.approved_at is not None
    assert read.approved_at.tzinfo is not None
    assert not mp.read_payment(recorded("mp_payment_approved"), collector_id="1").is_ours


def test_mp_a_voucher_tells_where_and_until_when():
    read = mp.read_payment(recorded("mp_payment_pending_rapipago"), collector_id="")
    assert (read.state, read.method) == (PaymentState.PENDING, "rapipago")
    assert read.voucher_url.endswith("/ticket/106400160777")
    assert read.voucher_expires_at == datetime(2026, 1, 5, 2, 59, 59, tzinfo=UTC)


def test_mp_nothing_personal_is_kept():
    kept = json.dumps(mp.masked(recorded("mp_payment_approved")))
    for secret in ("ana@example.com", "12345678", "450995", "3704", "APRO", "99887766"):
        assert secret not in kept


@pytest.mark.parametrize(
    ("status", "detail", "state"),
    [
        ("approved", "partially_refunded", PaymentState.APPROVED),
        ("in_process", "", PaymentState.PENDING),
        ("authorized", "pending_capture", PaymentState.AUTHORIZED),
        ("rejected", "bank_error", PaymentState.REJECTED),
        ("cancelled", "expired", PaymentState.CANCELLED),
        ("refunded", "refunded", PaymentState.REFUNDED),
        ("in_mediation", "pending", PaymentState.DISPUTED),
        ("charged_back", "in_process", PaymentState.DISPUTED),
        ("charged_back", "settled", PaymentState.CHARGED_BACK),
        ("charged_back", "reimbursed", PaymentState.APPROVED),
        ("something_new", "", None),
        ("", "", None),
    ],
)
def test_mp_states(status: str, detail: str, state: PaymentState | None):
    assert mp.state_of({"status": status, "status_detail": detail}) is state


def test_mp_amounts_on_the_wire():
    assert mp.wire(Decimal("12500.50"), "ARS") == 12500.5
    for currency in ("CLP", "COP"):
        whole = mp.wire(Decimal("12500.00"), currency)
        assert (whole, type(whole)) == (12500, int)
        with pytest.raises(GatewayError, match="too many decimals"):
            mp.wire(Decimal("12500.50"), currency)
    assert mp.read_amount("0.1") + mp.read_amount(0.2) == Decimal("0.30")


def test_mp_an_unknown_refund_status_is_never_done():
    assert mp.read_refund(recorded("mp_refund")).state == RefundState.SUCCEEDED
    assert mp.read_refund(recorded("mp_refund") | {"status": "thinking"}).state == RefundState.PENDING


def test_mp_the_preference_keeps_the_newest_limits():
    body = body_of(
        request(items=[Item("S", "x" * 900, 1, Decimal("25001.00"), "http://plain/a.jpg")]),
        shop_name="Niñas & Cía. del Sur S.A.",
    )
    assert len(body["external_reference"]) <= 64
    assert body["statement_descriptor"] == "NINAS  CIA DE"[:13].strip()
    assert len(body["items"][0]["title"]) == 250
    assert "picture_url" not in body["items"][0]
    assert body["expires"] is True
    assert body["expiration_date_to"] == "2026-01-01T12:35:00.000+00:00"
    assert body["payer"]["identification"] == {"type": "DNI", "number": "30123456"}
    assert "phone" not in body["payer"]
    json.dumps(body)


def test_both_refuse_lines_that_do_not_add_up():
    wrong = request(total=Decimal("26501.01"))
    with pytest.raises(GatewayError, match="add"):
        body_of(wrong, shop_name="x")
    with pytest.raises(GatewayError, match="add"):
        params_of(wrong)


def test_mp_the_documented_signature_is_accepted_and_case_does_not_matter():
    headers = {
        "x-signature": "ts=1767225600,v1=de0cc83d5af106d09a4a81ffab2dd880e58116bd1877186dea0513678fc80996",
        "x-request-id": "b4b2b3a1-6f0c-4f9e-9f0a-3f2a5f3c7d11",
    }
    raw = RawWebhook(b"{}", headers, {"data.id": "1234567890", "type": "payment"})
    snapshot = mp_webhook.parse(raw, secrets=["", "another", "sandbox-secret"])
    assert (snapshot.topic, snapshot.subject, snapshot.should_store) == ("payment", "1234567890", True)
    with pytest.raises(BadSignature):
        mp_webhook.parse(raw, secrets=[""])
    with pytest.raises(BadSignature):
        mp_webhook.parse(RawWebhook(b"{}", headers, {"type": "payment"}), secrets=["sandbox-secret"])


# -- Stripe -----------------------------------------------------------------------------------------------------------


def test_stripe_minor_units():
    assert st.to_minor(Decimal("1350.50"), "mxn") == 135050
    assert st.to_minor(Decimal("1350.00"), "COP") == 135000
    # Three decimals, the last of which is 0; and none, yet written as if there were two.
    assert st.to_minor(Decimal("5.12"), "KWD") == 5120
    assert st.from_minor(5120, "kwd") == Decimal("5.12")
    assert st.to_minor(Decimal("500.00"), "UGX") == 50000
    with pytest.raises(GatewayError):
        st.to_minor(Decimal("500.50"), "UGX")
    for currency in ("CLP", "PYG", "pyg"):
        assert st.to_minor(Decimal("1350.00"), currency) == 1350
        assert st.from_minor(1350, currency) == Decimal("1350.00")
        with pytest.raises(GatewayError, match="too many decimals"):
            st.to_minor(Decimal("1350.50"), currency)
    assert st.from_minor(135050, "MXN") == Decimal("1350.50")


def test_stripe_a_paid_session():
    session, intent = recorded("stripe_session_complete_paid"), recorded("stripe_payment_intent_succeeded")
    read = st.read_payment(session, intent, [recorded("stripe_refund")], livemode=False)
    assert read is not None
    assert (read.state, read.amount, read.currency) == (PaymentState.APPROVED, Decimal("1350.50"), "MXN")
    assert (read.refunded_amount, read.is_ours) == (Decimal("350.50"), True)
    assert read.refunds[0].idempotency_reference == "RF-17"
    kept = json.dumps(dict(read.raw))
    assert "secret" not in kept
    assert "ana@" not in kept
    other = st.read_payment(session, intent, [], livemode=True)
    assert other is not None
    assert not other.is_ours


def test_stripe_a_voucher_and_its_deadline():
    session = recorded("stripe_session_complete_unpaid_oxxo")
    intent = recorded("stripe_payment_intent_succeeded") | {
        "status": "requires_action",
        "latest_charge": None,
        "amount_received": 0,
        "next_action": {
            "type": "oxxo_display_details",
            "oxxo_display_details": {"expires_after": 1767657600, "hosted_voucher_url": "https://x/v"},
        },
    }
    read = st.read_payment(session, intent, [], livemode=False)
    assert read is not None
    assert (read.state, read.voucher_url, read.method) == (PaymentState.PENDING, "https://x/v", "oxxo")
    assert read.voucher_expires_at == datetime(2026, 1, 6, tzinfo=UTC)


def test_stripe_says_nothing_while_the_shopper_is_busy():
    session, intent = recorded("stripe_session_open"), recorded("stripe_payment_intent_succeeded")
    for status in ("requires_action", "requires_payment_method", "processing"):
        assert st.read_payment(session, intent | {"status": status}, [], livemode=False) is None
    declined = intent | {"status": "requires_payment_method", "last_payment_error": {"code": "card_declined"}}
    read = st.read_payment(session, declined, [], livemode=False)
    assert read is not None
    assert read.state == PaymentState.REJECTED
    strange = st.read_payment(session, intent | {"status": "dreaming"}, [], livemode=False)
    assert strange is not None
    assert strange.state is None


def test_stripe_the_session_never_names_method_types_and_its_clocks_do_not_move():
    params = params_of(request())
    assert "payment_method_types" not in params
    assert params["adaptive_pricing"] == {"enabled": False}
    assert params["success_url"].endswith("?session_id={CHECKOUT_SESSION_ID}")
    assert [line["price_data"]["unit_amount"] for line in params["line_items"]] == [1250050, 150000]
    assert params["expires_at"] == int((MADE + timedelta(minutes=35)).timestamp())
    short = params_of(request(expires_at=MADE + timedelta(seconds=30)))
    assert short["expires_at"] - MADE.timestamp() > 30 * 60
    assert params == params_of(request())
    mexican = params_of(request(currency="MXN"))
    assert mexican["payment_method_options"] == {
        "card": {"installments": {"enabled": True}},
        "oxxo": {"expires_after_days": 3},
    }


def test_stripe_the_documented_signature():
    from stripe import WebhookSignature

    body = (PAYLOADS / "stripe_event_checkout_session_completed.json").read_bytes()
    now = int(datetime.now(UTC).timestamp())
    header = WebhookSignature.generate_signature_header(body.decode(), "whsec_x", now)
    raw = RawWebhook(body, {"stripe-signature": header}, {})
    snapshot = stripe_webhook.parse(raw, secrets=["whsec_old", "whsec_x"], livemode=False)
    assert snapshot.event_id == "evt_1QabcdEFGHijkl0022222222"
    assert (snapshot.topic, snapshot.reference) == ("checkout.session.completed", "ORD-8f3c2a")
    assert snapshot.subject.startswith("cs_test_")
    assert not stripe_webhook.parse(raw, secrets=["whsec_x"], livemode=True).should_store
    with pytest.raises(BadSignature):
        stripe_webhook.parse(RawWebhook(body + b" ", raw.headers, {}), secrets=["whsec_x"], livemode=False)
