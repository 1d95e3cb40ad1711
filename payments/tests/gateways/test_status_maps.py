"""Every word of every provider against its state here, written out once more by hand.

The tables are what decides whether an order is sent or money counts as gone back: a word that moves to another state,
or a new one, is meant to stop here and be looked at.
"""

from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import partial
from typing import Any

import pytest

from payments.gateways.base import GatewayError
from payments.gateways.conekta import disputes as conekta_disputes
from payments.gateways.conekta import mapping as conekta
from payments.gateways.mercadopago import disputes as mercadopago_disputes
from payments.gateways.mercadopago import mapping as mercadopago
from payments.gateways.stripe import disputes as stripe_disputes
from payments.gateways.stripe import mapping as stripe

EXPECTED: dict[str, tuple[Mapping[str, Any], str]] = {
    "stripe payments": (
        stripe.STATUS_MAP,
        """
        requires_payment_method rejected, requires_confirmation pending, requires_action pending, processing pending,
        requires_capture authorized, succeeded approved, canceled cancelled
    """,
    ),
    "stripe refunds": (
        stripe.REFUND_STATUS_MAP,
        """
        pending pending, requires_action pending, succeeded succeeded, failed failed, canceled failed
    """,
    ),
    "stripe sessions": (stripe.SESSION_STATUS_MAP, "open open, complete complete, expired expired"),
    "stripe disputes": (
        stripe_disputes.STATUS_MAP,
        """
        warning_needs_response inquiry, warning_under_review under_review, warning_closed withdrawn,
        prevented withdrawn, needs_response needs_response, under_review under_review, won won, lost lost,
        appeal_needs_response needs_response, appeal_under_review under_review
    """,
    ),
    "stripe reasons": (
        stripe_disputes.REASON_MAP,
        """
        fraudulent fraud, unrecognized unrecognized, product_not_received not_received,
        product_unacceptable not_as_described, duplicate duplicate, credit_not_processed credit_not_processed,
        subscription_canceled cancelled
    """,
    ),
    "mercado pago payments": (
        mercadopago.STATUS_MAP,
        """
        pending pending, in_process pending, authorized authorized, approved approved, rejected rejected,
        cancelled cancelled, refunded refunded, in_mediation disputed, charged_back disputed
    """,
    ),
    "mercado pago refunds": (
        mercadopago.REFUND_STATUS_MAP,
        """
        approved succeeded, in_process pending, rejected failed, cancelled failed
    """,
    ),
    "mercado pago reasons": (
        mercadopago_disputes.REASON_MAP,
        """
        fraud fraud, unrecognized unrecognized, not_received not_received, not_as_described not_as_described,
        duplicated duplicate, credit_not_processed credit_not_processed, cancelled cancelled
    """,
    ),
    "conekta payments": (
        conekta.STATUS_MAP,
        """
        pending_payment pending, pre_authorized authorized, paid approved, partially_refunded approved,
        refunded refunded, declined rejected, expired cancelled, canceled cancelled, charged_back disputed
    """,
    ),
    "conekta refunds": (
        conekta.REFUND_STATUS_MAP,
        """
        - succeeded, succeeded succeeded, refunded succeeded, pending pending, failed failed, declined failed,
        canceled failed, expired failed
    """,
    ),
    "conekta orders": (
        conekta.ORDER_STATUS_MAP,
        """
        - open, pending_payment open, declined open, paid complete, pre_authorized complete,
        partially_refunded complete, refunded complete, charged_back complete, expired expired, canceled expired
    """,
    ),
    "conekta payments in dispute": (
        conekta.DISPUTE_MAP,
        """
        won approved, covered approved, lost charged_back, action_required disputed, pending_review disputed,
        under_review disputed, rt disputed, rt_sent disputed, represented disputed
    """,
    ),
    "conekta disputes": (
        conekta_disputes.STATUS_MAP,
        """
        action_required needs_response, pending_review under_review, under_review under_review,
        represented under_review, rt_sent under_review, rt inquiry, won won, covered won, lost lost
    """,
    ),
    "conekta reasons": (
        conekta_disputes.REASON_MAP,
        """
        unauthorized fraud, unauthorized_by_client fraud, unrecognized_like_fraud fraud, fraudulent fraud,
        fraudulent_business fraud, chip_liabiliaty_shift fraud, unrecognized unrecognized,
        unrecognized_purchase unrecognized, duplicate duplicate, twice_transaction duplicate,
        damaged_products not_as_described, product_unacceptable not_as_described,
        credit_not_processed credit_not_processed, transaction_not_refunded credit_not_processed,
        service_canceled cancelled, subscription_canceled cancelled, subscription_not_requested cancelled,
        incorrect_amount wrong_amount, differents_amounts wrong_amount, incorrect_exchange wrong_amount,
        billing wrong_amount, product_not_received not_received
    """,
    ),
}


