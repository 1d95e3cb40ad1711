"""What is particular to Conekta: its statuses, its order, its signatures, and refunds without idempotency keys."""

import base64
import json
import time
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from django.utils import timezone

from orders import payables
from orders.models import Order
from orders.tests.factories import make_session
from payments import gateways
from payments.checkout import attempts
from payments.gateways.base import (
    BadSignature,
    Buyer,
    CheckoutState,
    GatewayError,
    Notification,
    PaymentState,
    RawWebhook,
    RefundState,
)
from payments.gateways.conekta import Conekta, mapping, webhook
from payments.gateways.conekta.order import body_of, expiry_of
from payments.models import Payment, PaymentAttempt, Refund, WebhookEvent
from payments.refunds import refund_requests, sending
from payments.settlement import settle
from payments.tests.gateways.test_recorded_answers import MADE, request
from payments.tests.world import BROKEN_LINE, FOR_EVER, World, post
from shop.core.configuration.public_keys import BadKey
from shop.core.models import Event

STAFF = "staff:a@example.com"
METHODS = ("card", "cash", "bank_transfer")
by_conekta = pytest.mark.parametrize("gateway", ["conekta"])


# -- Words and numbers ----------------------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("charge", "state"),
    [
        ({"status": "pending_payment"}, PaymentState.PENDING),
        ({"status": "paid"}, PaymentState.APPROVED),
        ({"status": "partially_refunded"}, PaymentState.APPROVED),
        ({"status": "declined"}, PaymentState.REJECTED),
        ({"status": "expired"}, PaymentState.CANCELLED),
        ({"status": "refunded"}, PaymentState.REFUNDED),
        ({"status": "something_new"}, None),
        ({}, None),
        ({"status": "charged_back", "chargeback": {"status": "under_review"}}, PaymentState.DISPUTED),
        ({"status": "paid", "chargeback": {"status": "action_required"}}, PaymentState.DISPUTED),
        ({"status": "charged_back", "chargeback": {"status": "lost"}}, PaymentState.CHARGED_BACK),
        ({"status": "charged_back", "chargeback": {"status": "won"}}, PaymentState.APPROVED),
        ({"status": "refunded", "chargeback": {"status": "won"}}, PaymentState.REFUNDED),
        ({"status": "paid", "chargeback": {"status": "a_new_word"}}, None),
    ],
)
def test_states(charge: dict[str, Any], state: PaymentState | None):
    assert mapping.state_of(charge) is state


def test_amounts_are_whole_centavos():
    assert mapping.to_minor(Decimal("12500.50"), "MXN") == 1250050
    assert mapping.from_minor(1250050) == Decimal("12500.50")
    with pytest.raises(GatewayError, match="too many decimals"):
        mapping.to_minor(Decimal("1.005"), "MXN")


def test_a_refund_is_listed_as_negative_and_an_unknown_status_is_never_done():
    row = {"id": "r1", "amount": -15000, "created_at": 1678226878, "status": "succeeded"}
    assert (mapping.read_refund(row).amount, mapping.read_refund(row).state) == (
        Decimal("150.00"),
        RefundState.SUCCEEDED,
    )
    assert mapping.read_refund(row | {"status": "thinking"}).state == RefundState.PENDING


def sent(**changes: Any) -> dict[str, Any]:
    made: dict[str, Any] = body_of(
        request(currency="MXN", **changes), methods=METHODS, max_installments=6
    ).to_dict()
    return made


def test_the_order_adds_up_to_the_total_with_shipping_as_a_line():
    body = sent()
    total = sum(line["unit_price"] * line["quantity"] for line in body["line_items"])
    assert (total, len(body["line_items"]), body["metadata"]) == (2650100, 2, {"attempt": "a" * 32})
    assert body["customer_info"] == {"name": "Ana Pérez", "email": "ana@example.com", "phone": "115550000"}
    checkout = body["checkout"]
    assert (checkout["type"], checkout["monthly_installments_options"]) == ("HostedPayment", [3, 6])
    assert checkout["allowed_payment_methods"] == list(METHODS)


