"""The lists of the three providers: windows, pages, caps, and what they refuse, asked by the unmodified SDKs."""

from datetime import UTC, datetime, timedelta
from typing import Any

import conekta
import mercadopago
import pytest
import requests
import stripe
from conekta.exceptions import ApiException

from shop.sandbox.conekta.options import DEVELOPMENT_TOKEN
from shop.sandbox.server import Handle
from shop.sandbox.tests.conftest import Shop
from shop.sandbox.tests.factories import mp_pay, new_preference


def date(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")


def window(begin: timedelta, end: timedelta) -> dict[str, str]:
    now = datetime.now(UTC)
    return {
        "range": "date_last_updated",
        "begin_date": date(now + begin),
        "end_date": date(now + end),
        "sort": "date_last_updated",
        "criteria": "asc",
    }


def test_mercado_pago_lists_by_the_last_change_oldest_first(
    box: Handle, mp: mercadopago.SDK, shop: Shop
) -> None:
    preference = new_preference(mp, shop.url)
    for _ in range(3):
        mp_pay(box, mp, preference)
    day = timedelta(days=1)
    pages = [
        mp.payment().search({**window(-day, day), "limit": 2, "offset": offset})["response"]["results"]
        for offset in (0, 2)
    ]
    moments = [payment["date_last_updated"] for page in pages for payment in page]
    assert (len(pages[0]), len(pages[1])) == (2, 1)
    assert moments == sorted(moments)
    assert mp.payment().search(window(-3 * day, -2 * day))["response"]["results"] == []


@pytest.mark.parametrize(
    "bad",
    [
        {"colour": "red"},
        {"limit": 101},
        {"limit": 100, "offset": 9_901},
        {"begin_date": "NOW-1DAY", "end_date": "NOW"},  # Without a range.
        {"range": "date_created", "begin_date": "NOW", "end_date": "NOW-1DAY"},
        {"range": "date_created", "begin_date": "yesterday", "end_date": "NOW"},
    ],
)
def test_mercado_pago_refuses(mp: mercadopago.SDK, bad: dict[str, object]) -> None:
    answer = mp.payment().search(bad)
    assert answer["status"] == 400
    assert answer["response"]["message"]


def test_stripe_pages_by_cursor_within_a_window(client: stripe.StripeClient) -> None:
    now = int(datetime.now(UTC).timestamp())
    intents: Any = client.v1.payment_intents
    events: Any = client.v1.events
    for number in range(3):
        intents.create({"amount": 5000 + number, "currency": "mxn"})
    bounds = {"gte": now - 60, "lte": now + 3600}
    first = intents.list({"created": bounds, "limit": 2, "expand": ["data.latest_charge"]})
    assert (len(first.data), first.has_more) == (2, True)
    rest = intents.list({"created": bounds, "limit": 2, "starting_after": first.data[-1].id})
    assert (len(rest.data), rest.has_more) == (1, False)
    before = {"lte": bounds["gte"] - 1}
    assert intents.list({"created": before}).data == []
    made = events.list({"types": ["payment_intent.created"], "created": bounds, "limit": 1})
    assert (len(made.data), made.has_more) == (1, True)
    assert events.list({"types": ["refund.created"]}).data == []


@pytest.mark.parametrize(
    "bad", [{"limit": 101}, {"limit": 0}, {"status": "succeeded"}, {"starting_after": "pi_gone"}]
)
def test_stripe_refuses(client: stripe.StripeClient, bad: dict[str, object]) -> None:
    with pytest.raises(stripe.InvalidRequestError):
        client.v1.payment_intents.list(bad)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "bad",
    [
        "limit=251",
        "limit=0",
        "colour=red",
        "updated_at.gte=yesterday",
        "next=ord_gone",
        "updated_at.sometime=5",
    ],
)
def test_conekta_refuses(box: Handle, bad: str) -> None:
    headers = {"Authorization": f"Bearer {DEVELOPMENT_TOKEN}"}
    assert (
        requests.get(f"{box.base_url}/conekta/orders?{bad}", headers=headers, timeout=60).status_code == 422
    )


def test_the_official_sdk_of_conekta_may_ask_by_the_last_change(box: Handle) -> None:
    configuration = conekta.Configuration(access_token=DEVELOPMENT_TOKEN, host=f"{box.base_url}/conekta")
    orders = conekta.OrdersApi(conekta.ApiClient(configuration))
    now = int(datetime.now(UTC).timestamp())
    assert orders.get_orders(updated_at_gte=now, updated_at_lte=2**31, limit=250).data == []
    with pytest.raises(ApiException):
        orders.get_orders(next="ord_gone")
