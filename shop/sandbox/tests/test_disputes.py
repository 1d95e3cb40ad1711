"""Disputes by the unmodified SDKs: listed, read, answered, decided, and refused what the real APIs refuse."""

from __future__ import annotations

import mercadopago
import pytest
import requests
import stripe

from shop.sandbox.server import Handle
from shop.sandbox.tests.conftest import Control, Shop
from shop.sandbox.tests.factories import mp_pay, new_preference, paid_session
from shop.sandbox.tests.test_stripe import check

DAY = 86_400


def test_stripe_lists_and_reads_disputes(client: stripe.StripeClient, shop: Shop, control: Control) -> None:
    intent, other = (paid_session(client, shop.url).payment_intent for _ in range(2))
    opened = control.act("stripe.dispute", intent.id, reason="product_not_received", amount="100.50", days=3)
    control.act("stripe.dispute", other.id)
    listed = client.v1.disputes.list({"payment_intent": intent.id}).to_dict()
    assert [row["id"] for row in listed["data"]] == [opened["id"]]
    assert len(client.v1.disputes.list({"limit": 1}).data) == 1
    dispute = client.v1.disputes.retrieve(opened["id"], {"expand": ["charge"]}).to_dict()
    check({**dispute, "charge": dispute["charge"]["id"]}, "dispute")
    assert dispute["charge"]["disputed"] is True
    assert (dispute["amount"], dispute["reason"], dispute["status"]) == (
        10050,
        "product_not_received",
        "needs_response",
    )
    left = dispute["evidence_details"]["due_by"] - dispute["created"]
    assert left == 3 * DAY
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        client.v1.disputes.retrieve("du_nothing")
    assert unknown.value.code == "resource_missing"
    with pytest.raises(stripe.InvalidRequestError) as strict:
        client.v1.disputes.list({"status": "lost"})  # type: ignore[arg-type]
    assert strict.value.code == "parameter_unknown"


def test_stripe_keeps_evidence_as_a_draft_until_it_is_submitted(
    client: stripe.StripeClient, shop: Shop, control: Control
) -> None:
    intent = paid_session(client, shop.url).payment_intent
    dispute_id = control.act("stripe.dispute", intent.id)["id"]
    draft = client.v1.disputes.update(
        dispute_id, {"evidence": {"customer_name": "Ana", "uncategorized_text": "Sent"}, "submit": False}
    ).to_dict()
    check(draft, "dispute")
    assert (draft["status"], draft["evidence"]["customer_name"]) == ("needs_response", "Ana")
    assert (draft["evidence_details"]["has_evidence"], draft["evidence_details"]["submission_count"]) == (
        True,
        0,
    )
    sent = client.v1.disputes.update(dispute_id, {"evidence": {"shipping_carrier": "Andreani"}}).to_dict()
    assert (sent["status"], sent["evidence_details"]["submission_count"]) == ("under_review", 1)
    assert sent["evidence"]["customer_name"] == "Ana"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.update(dispute_id, {"evidence": {"customer_name": "Eva"}})
    with pytest.raises(stripe.InvalidRequestError) as unknown:
        client.v1.disputes.update(dispute_id, {"evidence": {"mood": "good"}})  # type: ignore[arg-type]
    assert unknown.value.code == "parameter_unknown"
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.disputes.update(dispute_id, {"evidence": {"customer_name": "x" * 20_001}})


def test_stripe_charges_stay_disputed_and_only_a_lost_one_is_not_refunded(
    client: stripe.StripeClient, shop: Shop, control: Control
) -> None:
    for outcome, refundable in (("win", True), ("withdraw", True), ("lose", False)):
        intent = paid_session(client, shop.url).payment_intent
        control.act("stripe.dispute", intent.id)
        control.act("stripe.dispute", intent.id, status=409)
        control.act("stripe.dispute_review", intent.id)
        control.act(f"stripe.dispute_{outcome}", intent.id)
        control.act(f"stripe.dispute_{outcome}", intent.id, status=409)
        fresh = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]}).to_dict()
        assert fresh["latest_charge"]["disputed"] is True
        if refundable:
            assert client.v1.refunds.create({"payment_intent": intent.id}).status == "succeeded"
            continue
        with pytest.raises(stripe.InvalidRequestError) as refused:
            client.v1.refunds.create({"payment_intent": intent.id})
        assert refused.value.code == "refund_disputed_payment"


