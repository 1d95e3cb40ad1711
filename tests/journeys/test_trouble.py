"""Cards that are declined, vouchers that take days, reservations that expire, webhooks that never come."""

import re

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import MakeShopper
from tests.journeys.facts import bought_once, stock_is_true
from tests.journeys.shopper import pick
from tests.journeys.stack import Stack


@pytest.fixture(autouse=True)
def no_faults_left(stack: Stack) -> None:
    """Begin every journey with a healthy provider."""
    stack.control_delete("faults")


@pytest.mark.parametrize("gateway", ["stripe", pytest.param("mercadopago", marks=pytest.mark.soak)])
def test_declined_and_then_paid_on_the_same_hold(stack: Stack, shopper: MakeShopper, gateway: str) -> None:
    email = f"declined-{gateway}@example.com"
    goods = pick(stack, offset=6)
    visitor = shopper()
    visitor.add(goods).check_out(email=email).go_to_pay(gateway).be_declined_there()
    reserved = stack.value(
        "SELECT count(*) FROM inventory_reservation r JOIN orders_checkoutsession s ON s.id = r.checkout_id"
        " WHERE s.email = %s AND r.status = 'active'",
        email,
    )
    assert reserved == 1
    visitor.pay_there().come_back().sees_the_order()
    bought_once(stack, email, goods)
    attempts = stack.value(
        "SELECT count(*) FROM payments_paymentattempt a JOIN orders_checkoutsession s ON s.id = a.checkout_id WHERE s.email = %s",
        email,
    )
    assert attempts == 1


def test_walking_away_and_paying_with_the_other_provider(stack: Stack, shopper: MakeShopper) -> None:
    email = "changed-mind@example.com"
    goods = pick(stack, offset=7)
    visitor = shopper()
    visitor.add(goods).check_out(email=email).go_to_pay("mercadopago").walk_away()
    visitor.page.wait_for_url(re.compile(re.escape(stack.url)))
    (token,) = (
        row["token"] for row in stack.rows("SELECT token FROM orders_checkoutsession WHERE email = %s", email)
    )
    visitor.visit(f"/checkout/{token}/pago/").go_to_pay("stripe").pay_there().come_back().sees_the_order()
    bought_once(stack, email, goods)
    ends = stack.rows(
        "SELECT a.gateway, a.status FROM payments_paymentattempt a JOIN orders_checkoutsession s ON s.id = a.checkout_id"
        " WHERE s.email = %s ORDER BY a.created_at",
        email,
    )
    assert [(end["gateway"], end["status"]) for end in ends] == [
        ("mercadopago", "cancelled"),
        ("stripe", "paid"),
    ]


@pytest.mark.parametrize(
    ("shop", "gateway", "method"),
    [
        ("stack", "mercadopago", "rapipago"),
        pytest.param("peso_mexicano", "stripe", "oxxo", marks=pytest.mark.soak),
    ],
)
def test_a_voucher_waits_and_becomes_an_order(
    request: pytest.FixtureRequest, shopper: MakeShopper, shop: str, gateway: str, method: str
) -> None:
    at: Stack = request.getfixturevalue(shop)
    email = f"voucher-{gateway}@example.com"
    goods = pick(at, offset=8)
    visitor = shopper(at=at)
    visitor.add(goods).check_out(email=email).go_to_pay(gateway).pay_there(method).come_back()
    of_this = "FROM payments_paymentattempt a JOIN orders_checkoutsession s ON s.id = a.checkout_id WHERE s.email = %s"
    at.eventually(f"SELECT a.status {of_this}", email, equals="pending")
    # The reservation lasts for the voucher's own term, not for the cart's quarter of an hour.
    assert at.value(
        "SELECT bool_and(r.expires_at > now() + interval '1 day') FROM inventory_reservation r"
        " JOIN orders_checkoutsession s ON s.id = r.checkout_id WHERE s.email = %s AND r.status = 'active'",
        email,
    )
    assert at.value("SELECT count(*) FROM orders_order WHERE email = %s", email) == 0
    at.pay_voucher(gateway, at.value(f"SELECT replace(a.id::text, '-', '') {of_this}", email))
    visitor.sees_the_order()
    bought_once(at, email, goods)


def test_an_expired_reservation_is_said_and_can_be_taken_again(stack: Stack, shopper: MakeShopper) -> None:
    goods = pick(stack, offset=9)
    visitor = shopper()
    visitor.add(goods)
    stack.rows(
        "UPDATE inventory_reservation SET expires_at = now() - interval '1 second' WHERE status = 'active' AND variant_id = %s",
        goods.variant_id,
    )
    stack.job("expire_holds")
    visitor.open_cart()
    again = visitor.page.locator("form[action$='/carrito/apartar/'] button[type=submit]")
    expect(again.first).to_be_visible()
    again.first.click()
    visitor.page.wait_for_load_state("networkidle")
    visitor.open_cart()
    expect(visitor.page.locator(".reservation-clock, [data-countdown]").first).to_be_visible()
    stock_is_true(stack)


def test_an_expired_checkout_says_so_and_frees_the_stock(stack: Stack, shopper: MakeShopper) -> None:
    email = "too-late@example.com"
    goods = pick(stack, offset=10)
    visitor = shopper()
    visitor.add(goods).check_out(email=email)
    stack.rows(
        "UPDATE orders_checkoutsession SET expires_at = now() - interval '1 second' WHERE email = %s", email
    )
    stack.rows(
        "UPDATE inventory_reservation SET expires_at = now() - interval '1 second' WHERE status = 'active' AND variant_id = %s",
        goods.variant_id,
    )
    stack.job("expire_checkouts")
    stack.job("expire_holds")
    assert stack.value("SELECT status FROM orders_checkoutsession WHERE email = %s", email) == "expired"
    answer = visitor.page.reload()
    assert answer is not None
    assert answer.status == 410
    assert visitor.page.locator("main h1").inner_text()
    stock_is_true(stack)


