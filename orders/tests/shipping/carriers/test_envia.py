"""Envia's module against its counterpart: errors with HTTP 200, one carrier at a time, no idempotency, signed hints."""

import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from orders.shipping.carriers.base import (
    BadSignature,
    Bought,
    Branches,
    Cancelled,
    Label,
    Misconfigured,
    Mode,
    NoCoverage,
    NothingFound,
    Outage,
    Purchase,
    Quotes,
    RawPush,
    Refused,
    Tracked,
    TrackedState,
    Unknown,
)
from orders.tests.carrier_world import HASTY, World, order, question

CODE, STANDARD = "envia", "sandboxExpress:standard"


def purchase_of(outcome: Any) -> Purchase:
    return Purchase(
        "SHP-1042-1-1", outcome.external_id, outcome.numbers, outcome.ids, STANDARD, datetime.now(UTC)
    )


def bought(carriers_played: World, **changes: Any) -> Bought:
    outcome = carriers_played.ask(CODE).buy(order(STANDARD, **changes))
    assert isinstance(outcome, Bought), outcome
    return outcome


def test_every_carrier_of_the_account_is_asked_and_their_prices_are_together(carriers_played: World):
    found = carriers_played.ask(CODE).quote(question())
    assert isinstance(found, Quotes)
    assert [quote.service for quote in found.quotes] == [STANDARD, "sandboxExpress:express"]
    assert (found.quotes[0].days_min, found.quotes[0].days_max) == (5, 8)
    assert found.quotes[1].price > found.quotes[0].price > 1000
    branch = carriers_played.ask(CODE).quote(question(mode=Mode.BRANCH))
    assert isinstance(branch, Quotes)
    assert [quote.service for quote in branch.quotes] == ["sandboxBranch:branch"]
    # One that does not answer leaves the others' prices.
    carriers_played.fault("http_500", CODE)
    assert isinstance(carriers_played.ask(CODE).quote(question(mode=Mode.BRANCH)), Quotes)


def test_errors_with_http_200_are_told_apart(carriers_played: World, settings: Any):
    nowhere = replace(question().destination, postal_code="9999")
    assert isinstance(carriers_played.ask(CODE).quote(question(destination=nowhere)), NoCoverage)
    unknown = replace(question().destination, state="Atlantis")
    assert isinstance(carriers_played.ask(CODE).quote(question(destination=unknown)), NoCoverage)
    carriers_played.fault("empty_list", CODE, count=2)
    assert isinstance(carriers_played.ask(CODE).quote(question()), NoCoverage)
    carriers_played.fault("http_500", CODE, count=2)
    assert isinstance(carriers_played.ask(CODE).quote(question()), Outage)
    carriers_played.fault("timeout_before", CODE, count=2, seconds=30.0)
    assert isinstance(carriers_played.ask(CODE, HASTY).quote(question()), Outage)
    settings.ENVIA_CARRIERS = ["sandboxexpress"]
    carriers_played.reset()
    assert isinstance(carriers_played.ask(CODE).quote(question()), Misconfigured), (
        "a typing error in the name"
    )
    settings.ENVIA_TOKEN = "of the other environment"
    carriers_played.reset()
    assert isinstance(carriers_played.ask(CODE).quote(question()), Misconfigured)


def test_a_label_is_bought_at_once_and_a_second_request_is_a_second_charge(carriers_played: World):
    first, second = bought(carriers_played), bought(carriers_played)
    assert first.numbers != second.numbers
    assert first.price is not None
    label = carriers_played.ask(CODE).label_pdf(purchase_of(first))
    assert isinstance(label, Label)
    assert label.pdf.startswith(b"%PDF-")
    foreign = replace(purchase_of(first), ids={"label": "https://elsewhere.example/a.pdf"})
    assert isinstance(carriers_played.ask(CODE).label_pdf(foreign), Misconfigured)
    carriers_played.fault("other_price", CODE, delta="150.00")
    assert bought(carriers_played).price == first.price + Decimal(150)