def test_stripe_asks_before_it_takes(client: stripe.StripeClient, shop: Shop, control: Control) -> None:
    intent = paid_session(client, shop.url).payment_intent
    asked = control.act("stripe.inquiry", intent.id)
    assert (asked["status"], asked["is_charge_refundable"]) == ("warning_needs_response", True)
    control.act("stripe.dispute_lose", intent.id, status=409)
    charge = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]}).to_dict()[
        "latest_charge"
    ]
    assert charge["disputed"] is False
    taken = control.act("stripe.dispute_escalate", intent.id)
    assert (taken["status"], taken["is_charge_refundable"]) == ("needs_response", False)
    control.act("stripe.dispute_escalate", intent.id, status=409)
    control.act("stripe.dispute", intent.id, reason="no such word", status=409)
    types = [event["type"] for event in control.get("events")][:3]
    assert types == ["charge.dispute.funds_withdrawn", "charge.dispute.updated", "charge.dispute.created"]


def test_mercado_pago_searches_chargebacks_by_payment(
    box: Handle, mp: mercadopago.SDK, shop: Shop, control: Control
) -> None:
    first, second = (
        mp_pay(box, mp, new_preference(mp, shop.url, external_reference=name)) for name in ("a", "b")
    )
    opened = control.act("mp.chargeback", first["id"], reason="fraud", days=2)
    control.act("mp.chargeback", second["id"])
    found = mp.chargeback().search({"payment_id": first["id"], "limit": 10, "offset": 0})["response"]
    assert ([row["id"] for row in found["results"]], found["paging"]["total"]) == ([opened["id"]], 1)
    assert (opened["reason"], opened["documentation_status"], opened["coverage_applied"]) == (
        "fraud",
        "pending",
        None,
    )
    control.act("mp.chargeback_review", first["id"])
    assert mp.chargeback().get(opened["id"])["response"]["documentation_status"] == "review_pending"
    control.act("mp.chargeback_withdraw", first["id"])
    assert mp.payment().get(first["id"])["response"]["status_detail"] == "reimbursed"
    assert mp.chargeback().get(217)["status"] == 404
    control.act("mp.chargeback", first["id"], status=409)


def test_a_claim_at_mercado_pago_holds_the_money_and_ends(
    box: Handle, mp: mercadopago.SDK, shop: Shop, control: Control
) -> None:
    for end, status in (("end", "approved"), ("refund", "refunded")):
        payment = mp_pay(box, mp, new_preference(mp, shop.url, external_reference=f"claim-{end}"))
        control.act("mp.mediation", payment["id"])
        assert mp.payment().get(payment["id"])["response"]["status"] == "in_mediation"
        control.act(f"mp.mediation_{end}", payment["id"])
        assert mp.payment().get(payment["id"])["response"]["status"] == status
        control.act(f"mp.mediation_{end}", payment["id"], status=409)


def test_the_control_page_offers_what_comes_next(
    box: Handle, client: stripe.StripeClient, shop: Shop, control: Control
) -> None:
    intent = paid_session(client, shop.url).payment_intent

    def page() -> str:
        return requests.get(f"{box.base_url}/_sandbox/", timeout=60).text

    assert 'value="stripe.inquiry"' in page()
    control.act("stripe.inquiry", intent.id)
    assert 'value="stripe.dispute_escalate"' in page()
    control.act("stripe.dispute_escalate", intent.id)
    text = page()
    assert 'value="stripe.dispute_win"' in text
    assert 'value="stripe.inquiry"' not in text