def test_what_the_sdk_would_refuse_is_a_gateway_error_before_anything_is_sent():
    with pytest.raises(GatewayError, match="add up") as caught:
        sent(total=Decimal(1))
    assert caught.value.permanent
    with pytest.raises(GatewayError, match="would refuse"):
        body_of(request(currency="MXN"), methods=["coins"], max_installments=1)
    with pytest.raises(GatewayError, match="telephone"):
        sent(buyer=Buyer("ana@example.com", "Ana", "Pérez"))


def test_one_clock_serves_page_and_reference_and_stays_inside_conektas_window():
    wish = request(currency="MXN")
    assert expiry_of(wish, METHODS) == wish.voucher_expires_at
    assert expiry_of(wish, ["card"]) == wish.expires_at
    short = request(currency="MXN", expires_at=MADE + timedelta(seconds=30))
    assert expiry_of(short, ["card"]) > MADE + timedelta(minutes=5)
    long = request(currency="MXN", voucher_expires_at=MADE + timedelta(days=900))
    assert expiry_of(long, METHODS) < MADE + timedelta(days=365)


# -- Notifications --------------------------------------------------------------------------------------------------
def key_pair() -> tuple[RSAPrivateKey, str]:
    private = generate_private_key(65537, 2048)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
    return private, public


def read(body: bytes, *, signer: RSAPrivateKey | None = None, keys: tuple[str, ...] = ()) -> Notification:
    headers = {}
    if signer:
        signature = signer.sign(body, padding.PKCS1v15(), hashes.SHA256())
        headers["digest"] = base64.b64encode(signature).decode()
    return webhook.parse(RawWebhook(body, headers, {}), keys=keys, livemode=False)


def event(type_: str, target: dict[str, Any], **changes: Any) -> bytes:
    body = {"id": "ev1", "object": "event", "type": type_, "livemode": False, "data": {"object": target}}
    return json.dumps(body | changes).encode()


def test_a_signature_of_any_configured_key_will_do_and_of_no_other():
    (old, old_public), (new, new_public) = key_pair(), key_pair()
    one_line = "".join(line for line in new_public.splitlines() if "-----" not in line)
    escaped = old_public.replace("\n", "\\n")
    body = event("order.paid", {"id": "ord_1", "metadata": {"attempt": "abc"}})
    for signer in (old, new):
        snapshot = read(body, signer=signer, keys=(escaped, one_line))
        assert (snapshot.event_id, snapshot.subject, snapshot.reference) == ("ev1", "ord_1", "abc")
        assert snapshot.should_store
    with pytest.raises(BadSignature):
        read(body, signer=key_pair()[0], keys=(escaped, one_line))
    with pytest.raises(BadSignature):
        read(body, keys=(one_line,))
    with pytest.raises(BadKey):
        read(body, signer=new, keys=("not a key",))


def test_without_keys_an_event_is_a_hint_that_takes_nobodys_number():
    body = event("order.paid", {"id": "ord_1"})
    assert read(body).should_store
    assert read(body).event_id != "ev1"
    assert read(body).event_id == read(body).event_id


@pytest.mark.parametrize(
    ("body", "subject"),
    [
        (event("order.canceled", {"id": "ord_1"}), "ord_1"),
        (event("charge.chargeback.created", {"id": "c1", "order_id": "ord_2"}), "ord_2"),
        (event("webhook_ping", {"action": "ping"}), ""),
        (event("subscription.paid", {"id": "sub_1"}), ""),
        (event("order.paid", {"id": ["ord_1"]}), ""),
        (event("order.paid", {"id": "ord_1"}, livemode=True), "ord_1"),
    ],
)
def test_events_of_other_kinds_and_of_the_other_mode_are_answered_and_forgotten(body: bytes, subject: str):
    snapshot = read(body)
    assert snapshot.subject == subject
    assert snapshot.should_store is (bool(subject) and b'"livemode": true' not in body)