@pytest.mark.parametrize("gateway", ["mercadopago", pytest.param("stripe", marks=pytest.mark.soak)])
def test_no_webhook_and_no_return_still_becomes_an_order(
    stack: Stack, shopper: MakeShopper, gateway: str
) -> None:
    email = f"lost-{gateway}@example.com"
    goods = pick(stack, offset=11)
    stack.control("faults", {"name": "webhook_drop", "provider": gateway, "count": None})
    visitor = shopper()
    visitor.add(goods).check_out(email=email).go_to_pay(gateway)
    of_this = "FROM payments_paymentattempt a JOIN orders_checkoutsession s ON s.id = a.checkout_id WHERE s.email = %s"
    visitor.page.close()  # the browser tab is closed at the provider, right after the button was pressed
    action = "mp.pay" if gateway == "mercadopago" else "stripe.pay"
    stack.control(f"actions/{action}", {"id": stack.value(f"SELECT a.external_id {of_this}", email)})
    assert stack.value("SELECT count(*) FROM orders_order WHERE email = %s", email) == 0
    stack.rows(
        "UPDATE payments_paymentattempt SET next_check_at = now() WHERE checkout_id IN"
        " (SELECT id FROM orders_checkoutsession WHERE email = %s)",
        email,
    )
    stack.job("reconcile_payments")
    bought_once(stack, email, goods)


@pytest.mark.parametrize("gateway", ["stripe", pytest.param("mercadopago", marks=pytest.mark.soak)])
def test_five_webhooks_at_once_and_the_return_make_one_order(
    stack: Stack, shopper: MakeShopper, gateway: str
) -> None:
    email = f"five-{gateway}@example.com"
    goods = pick(stack, offset=12)
    stack.control(
        "faults", {"name": "webhook_duplicate", "provider": gateway, "count": None, "params": {"times": 5}}
    )
    visitor = shopper()
    visitor.add(goods).check_out(email=email).go_to_pay(gateway).pay_there().come_back().sees_the_order()
    bought_once(stack, email, goods)
    stock_is_true(stack)


@pytest.mark.parametrize(
    "javascript", [True, pytest.param(False, marks=pytest.mark.soak)], ids=["js", "nojs"]
)
def test_a_provider_that_hangs_and_the_other_one_that_does_not(
    stack: Stack, shopper: MakeShopper, javascript: bool
) -> None:
    email = f"hanging-{javascript}@example.com".lower()
    goods = pick(stack, offset=14 + javascript)
    visitor = shopper(javascript=javascript)
    visitor.add(goods).check_out(email=email)
    stack.control(
        "faults",
        {
            "name": "timeout_before",
            "provider": "mercadopago",
            "request": "POST",
            "count": 1,
            "params": {"seconds": 20},
        },
    )
    visitor.page.locator("input[name=gateway][value=mercadopago]").check()
    visitor.page.locator("form[action$='/pagar/'] button[type=submit]").click()
    other = visitor.page.locator("form[action$='/pagar/']:has(input[value=stripe][type=hidden]) button")
    expect(other).to_be_visible()
    expect(visitor.page.locator(".reservation-clock")).to_be_visible()
    reserved = stack.value(
        "SELECT count(*) FROM inventory_reservation r JOIN orders_checkoutsession s ON s.cart_id = r.cart_id"
        " WHERE s.email = %s AND r.status = 'active'",
        email,
    )
    assert reserved == 1
    other.click()
    visitor.page.wait_for_url(re.compile(re.escape(stack.sandbox_url)))
    visitor.pay_there().come_back().sees_the_order()
    bought_once(stack, email, goods)


def test_the_status_page_turns_by_itself_when_the_webhook_settles(stack: Stack, shopper: MakeShopper) -> None:
    email = "turning@example.com"
    goods = pick(stack, offset=13)
    visitor = shopper()
    visitor.add(goods).check_out(email=email).go_to_pay("mercadopago")
    stack.control(
        "faults",
        {"name": "webhook_delay", "provider": "mercadopago", "count": None, "params": {"seconds": 4}},
    )
    stack.control("faults", {"name": "http_500", "provider": "mercadopago", "request": "GET", "count": 3})
    visitor.pay_there().come_back().sees_the_order()
    bought_once(stack, email, goods)


@pytest.mark.parametrize("gateway", ["mercadopago", "stripe"])
def test_a_forged_webhook_changes_nothing(stack: Stack, shopper: MakeShopper, gateway: str) -> None:
    # Undelivered notifications of other journeys arrive first.
    assert stack.control("flush", {"timeout": 60})["done"]
    before = stack.value("SELECT count(*) FROM payments_webhookevent")
    status = stack.post(
        f"/payments/webhook/{gateway}/?data.id=123&type=payment",
        b'{"id": "evt_forged", "object": "event", "type": "checkout.session.completed", "data": {"id": "123", "object": {}}}',
        {"x-signature": "ts=1,v1=" + "0" * 64, "x-request-id": "x", "Stripe-Signature": "t=1,v1=" + "0" * 64},
    )
    assert status in {400, 401}
    assert stack.value("SELECT count(*) FROM payments_webhookevent") == before
    assert stack.value("SELECT sum(value) FROM core_counter WHERE name LIKE %s", f"%{gateway}%") >= 1
