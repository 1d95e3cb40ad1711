"""The control page: every button and form does what it says, without JavaScript."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import mercadopago
import pytest
import requests
import stripe

from shop.sandbox.server import Handle
from shop.sandbox.tests.conftest import Control, Shop, page_of
from shop.sandbox.tests.factories import (
    mp_pay,
    new_preference,
    new_session,
    paid_session,
    payments_of,
    stripe_submit,
)


def press(box: Handle, **form: str) -> str:
    """Submit a form of the control page and return the sentence it answers with."""
    answer = requests.post(f"{box.base_url}/_sandbox/do", data=form, allow_redirects=False, timeout=60)
    query = parse_qs(urlsplit(answer.headers["Location"]).query)
    return (query.get("notice") or query["problem"])[0]


def test_empty_pages_say_what_to_do(box: Handle) -> None:
    assert "Todavía no hay pagos" in page_of(box)
    assert "los proveedores se portan bien" in page_of(box, "faults")
    assert "Todavía no se envió ningún aviso" in page_of(box, "deliveries")


def test_rows_offer_what_their_state_allows(
    box: Handle, mp: mercadopago.SDK, client: stripe.StripeClient, shop: Shop
) -> None:
    payment = mp_pay(box, mp, new_preference(mp, shop.url), method="rapipago")
    stripe_submit(new_session(client, shop.url), method="oxxo")
    paid_session(client, shop.url)
    new_session(client, shop.url)
    text = page_of(box)
    for action in ("mp.approve", "mp.expire", "stripe.pay_voucher", "stripe.refund", "stripe.decline"):
        assert f'value="{action}"' in text
    assert "mp.chargeback" not in text
    assert press(box, do="action", name="mp.approve", id=str(payment["id"])) == "Acreditar: hecho."
    assert 'value="mp.chargeback"' in page_of(box)
    assert (
        press(box, do="action", name="mp.refund", id=str(payment["id"]), amount="1,50") == "Devolver: hecho."
    )
    assert payments_of(mp)[0]["transaction_amount_refunded"] == 1.5
    assert press(box, do="action", name="mp.second", id=str(payment["id"])) == "Pagar otra vez: hecho."
    assert [found["status"] for found in payments_of(mp)] == ["approved", "approved"]


@pytest.mark.parametrize(
    "form",
    [
        {"do": "action", "name": "mp.approve", "id": "1"},
        {"do": "action", "name": "stripe.refund", "id": "pi_unknown"},
        {"do": "fault", "name": "earthquake"},
        {"do": "fault", "name": "webhook_delay", "webhook_delay.seconds": "long"},
        {"do": "fault", "name": "http_500", "count": "many"},
        {"do": "advance", "minutes": "a while"},
        {"do": "advance", "minutes": "inf"},
        {"do": "disarm", "id": "x"},
        {"do": "dance"},
        {},
    ],
)
def test_nonsense_is_answered_with_a_sentence(box: Handle, control: Control, form: dict[str, str]) -> None:
    assert press(box, **form)
    assert control.get("faults")["armed"] == []


def test_fault_is_prepared_and_taken_away(box: Handle, control: Control) -> None:
    form = {"name": "webhook_delay", "webhook_delay.seconds": "12", "target": "attempt-9", "count": ""}
    assert press(box, do="fault", tab="faults", **form) == "Falla preparada."
    [armed] = control.get("faults")["armed"]
    assert (armed["params"], armed["target"], armed["remaining"]) == ({"seconds": 12.0}, "attempt-9", None)
    text = page_of(box, "faults")
    assert "Demorar el aviso" in text
    assert "sólo attempt-9" in text
    assert set(re.findall(r'name="name" value="(\w+)"', text)) == set(box.sandbox.faults.kinds)
    press(box, do="disarm", tab="faults", id=str(armed["id"]))
    assert control.get("faults")["armed"] == []


def test_deliveries_show_request_and_answer_and_can_be_resent(
    box: Handle, mp: mercadopago.SDK, shop: Shop, control: Control
) -> None:
    mp_pay(box, mp, new_preference(mp, shop.url))
    control.flush()
    text = page_of(box, "deliveries")
    assert "x-signature" in text
    assert "entregado" in text
    [delivery] = control.get("deliveries")
    assert press(box, do="resend", tab="deliveries", id=str(delivery["id"])) == "Se envía de nuevo."
    control.flush()
    assert len(shop.of("/mercadopago/")) == 2


def test_clock_and_reset(box: Handle, client: stripe.StripeClient, shop: Shop, control: Control) -> None:
    new_session(client, shop.url)
    assert press(box, do="advance", minutes="90") == "El reloj avanzó 90 minutos."
    assert "90 min adelantados" in page_of(box)
    assert press(box, do="reset") == "Se borró todo."
    assert control.get("sessions") == []
    assert box.sandbox.clock.offset == 0


def test_what_the_shop_sends_is_escaped(box: Handle, mp: mercadopago.SDK, shop: Shop) -> None:
    item = {"title": "<script>alert(1)</script>", "quantity": 1, "currency_id": "ARS", "unit_price": 10.0}
    preference = new_preference(mp, shop.url, items=[item])
    text = requests.get(preference["init_point"], timeout=60).text
    assert "<script>" not in text
    assert "&lt;script&gt;" in text