@by_conekta
@pytest.mark.django_db
def test_unknown_events_are_answered_and_leave_nothing(providers: World, settings: Any, gateway: str):
    settings.CONEKTA_WEBHOOK_KEYS = []
    gateways.forget()
    for body in (event("webhook_ping", {"action": "ping"}), event("plan.created", {"id": "p"})):
        answer = Client().post("/payments/webhook/conekta/", body, content_type="application/json")
        assert answer.status_code == 200
    assert not WebhookEvent.objects.exists()


@by_conekta
@pytest.mark.django_db
def test_an_unsigned_lie_is_only_a_question(providers: World, settings: Any, gateway: str):
    settings.CONEKTA_WEBHOOK_KEYS = []
    gateways.forget()
    attempt = providers.begin("conekta")
    lie = {"id": attempt.external_id, "payment_status": "paid", "metadata": {"attempt": attempt.reference}}
    Client().post("/payments/webhook/conekta/", event("order.paid", lie), content_type="application/json")
    providers.work()
    assert WebhookEvent.objects.get().status == "processed"
    assert not Order.objects.exists()


@by_conekta
@pytest.mark.django_db
def test_no_person_and_no_card_is_kept(providers: World, gateway: str):
    attempt = providers.begin("conekta")
    providers.pay(attempt)
    letters = providers.letters()
    assert any(b"ana@example.com" in letter.body for letter in letters)
    for letter in letters:
        post(letter)
    providers.work()
    kept = json.dumps(
        [*WebhookEvent.objects.values_list("payload", flat=True), Payment.objects.get().snapshot]
    )
    for secret in ("ana@example.com", "4242", "BANAMEX", "1155550000", "Gómez"):
        assert secret not in kept


# -- Money ----------------------------------------------------------------------------------------------------------
def paid(providers: World) -> Payment:
    attempt = providers.begin("conekta")
    providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor="test")
    return Payment.objects.get(attempt=attempt)


def ask(payment: Payment, amount: str, key: str) -> Refund:
    return refund_requests.request(payment, Decimal(amount), Refund.Origin.STAFF, "because", key, actor=STAFF)


@by_conekta
@pytest.mark.django_db
def test_two_refunds_of_the_same_amount_are_two(providers: World, gateway: str):
    payment = paid(providers)
    first, second = ask(payment, "50", "k1"), ask(payment, "50", "k2")
    for refund in (first, second):
        assert sending.send(refund.pk).status == "succeeded"
    assert len(providers.records("ck_refund")) == 2
    assert len({refund.external_id for refund in Refund.objects.all()}) == 2


@by_conekta
@pytest.mark.django_db
def test_a_refund_that_failed_is_sent_anew_when_people_wish_it(providers: World, gateway: str):
    payment = paid(providers)
    providers.fault("refund_failed", "conekta")
    refund = sending.send(ask(payment, "50", "k1").pk)
    assert refund.status == "failed"
    assert refund_requests.retry(refund, actor=STAFF)
    assert sending.send(refund.pk).status == "succeeded"
    assert [record.status for record in providers.records("ck_refund")] == ["succeeded", "failed"]


@by_conekta
@pytest.mark.django_db
@pytest.mark.parametrize("method", ["cash", "bank_transfer"])
def test_what_was_paid_by_reference_goes_back_by_hand(providers: World, gateway: str, method: str):
    attempt = providers.begin("conekta")
    voucher = providers.do("conekta.pay", attempt.external_id, method=method)
    assert settle.settle(attempt_id=attempt.pk, actor="test").attempt.status == "pending"
    providers.pay_voucher(attempt, voucher)
    settle.settle(attempt_id=attempt.pk, actor="test")
    refund = sending.send(ask(Payment.objects.get(), "50", "k1").pk)
    assert refund.status == "manual"
    assert method in refund.last_error
    assert not providers.records("ck_refund")
    assert Event.objects.filter(kind="attention.refund-manual").count() == 1


