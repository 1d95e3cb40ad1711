"""From the product page to the order, with both providers, with and without JavaScript, as guest and with an account."""

import pytest

from tests.journeys.conftest import MakeShopper
from tests.journeys.facts import bought_once, orders_of, stock_is_true
from tests.journeys.shopper import pick
from tests.journeys.stack import Stack


@pytest.mark.parametrize(
    ("gateway", "javascript"),
    [
        pytest.param("mercadopago", True, id="mercadopago-js"),
        pytest.param("stripe", False, id="stripe-nojs"),
        pytest.param("mercadopago", False, id="mercadopago-nojs", marks=pytest.mark.soak),
        pytest.param("stripe", True, id="stripe-js", marks=pytest.mark.soak),
    ],
)
def test_a_guest_buys(stack: Stack, shopper: MakeShopper, gateway: str, javascript: bool) -> None:
    email = f"guest-{gateway}-{javascript}@example.com".lower()
    goods = pick(stack, offset=int(javascript))
    visitor = shopper(javascript=javascript)
    visitor.add(goods).check_out(email=email).go_to_pay(gateway).pay_there().come_back().sees_the_order()
    number = bought_once(stack, email, goods)
    assert str(number) in visitor.page.content()
    stock_is_true(stack)


@pytest.mark.parametrize(
    ("gateway", "javascript"), [pytest.param("mercadopago", False, marks=pytest.mark.soak), ("stripe", True)]
)
def test_somebody_with_an_account_buys_two_things(
    stack: Stack, shopper: MakeShopper, gateway: str, javascript: bool
) -> None:
    account = "ana@percha.test" if javascript else "bruno@percha.test"
    goods, more = pick(stack, offset=3), pick(stack, offset=4)
    visitor = shopper(javascript=javascript, wide=True)
    before = orders_of(stack, account)
    visitor.add(goods)
    visitor.log_in(account)  # the guest's cart comes along
    visitor.add(more).check_out(email=account).go_to_pay(gateway).pay_there().come_back().sees_the_order()
    number = bought_once(stack, account, goods, more, before=before)
    visitor.visit("/cuenta/pedidos/")
    assert str(number) in visitor.page.content()
    visitor.visit(f"/cuenta/pedidos/{number}/")
    for bought in (goods, more):
        assert bought.sku in visitor.page.content()
    stranger = shopper()
    stranger.visit(f"/cuenta/pedidos/{number}/")
    assert "/login/" in stranger.page.url


def test_nobody_else_sees_an_order(stack: Stack, shopper: MakeShopper) -> None:
    visitor = shopper()
    answer = visitor.page.goto(stack.url + "/pedido/this-is-no-secret-of-any-order-0000/")
    assert answer is not None
    assert answer.status == 404


def test_fetching_at_the_store_needs_no_address(stack: Stack, shopper: MakeShopper) -> None:
    email = "pickup@example.com"
    goods = pick(stack, offset=5)
    visitor = shopper()
    visitor.add(goods).check_out(email=email, pickup=True)
    visitor.go_to_pay("stripe").pay_there().come_back().sees_the_order()
    bought_once(stack, email, goods)
    assert stack.value("SELECT shipping_address_id FROM orders_order WHERE email = %s", email) is None
