"""Purchases in the shop's own instalments, in the browser: paid one by one, paid off early, the first never paid."""

import re
from decimal import Decimal
from typing import Any

from tests.journeys.conftest import MakeShopper
from tests.journeys.facts import stock_is_true
from tests.journeys.shopper import Goods, Shopper, pick
from tests.journeys.stack import Stack


def offered(stack: Stack) -> None:
    """Offer the shop's own instalments, whatever the demo offers."""
    stack.execute("UPDATE orders_installmentoffer SET is_active = true, min_amount = 0 WHERE count > 1")


def buy(visitor: Shopper, goods: Goods, email: str, *more: Goods) -> str:
    """Buy in three instalments; return the address of the plan."""
    visitor.log_in(email)
    for one in (goods, *more):
        visitor.add(one)
    visitor.check_out(email=email)
    page = visitor.page
    page.locator("a[href*='/cuotas/?quote=']").first.click()
    page.wait_for_url(re.compile(r"/checkout/.+/cuotas/"))
    page.locator("input[name=accepts]").check()
    page.locator("form:has(input[name=accepts]) button[type=submit]").click()
    page.wait_for_url(re.compile(r"/pedido/.+/cuotas/"))
    return page.url


def pay(visitor: Shopper, plan: str, gateway: str, *, number: int = 0) -> None:
    """Pay one instalment (0: all that is left) on the provider's page, and come back to the order."""
    page = visitor.page
    page.goto(plan)
    if number:
        for box in page.locator("input[type=checkbox][name=number]").all():
            box.set_checked(box.get_attribute("value") == str(number))
        page.locator("form[action$='/cuotas/pagar/'] button[type=submit]:not([name])").first.click()
    else:
        page.locator("form[action$='/cuotas/pagar/'] button[name=all]").click()
    page.wait_for_url(re.compile(r"/cuotas/[^/]+/$"))
    visitor.go_to_pay(gateway).pay_there().come_back().sees_the_bill_paid()


def is_paid_off(stack: Stack, plan: str) -> None:
    """Wait until the plan is paid: where the provider answered late, a job books the payment."""
    query = (
        "SELECT p.status FROM orders_installmentplan p JOIN orders_order o ON o.id = p.order_id"
        " WHERE o.secret = %s"
    )
    stack.eventually(query, plan.rstrip("/").rsplit("/", 2)[1], equals="paid")


def plan_of(stack: Stack, plan: str) -> dict[str, Any]:
    secret = plan.rstrip("/").rsplit("/", 2)[1]
    (row,) = stack.rows(
        "SELECT p.status, o.id AS order_id, o.status AS order_status, o.total, sum(i.paid) AS paid, sum(i.waived) AS waived,"
        " sum(i.open_amount) AS open FROM orders_installmentplan p JOIN orders_order o ON o.id = p.order_id"
        " JOIN orders_installment i ON i.plan_id = p.id WHERE o.secret = %s GROUP BY p.id, o.id",
        secret,
    )
    return row


def waits_for_the_first(stack: Stack, order: object) -> bool:
    query = "SELECT count(*) FROM orders_orderhold WHERE order_id = %s AND status = 'active'"
    return bool(stack.value(query, order))


def test_three_instalments_are_paid_one_by_one(stack: Stack, shopper: MakeShopper) -> None:
    offered(stack)
    visitor = shopper()
    plan = buy(visitor, pick(stack, offset=6), "ana@percha.test")
    order = plan_of(stack, plan)["order_id"]
    assert waits_for_the_first(stack, order)
    for number, gateway in ((1, "stripe"), (2, "mercadopago"), (3, "stripe")):
        pay(visitor, plan, gateway, number=number)
        assert not waits_for_the_first(stack, order)
    is_paid_off(stack, plan)
    row = plan_of(stack, plan)
    assert row["open"] == Decimal("0.00")
    assert row["paid"] + row["waived"] == row["total"]
    visitor.visit("/cuenta/cuotas/")
    assert plan.removeprefix(stack.url) in visitor.page.content()
    stock_is_true(stack)


def test_the_rest_is_paid_off_early_without_javascript(stack: Stack, shopper: MakeShopper) -> None:
    offered(stack)
    visitor = shopper(javascript=False, wide=True)
    plan = buy(visitor, pick(stack, offset=7), "bruno@percha.test")
    pay(visitor, plan, "stripe", number=1)
    pay(visitor, plan, "mercadopago")
    is_paid_off(stack, plan)
    row = plan_of(stack, plan)
    assert row["open"] == Decimal("0.00")
    assert row["waived"] > 0


def test_when_the_first_is_never_paid_the_order_ends_and_the_units_return(
    stack: Stack, shopper: MakeShopper
) -> None:
    offered(stack)
    goods = pick(stack, offset=8)
    on_hand = "SELECT sum(on_hand) FROM inventory_stocklevel WHERE variant_id = %s"
    before = stack.value(on_hand, goods.variant_id)
    visitor = shopper()
    plan = buy(visitor, goods, "bruno@percha.test")
    row = plan_of(stack, plan)
    assert stack.value(on_hand, goods.variant_id) == before - 1
    stack.execute(
        "UPDATE orders_installmentplan SET pay_first_by = now() - interval '1 minute' WHERE order_id = %s",
        row["order_id"],
    )
    stack.manage("cancel_unpaid_plans")
    row = plan_of(stack, plan)
    assert (row["status"], row["order_status"], row["open"]) == ("cancelled", "cancelled", Decimal("0.00"))
    assert stack.value(on_hand, goods.variant_id) == before
    visitor.page.goto(plan)
    assert not visitor.page.locator("form[action$='/cuotas/pagar/']").count()
    stock_is_true(stack)