@pytest.mark.parametrize(
    "write",
    [
        partial(stripe.to_minor, currency="mxn"),
        partial(conekta.to_minor, currency="MXN"),
        partial(mercadopago.wire, currency="CLP"),
    ],
)
def test_trying_again_does_not_help_with_too_many_decimals(write: Callable[[Decimal], object]):
    with pytest.raises(GatewayError) as refused:
        write(Decimal("1.005"))
    assert refused.value.permanent


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Niñas & Cía. del Sur S.A.", "NINAS  CIA DE"),
        ("Percha", "PERCHA"),
        (" Ropa Interior ", "ROPA INTERIO"),
        ("Camisas Anto y Cía", "CAMISAS ANTO"),
    ],
)
def test_mercado_pago_shows_thirteen_plain_capitals_without_blanks_at_the_ends(name: str, shown: str):
    assert mercadopago.descriptor(name) == shown


def test_mercado_pago_what_a_payment_came_to_is_kept_and_its_payer_is_not():
    snapshot = {
        "id": 1,
        "payer": {"email": "ana@example.com"},
        "transaction_details": {
            "net_received_amount": 95.5,
            "total_paid_amount": 100,
            "bank_transfer_id": "secret",
        },
    }
    kept = mercadopago.masked(snapshot)
    assert kept["transaction_details"] == {"net_received_amount": 95.5, "total_paid_amount": 100}
    assert "ana@" not in str(kept)


def test_conekta_a_charge_is_disputed_while_its_chargeback_is_not_decided():
    def order(*states: str) -> dict[str, Any]:
        rows = [
            {"id": f"c{n}", "status": "paid", "chargeback": {"status": word}} for n, word in enumerate(states)
        ]
        return {"charges": {"data": rows}}

    assert conekta_disputes.is_running(order("under_review", "won"), "c0")
    assert not conekta_disputes.is_running(order("under_review", "won"), "c1")
    assert not conekta_disputes.is_running(order("under_review"), "another")


@pytest.mark.parametrize("table", EXPECTED)
def test_each_word_means_what_is_written_here(table: str):
    words, expected = EXPECTED[table]
    pairs = (line.split() for line in expected.split(","))
    assert {word: str(state) for word, state in words.items()} == {
        "" if word == "-" else word: state for word, state in pairs
    }


@pytest.mark.parametrize(
    ("status", "refunded", "state"),
    [
        ("succeeded", 0, "approved"),
        ("succeeded", 9999, "approved"),
        ("succeeded", 10000, "refunded"),
        ("requires_capture", 0, "authorized"),
        ("canceled", 0, "cancelled"),
        ("a_new_word", 0, "None"),
    ],
)
def test_stripe_an_intent_is_paid_only_when_it_is_captured(status: str, refunded: int, state: str):
    intent = {"id": "pi_1", "status": status, "amount": 10000, "currency": "mxn"}
    refunds = [{"id": "re_1", "status": "succeeded", "amount": refunded, "currency": "mxn"}]
    read = stripe.read_payment({"status": "complete"}, intent, refunds, livemode=False)
    assert read is not None
    assert str(read.state) == state


def test_stripe_of_a_disputes_evidence_only_dates_and_counts_are_kept():
    details = {"due_by": 1767657600, "has_evidence": True, "past_due": False, "submission_count": 2}
    read = stripe_disputes.read_dispute(
        {
            "id": "du_1",
            "status": "needs_response",
            "reason": "fraudulent",
            "amount": 100,
            "currency": "mxn",
            "evidence": {"customer_name": "Ana"},
            "evidence_details": details | {"enhanced_eligibility": {}},
        }
    )
    assert read.raw["evidence_details"] == details
    assert "Ana" not in str(read.raw)
    assert (read.is_answered, read.state) == (True, "needs_response")
