"""Stripe's idempotency keys: replay, mismatch, conflict, validation failures and stored 500s."""

from __future__ import annotations

import threading

import pytest
import requests
import stripe

from shop.sandbox.server import Handle
from shop.sandbox.tests.conftest import STRIPE_KEY, Control, Shop, stripe_sdk
from shop.sandbox.tests.factories import paid_session, session_params


def _post(box: Handle, path: str, data: dict[str, object], key: str) -> requests.Response:
    return requests.post(
        f"{box.base_url}/stripe{path}",
        data=data,
        auth=(STRIPE_KEY, ""),
        headers={"Idempotency-Key": key},
        timeout=60,
    )


def test_same_key_and_parameters_replay_the_first_answer(
    box: Handle, client: stripe.StripeClient, shop: Shop
) -> None:
    params = session_params(shop.url)
    made = [
        client.v1.checkout.sessions.create(params, {"idempotency_key": "checkout-1"})  # type: ignore[arg-type]
        for _ in range(2)
    ]
    assert made[0].id == made[1].id
    assert len(client.v1.checkout.sessions.list().data) == 1
    data = {"amount": 5000, "currency": "mxn"}
    first, second = (_post(box, "/v1/payment_intents", data, "intent-1") for _ in range(2))
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert first.json() == second.json()


def test_same_key_with_other_parameters_is_an_error(client: stripe.StripeClient, shop: Shop) -> None:
    options = {"idempotency_key": "checkout-1"}
    client.v1.checkout.sessions.create(session_params(shop.url), options)  # type: ignore[arg-type]
    other = session_params(shop.url, locale="pt-BR")
    with pytest.raises(stripe.IdempotencyError) as refused:
        client.v1.checkout.sessions.create(other, options)  # type: ignore[arg-type]
    assert refused.value.http_status == 400


def test_refund_with_one_key_pays_back_once(client: stripe.StripeClient, shop: Shop) -> None:
    intent = paid_session(client, shop.url).payment_intent
    ids = {
        client.v1.refunds.create(
            {"payment_intent": intent.id, "amount": 100}, {"idempotency_key": "refund-1"}
        ).id
        for _ in range(3)
    }
    assert len(ids) == 1
    assert len(client.v1.refunds.list().data) == 1


def test_validation_failure_does_not_spend_the_key(box: Handle) -> None:
    refused = _post(box, "/v1/payment_intents", {"amount": 0, "currency": "mxn"}, "intent-1")
    assert refused.status_code == 400
    taken = _post(box, "/v1/payment_intents", {"amount": 5000, "currency": "mxn"}, "intent-1")
    assert taken.status_code == 200


def test_declined_confirmation_is_replayed(box: Handle) -> None:
    data = {"amount": 5000, "currency": "mxn", "confirm": "true", "payment_method": "pm_card_chargeDeclined"}
    first, second = (_post(box, "/v1/payment_intents", data, "intent-1") for _ in range(2))
    assert (first.status_code, second.status_code) == (402, 402)
    assert second.headers["Idempotent-Replayed"] == "true"


def test_stored_500_is_replayed_until_another_key_is_used(box: Handle, control: Control) -> None:
    control.fault("http_500", provider="stripe", request="POST /stripe/v1/payment_intents")
    data = {"amount": 5000, "currency": "mxn"}
    first, second = (_post(box, "/v1/payment_intents", data, "intent-1") for _ in range(2))
    assert (first.status_code, second.status_code) == (500, 500)
    assert second.headers["Idempotent-Replayed"] == "true"
    assert _post(box, "/v1/payment_intents", data, "intent-2").status_code == 200


def test_second_call_while_the_first_runs_is_a_conflict(box: Handle) -> None:
    box.sandbox.store.run(
        "INSERT INTO idempotency (provider, key, fingerprint, state, created_at)"
        " VALUES ('stripe', 'k', ?, 'running', ?)",
        *(_fingerprint(box), box.sandbox.clock.now()),
    )
    answer = _post(box, "/v1/payment_intents", {"amount": 5000, "currency": "mxn"}, "k")
    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "idempotency_key_in_use")


def _fingerprint(box: Handle) -> str:
    """Return the fingerprint that the sandbox keeps for the call of the test above."""
    _post(box, "/v1/payment_intents", {"amount": 5000, "currency": "mxn"}, "probe")
    found = box.sandbox.store.rows("SELECT fingerprint FROM idempotency WHERE key = 'probe'")
    return str(found[0]["fingerprint"])


def test_many_at_once_with_one_key_have_one_effect(box: Handle, shop: Shop) -> None:
    client = stripe_sdk(box, retries=20)
    params, ids = session_params(shop.url), set()

    def create() -> None:
        session = client.v1.checkout.sessions.create(params, {"idempotency_key": "k"})  # type: ignore[arg-type]
        ids.add(session.id)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 1
    assert len(client.v1.checkout.sessions.list().data) == 1
