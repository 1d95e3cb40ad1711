"""Andreani's module against its counterpart: prices by contract, orders decided later, traces, and every failure."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from orders.shipping.carriers.base import (
    Accepted,
    Bought,
    Branches,
    Label,
    Misconfigured,
    Mode,
    NoCoverage,
    NothingFound,
    Outage,
    Parcel,
    Purchase,
    Quotes,
    Refused,
    Tracked,
    TrackedState,
    Unknown,
    Unsupported,
)
from orders.shipping.carriers.http import HttpClient, Reply
from orders.tests.carrier_world import HASTY, World, order, question
from shop.sandbox.andreani import shipments

CODE = "andreani"


def purchase_of(outcome: Any, reference: str = "SHP-1042-1-1") -> Purchase:
    return Purchase(
        reference, outcome.external_id, outcome.numbers, outcome.ids, "delivery", datetime.now(UTC)
    )


def test_a_price_is_that_of_the_modes_contract_with_tax(carriers_played: World):
    home = carriers_played.ask(CODE).quote(question())
    branch = carriers_played.ask(CODE).quote(question(mode=Mode.BRANCH))
    assert isinstance(home, Quotes)
    assert isinstance(branch, Quotes)
    [one], [other] = home.quotes, branch.quotes
    assert (one.contract, other.contract) == ("400001111", "400002222")
    assert one.price > other.price > 1000
    assert one.currency == "ARS"
    assert str(one.price) == one.raw["tarifaConIva"]["total"]
    two = carriers_played.ask(CODE).quote(
        question(parcels=(Parcel(9000, 300, 250, 80), Parcel(9000, 300, 250, 80)))
    )
    assert isinstance(two, Quotes)
    assert two.quotes[0].price > one.price


def test_what_is_no_price_is_told_apart(carriers_played: World, settings: Any):
    nowhere = replace(question().destination, postal_code="9999")
    assert isinstance(carriers_played.ask(CODE).quote(question(destination=nowhere)), NoCoverage)
    assert isinstance(
        carriers_played.ask(CODE).quote(question(destination=replace(nowhere, postal_code="12"))), NoCoverage
    )
    carriers_played.fault("http_500", CODE)
    assert isinstance(carriers_played.ask(CODE).quote(question()), Outage)
    carriers_played.fault("timeout_before", CODE, seconds=30.0)
    assert isinstance(carriers_played.ask(CODE, HASTY).quote(question()), Outage)
    carriers_played.struck()
    assert isinstance(carriers_played.ask(CODE).quote(question(currency="USD")), Misconfigured)
    settings.ANDREANI_CONTRACT_DELIVERY = "400009999"
    carriers_played.reset()
    assert isinstance(carriers_played.ask(CODE).quote(question()), Misconfigured)
    settings.ANDREANI_PASSWORD = "wrong"
    carriers_played.reset()
    assert isinstance(carriers_played.ask(CODE).quote(question()), Misconfigured)


@pytest.mark.parametrize("total", [0, "0.00", "-5", "NaN", "mil", None, True, [], "1e400"])
def test_a_reply_without_a_price_is_never_free(
    carriers_played: World, monkeypatch: pytest.MonkeyPatch, total: object
):

    body = json.dumps({"tarifaConIva": {"total": total}}).encode()
    monkeypatch.setattr(HttpClient, "read", lambda self, path, **options: Reply(200, {}, body))
    assert isinstance(carriers_played.ask(CODE).quote(question()), Outage)


def test_an_order_is_accepted_then_made_and_its_label_and_traces_are_there(carriers_played: World):
    taken = carriers_played.ask(CODE).buy(order("delivery"))
    assert isinstance(taken, Accepted)
    purchase = purchase_of(taken)
    assert len(taken.numbers) == 1
    assert isinstance(carriers_played.ask(CODE).find(purchase), Accepted)
    assert carriers_played.ask(CODE).track(taken.numbers) == Tracked(()), "404 until it is accepted"
    carriers_played.act("andreani.accept", taken.external_id)
    made = carriers_played.ask(CODE).find(purchase)
    assert isinstance(made, Bought)
    assert made.tracking_url.endswith(taken.numbers[0])
    label = carriers_played.ask(CODE).label_pdf(purchase)
    assert isinstance(label, Label)
    assert label.pdf.startswith(b"%PDF-")
    for act in ("enter", "visit", "odd", "deliver"):
        carriers_played.act(f"andreani.{act}", taken.external_id)
    tracked = carriers_played.ask(CODE).track(taken.numbers)
    assert isinstance(tracked, Tracked)
    assert [event.state for event in tracked.events] == [
        TrackedState.PENDING,
        TrackedState.SHIPPED,
        TrackedState.EXCEPTION,
        None,
        # Only the shipment's own state has it.
        TrackedState.DELIVERED,
    ]
    assert tracked.events[2].text == "Visita · No se encuentra el titular"
    assert all(event.at and event.at.utcoffset() for event in tracked.events)


def test_an_order_may_be_rejected_later(carriers_played: World):
    carriers_played.fault("rejected_later", CODE)
    taken = carriers_played.ask(CODE).buy(order("delivery"))
    [record] = carriers_played.made("andreani_order")
    shipments.decide(carriers_played.sandbox, record)
    assert isinstance(carriers_played.ask(CODE).find(purchase_of(taken)), Refused)


def test_a_cut_answer_is_unknown_and_is_found_by_our_reference_once_it_is_made(carriers_played: World):
    carriers_played.fault("timeout_after", CODE, request="POST", seconds=30.0)
    assert isinstance(carriers_played.ask(CODE, HASTY).buy(order("delivery")), Unknown)
    carriers_played.struck()
    [record] = carriers_played.made("andreani_order")
    lost = Purchase("SHP-1042-1-1", "", (), {}, "delivery", datetime.now(UTC))
    assert isinstance(carriers_played.ask(CODE).find(lost), NothingFound), "what is not decided is not listed"
    carriers_played.act("andreani.accept", record.id)
    found = carriers_played.ask(CODE).find(lost)
    assert isinstance(found, Bought)
    assert found.numbers == tuple(record.internal["numbers"])
    other = replace(lost, reference="SHP-1042-1-2")
    assert isinstance(carriers_played.ask(CODE).find(other), NothingFound)


def test_a_lapsed_token_is_renewed_once_and_nothing_is_bought_twice(carriers_played: World):
    carrier = carriers_played.ask(CODE)
    carrier.quote(question())
    carriers_played.sandbox.store.set_meta("andreani.token", "7")
    assert isinstance(carrier.buy(order("delivery")), Accepted)
    assert len(carriers_played.made("andreani_order")) == 1


def test_what_cannot_be_sent_is_refused_without_a_call(carriers_played: World):
    for wrong in (
        {"destination": replace(order("x").destination, state="Atlantis")},
        {"mode": Mode.BRANCH},
        {"destination": replace(order("x").destination, postal_code="")},
    ):
        outcome = carriers_played.ask(CODE).buy(order("delivery", **wrong))
        assert isinstance(outcome, Refused)
        assert not outcome.may_retry
    assert carriers_played.made("andreani_order") == []


def test_a_branch_is_named_in_the_order_and_several_parcels_have_several_numbers(carriers_played: World):
    found = carriers_played.ask(CODE).branches(question().destination)
    assert isinstance(found, Branches)
    assert len(found.branches) == 3
    parcels = order("x").parcels * 2
    taken = carriers_played.ask(CODE).buy(
        order("branch", mode=Mode.BRANCH, branch_code=found.branches[0].code, parcels=parcels)
    )
    assert isinstance(taken, Accepted)
    assert len(set(taken.numbers)) == 2
    [record] = carriers_played.made("andreani_order")
    assert record.internal["to"] == f"Sucursal {found.branches[0].code}"
    carriers_played.fault("empty_list", CODE)
    assert carriers_played.ask(CODE).branches(question().destination) == Branches(())


def test_it_cannot_cancel(carriers_played: World):
    taken = carriers_played.ask(CODE).buy(order("delivery"))
    assert isinstance(carriers_played.ask(CODE).cancel(purchase_of(taken)), Unsupported)


def test_prices_without_tax_are_a_setting(carriers_played: World, settings: Any):
    settings.ANDREANI_PRICES = "without_tax"
    found = carriers_played.ask(CODE).quote(question())
    assert isinstance(found, Quotes)
    assert found.quotes[0].price == Decimal(found.quotes[0].raw["tarifaSinIva"]["total"])