@by_conekta
@pytest.mark.django_db
@pytest.mark.parametrize(("verb", "status"), [("win", "approved"), ("lose", "charged_back")])
def test_a_dispute_is_followed_to_its_end(providers: World, gateway: str, verb: str, status: str):
    payment = paid(providers)
    order_id = payment.attempt.external_id
    providers.do("conekta.chargeback", order_id)
    providers.do(f"conekta.chargeback_{verb}", order_id)
    providers.deliver()
    payment.refresh_from_db()
    assert (payment.status, Order.objects.count()) == (status, 1)


@by_conekta
@pytest.mark.django_db
def test_the_months_of_the_card_are_kept(providers: World, settings: Any, gateway: str):
    settings.CONEKTA_MAX_INSTALLMENTS = 6
    gateways.forget()
    attempt = providers.begin("conekta")
    offered = providers.records("ck_order")[0].body["checkout"]
    assert offered["monthly_installments_options"] == [3, 6]
    providers.do("conekta.pay", attempt.external_id, method="card", installments=6)
    settle.settle(attempt_id=attempt.pk, actor="test")
    assert (Payment.objects.get().installments, Payment.objects.get().method) == (6, "visa")


@by_conekta
@pytest.mark.django_db
def test_the_order_is_found_on_a_later_page_of_the_list(
    providers: World, gateway: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("payments.gateways.conekta.listing.PAGE", 2)
    wanted = providers.begin("conekta")
    for _turn in range(4):
        providers.begin("conekta")
    there = gateways.get("conekta").find(wanted.reference, since=wanted.created_at)
    assert there is not None
    assert (there.external_id, there.state) == (wanted.external_id, CheckoutState.OPEN)
    assert gateways.get("conekta").find("0" * 32, since=wanted.created_at) is None


@by_conekta
@pytest.mark.django_db
def test_a_cancelled_reference_cannot_be_paid_and_the_purchase_goes_on(providers: World, gateway: str):
    session = make_session()
    attempt = providers.begin("conekta", session)
    providers.pay(attempt, "voucher")
    settle.settle(attempt_id=attempt.pk, actor="test")
    ended = attempts.cancel(payable=payables.of_purchase(session), actor="shopper")
    assert ended is not None
    assert ended.status == "cancelled"
    assert [record.status for record in providers.records("ck_charge")] == ["canceled"]
    again = providers.begin("stripe", session)
    assert (again.status, PaymentAttempt.objects.count()) == ("redirected", 2)


@by_conekta
@pytest.mark.django_db
def test_the_line_is_never_waited_for_longer_than_the_shop_says(providers: World, gateway: str):
    attempt = providers.begin("conekta")
    providers.fault("timeout_before", "conekta", params=FOR_EVER, count=None)
    begun = time.monotonic()
    with providers.impatient(), pytest.raises(GatewayError) as caught:
        settle.settle(attempt_id=attempt.pk, actor="test", patience=gateways.for_pages())
    assert 1 <= time.monotonic() - begun < 60
    assert (caught.value.code, caught.value.permanent, caught.value.maybe_done) == ("timeout", False, True)


@by_conekta
@pytest.mark.django_db
def test_control_without_looking_first_a_time_out_refunds_twice(
    providers: World, gateway: str, monkeypatch: pytest.MonkeyPatch
):
    """There is no idempotency key: an earlier try is looked for, or the refund is made twice."""
    attempt = providers.begin(gateway)
    providers.pay(attempt)
    settle.settle(attempt_id=attempt.pk, actor="test")
    refund = refund_requests.request(Payment.objects.get(), Decimal(100), "staff", "test", "k1", actor=STAFF)
    providers.fault("timeout_after", gateway, request="refunds", params=BROKEN_LINE)
    sending.send(refund.pk)
    looks = Conekta._earlier

    def only_afterwards(self: Conekta, *arguments: Any, failed: bool = False) -> Any:
        return looks(self, *arguments, failed=failed) if failed else None

    monkeypatch.setattr(Conekta, "_earlier", only_afterwards)
    Refund.objects.update(next_try_at=timezone.now())
    sending.send(refund.pk)
    assert len(providers.records("ck_refund")) == 2