def test_a_cut_answer_is_unknown_and_cannot_be_looked_up(carriers_played: World):
    carriers_played.fault("timeout_after", CODE, seconds=30.0)
    assert isinstance(carriers_played.ask(CODE, HASTY).buy(order(STANDARD)), Unknown)
    assert len(carriers_played.made("envia_shipment")) == 1
    lost = Purchase("SHP-1042-1-1", "", (), {}, STANDARD, datetime.now(UTC))
    assert isinstance(carriers_played.ask(CODE).find(lost), Unknown)
    carriers_played.fault("http_500", CODE, effect=True)
    assert isinstance(carriers_played.ask(CODE).buy(order(STANDARD)), Unknown)


def test_what_it_refuses_is_refused(carriers_played: World):
    nowhere = replace(order("x").destination, postal_code="9999")
    refused = carriers_played.ask(CODE).buy(order(STANDARD, destination=nowhere))
    assert isinstance(refused, Refused)
    assert refused.code == "1129"
    assert isinstance(carriers_played.ask(CODE).buy(order("sandboxExpress:none")), Refused)
    assert carriers_played.made("envia_shipment") == []


def test_it_is_followed_by_number_and_unknown_words_mean_nothing(carriers_played: World):
    one = bought(carriers_played)
    [number] = one.numbers
    for act in ("pick", "out", "attempt", "branch", "odd", "deliver"):
        carriers_played.act(f"envia.{act}", number)
    tracked = carriers_played.ask(CODE).track([number])
    assert isinstance(tracked, Tracked)
    assert [event.state for event in tracked.events] == [
        TrackedState.PENDING,
        TrackedState.SHIPPED,
        TrackedState.SHIPPED,
        TrackedState.EXCEPTION,
        TrackedState.READY_FOR_PICKUP,
        None,
        TrackedState.DELIVERED,
    ]
    assert carriers_played.ask(CODE).track(["404"]) == Tracked(())
    gone = replace(purchase_of(one), numbers=("404",))
    assert isinstance(carriers_played.ask(CODE).find(gone), NothingFound)


def test_cancelling_may_be_refused_and_a_second_one_is_done(carriers_played: World):
    one = bought(carriers_played)
    assert carriers_played.ask(CODE).cancel(purchase_of(one)) == Cancelled(one.price)
    assert carriers_played.ask(CODE).cancel(purchase_of(one)) == Cancelled(None)
    moved = bought(carriers_played)
    carriers_played.act("envia.pick", moved.numbers[0])
    refused = carriers_played.ask(CODE).cancel(purchase_of(moved))
    assert isinstance(refused, Refused)
    assert refused.code == "1120"


def test_branches_of_all_its_carriers(carriers_played: World):
    found = carriers_played.ask(CODE).branches(question().destination)
    assert isinstance(found, Branches)
    assert [branch.code for branch in found.branches] == ["SB50001", "SB50002"]


def push(body: bytes, *, secret: str, event: str = "simpleTracking", at: str = "1764000000") -> RawPush:
    signature = hmac.new(secret.encode(), b".".join([at.encode(), event.encode(), body]), hashlib.sha256)
    headers = {
        "x-webhook-signature": f"v1={signature.hexdigest()}",
        "x-webhook-timestamp": at,
        "x-webhook-event": event,
    }
    return RawPush(body, headers)


def test_a_notification_is_a_signed_hint(carriers_played: World, settings: Any):
    settings.ENVIA_WEBHOOK_SECRETS = ["old-secret-0123456789", "new-secret-0123456789"]
    carriers_played.reset()
    body = json.dumps({"type": "simpleTracking", "data": {"tracking_number": "0000000101"}}).encode()
    for secret in settings.ENVIA_WEBHOOK_SECRETS:
        assert carriers_played.ask(CODE).parse_push(push(body, secret=secret)).numbers == ("0000000101",)
    billed = json.dumps({"type": "surcharge", "data": {"tracking_number": "7", "surcharge": 350.5}}).encode()
    found = carriers_played.ask(CODE).parse_push(push(billed, secret="old-secret-0123456789"))
    assert found.surcharges == {"7": Decimal("350.50")}
    unsigned = RawPush(body, {})
    odd = [push(text, secret="old-secret-0123456789") for text in (b"", b"[]", b"{", b"\xff")]
    for wrong in (push(body, secret="another"), unsigned, *odd):
        with pytest.raises(BadSignature):
            carriers_played.ask(CODE).parse_push(wrong)
    settings.ENVIA_WEBHOOK_SECRETS = []
    carriers_played.reset()
    with pytest.raises(BadSignature):
        carriers_played.ask(CODE).parse_push(push(body, secret=""))
