"""Cancelled before it is sent: by the buyer without JavaScript, and in part by the office, of an order in instalments."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from shop.demo.logins import SUPPORT
from tests.journeys.conftest import MakeClerk, MakeShopper
from tests.journeys.facts import books_agree, documents, ledger
from tests.journeys.mailbox import mail, sent
from tests.journeys.sales import bought, lines_of, now, state_of
from tests.journeys.shopper import sizes
from tests.journeys.stack import Stack
from tests.journeys.test_installments import buy, offered, pay, plan_of

EMAIL = "arrepentida@example.com"
REFUNDS = (
    "SELECT r.id FROM payments_refund r JOIN payments_payment p ON p.id = r.payment_id WHERE p.order_id = %s"
)
# That units are cancelled, and what falls from the instalments.
MAILS = (
    "SELECT count(*) FROM core_emaillog m JOIN orders_order o ON o.checkout_id = m.trail WHERE o.id = %s"
    " AND m.status = 'sent' AND m.kind IN ('order_cancelled', 'installments_reduced')"
)


def test_a_buyer_cancels_before_anything_is_packed(stack: Stack, shopper: MakeShopper) -> None:
    one, other = sizes(stack, 2, offset=1)
    began, visitor = now(stack), shopper(javascript=False)
    order = bought(stack, visitor, EMAIL, one, other, gateway="stripe")
    page = visitor.page
    page.goto(mail(stack, "order_confirmation", EMAIL).link("/pedido/"))
    page.locator("a[href$='/cancelar/']").click()
    page.select_option("select[name=reason]", "mistake")
    page.locator("button[name=step][value=confirm]").click()
    page.wait_for_url("**/pedido/*/")

    back = {"sale": -1, "customer_return": 1}
    assert ledger(stack, began, one, other) == {one.sku: back, other.sku: back}
    assert state_of(stack, order["id"]) == "cancelled"
    books_agree(stack, order["id"], back=order["total"])
    assert documents(stack, order["id"]) == [("invoice", order["total"]), ("credit_note", order["total"])]
    page.goto(mail(stack, "order_cancelled", EMAIL).link("/pedido/"))
    expect(page.locator("a[href$='/cancelar/']")).to_have_count(0)
    stack.manage("check_stock")
    assert not visitor.problems, visitor.problems


@pytest.mark.soak
def test_the_office_cancels_a_part_of_an_order_in_instalments(
    stack: Stack, shopper: MakeShopper, clerk: MakeClerk
) -> None:
    offered(stack)
    stays, goes = sizes(stack, 2, offset=2)
    began, visitor = now(stack), shopper()
    plan = buy(visitor, stays, "bruno@percha.test", goes)
    pay(visitor, plan, "mercadopago", number=1)
    before = plan_of(stack, plan)
    order = before["order_id"]

    office = clerk().log_in(SUPPORT.email).open_order(order).press("/cancel/")
    line = lines_of(stack, order)[stays.sku]
    office.fill({f"units_{str(line).replace('-', '')}": "0", "reason": "buyer_asked"})
    office.form().locator("button[name=step][value=preview]").click()
    office.confirm("button[name=step][value=confirm]")

    after = plan_of(stack, plan)
    # Both units cost the same: half of the plan falls, and no money moves while instalments are open.
    assert abs(2 * (before["open"] - after["open"]) - before["total"]) <= Decimal("0.02")
    assert after["paid"] == before["paid"]
    assert stack.rows(REFUNDS, order) == []
    assert ledger(stack, began, stays, goes) == {
        stays.sku: {"sale": -1},
        goes.sku: {"sale": -1, "customer_return": 1},
    }
    assert state_of(stack, order) == "confirmed"
    sent(stack, MAILS, order, equals=2)
    visitor.page.goto(plan)
    stack.manage("check_stock")
    for one in (visitor, office):
        assert not one.problems, one.problems
