"""Masking of providers' data: neither secrets nor cards nor persons, whatever the provider sent."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from payments.masking import HIDDEN, masked, masked_text

PAYLOADS = sorted((Path(__file__).parent / "payloads").glob("*.json"))
# All that the recorded payloads tell of a person, a card or a secret.
NOBODYS_BUSINESS = (
    "ana@example.com",
    "Ana",
    "García",
    '"12345678"',
    "450995",
    "_secret_",
    "APRO",
    "301299",
    "Corrientes",
    "+5255",
)
PERSONAL = {
    "mp_payment_approved.json": (
        "106400160592",
        "visa",
        "accredited",
        "26501.0",
        "ORD-8f3c2a-1",
        "3704",
        "724484980",
    ),
    "stripe_payment_intent_succeeded.json": ("pi_3QabcdEFGHijkl0012345678", "succeeded", "135050", "mxn"),
}


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_recorded_payloads_lose_the_person_and_keep_the_payment(path: Path):
    payload = json.loads(path.read_text())
    before = copy.deepcopy(payload)

    shown = json.dumps(masked(payload), ensure_ascii=False)

    assert payload == before
    assert [word for word in NOBODYS_BUSINESS if word in shown] == []
    assert [word for word in PERSONAL.get(path.name, ()) if word not in shown] == []
    assert str(payload["id"]) in shown


PERSON: dict[str, Any] = {
    "id": 106400160592,
    "payer": {
        "id": "99887766",
        "first_name": "Ana",
        "identification": {"type": "DNI", "number": "30123456"},
        "address": {"street_name": "Av. Corrientes", "street_number": 1234, "zip_code": "C1043"},
    },
    "card": {"first_six_digits": "450995", "last_four_digits": "3704", "cardholder": {"name": "ANA G"}},
    "customer_details": {
        "name": "Ana G",
        "email": "ana@example.com",
        "tax_ids": [{"type": "br_cpf", "value": "123"}],
        "address": {"country": "MX", "line1": "Calle 5"},
    },
    "charges": [
        {"payment_method": {"name": "ANA", "last4": "4242", "exp_month": "12", "object": "card_payment"}}
    ],
    "additional_info": {
        "ip_address": "200.5.6.7",
        "items": [{"title": "Coat", "quantity": "2", "unit_price": "5.5"}],
    },
    "point_of_interaction": {
        "transaction_data": {"qr_code": "00020126", "bank_info": {"payer": {"long_name": "Ana"}}}
    },
    "client_secret": "pi_1_secret_abcdefgh",
    "token": "ff8080814c11e237014c1ff593b57b4d",
    "accessToken": "APP_USR-1-2",
    "note": "call +54 9 11 5555-4444 or write to ana@example.com from 10.0.0.1 or 2001:db8::ff00:42:8329",
    "amount": 26501.0,
    "paid": True,
    "metadata": {"attempt": "01a1fd348fcb728eb7ffe269505a349d"},
    "nothing": None,
}


def test_names_of_fields_decide_before_their_contents():
    shown = masked(PERSON)

    assert shown["payer"] == {
        "id": HIDDEN,
        "first_name": HIDDEN,
        "identification": {"type": "DNI", "number": HIDDEN},
        "address": {"street_name": HIDDEN, "street_number": HIDDEN, "zip_code": HIDDEN},
    }
    assert shown["card"] == {
        "first_six_digits": HIDDEN,
        "last_four_digits": "3704",
        "cardholder": {"name": HIDDEN},
    }
    assert shown["customer_details"]["address"] == {"country": "MX", "line1": HIDDEN}
    assert shown["customer_details"]["tax_ids"] == [{"type": "br_cpf", "value": HIDDEN}]
    assert shown["charges"][0]["payment_method"] == {
        "name": HIDDEN,
        "last4": "4242",
        "exp_month": HIDDEN,
        "object": "card_payment",
    }
    assert shown["additional_info"]["items"] == PERSON["additional_info"]["items"]
    assert {shown[name] for name in ("client_secret", "token", "accessToken")} == {HIDDEN}
    assert [shown[name] for name in ("id", "amount", "paid", "metadata", "nothing")] == [
        PERSON[name] for name in ("id", "amount", "paid", "metadata", "nothing")
    ]


def test_a_text_loses_what_it_tells_of_people_and_keys(settings: Any):
    settings.STRIPE_SECRET_KEY = "an-unusual-key-of-ours"
    text = (
        "POST failed for Bearer APP_USR-123456-abc with sk_test_51abcdefgh and an-unusual-key-of-ours: "
        "ana@example.com, +54 9 11 5555-4444, 4111 1111 1111 1111, 200.5.6.7, 2001:db8::ff00:42:8329, "
        "payment 106400160592 of 26501.00 ARS at 10:45:12, version 16.1.0"
    )

    shown = masked_text(text)

    for secret in ("APP_USR-123", "sk_test", "unusual", "ana@", "5555", "4111 1111", "200.5", "2001:db8"):
        assert secret not in shown, secret
    for word in ("POST failed", "payment 106400160592 of 26501.00 ARS at 10:45:12", "version 16.1.0"):
        assert word in shown, word


@pytest.mark.parametrize(
    "value", [None, True, 0, 12.5, "", "plain", [], {}, [[["x"]]], {"a": {"b": [1, "c"]}}]
)
def test_what_tells_nothing_of_anybody_stays(value: Any):
    assert masked(value) == value


def test_numbers_and_keys_are_no_way_round():
    assert masked({"n": 4111111111111111}) == {"n": HIDDEN}
    assert "ana@" not in json.dumps(masked({"ana@example.com": 1}))
    deep: Any = "ana@example.com"
    for _turn in range(500):
        deep = [deep]
    assert "ana@" not in json.dumps(masked(deep))
