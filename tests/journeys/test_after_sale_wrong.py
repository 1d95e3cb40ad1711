"""What goes wrong after the sale, in the browser: a claim answered with a new unit, a purchase withdrawn from, and
another product instead, for which the buyer pays the difference."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from shop.demo.logins import SUPPORT, WAREHOUSE
from tests.journeys.conftest import MakeClerk, MakeShopper
from tests.journeys.facts import books_agree, documents, ledger
from tests.journeys.mailbox import mail
from tests.journeys.sales import bought, delivered, in_state, lines_of, now, photo, send, state_of
from tests.journeys.shopper import Goods, Shopper, sizes
from tests.journeys.stack import Stack

CLAIMS = "reclama@example.com"
NEVER = "no-llego@example.com"
CHANGES = "cambia@example.com"
WITHDRAWS = "se-arrepiente@example.com"


def test_a_claim_is_answered_with_a_new_unit(
    stack: Stack, shopper: MakeShopper, clerk: MakeClerk, tmp_path: Path
) -> None:
    (goods,) = sizes(stack, 1, offset=3)
    began, visitor = now(stack), shopper(javascript=False)
    order = bought(stack, visitor, CLAIMS, goods, gateway="stripe")
    key = order["id"]
    warehouse = clerk().log_in(WAREHOUSE.email)
    delivered(warehouse, key, {lines_of(stack, key)[goods.sku]: 1}, goods.sku)

    page = visitor.page
    page.goto(mail(stack, "shipment_delivered", CLAIMS).link("/pedido/"))
    page.locator("a[href$='/reclamos/']").first.click()
    page.locator("select[name^=units_]").select_option("1")
    page.select_option("select[name=reason]", "damaged_in_transit")
    page.select_option("select[name=wish]", "replace")
    page.set_input_files("input[name=photos]", photo(tmp_path))
    page.locator("form:has(input[name=photos]) button[type=submit]").click()
    page.wait_for_url("**/reclamos/1/")

    claim = stack.value("SELECT id FROM orders_claim WHERE order_id = %s", key)
    office = clerk().log_in(SUPPORT.email)
    office.visit(f"/admin/orders/claim/{claim}/change/").press("/approve").confirm_shown()
    office.visit(f"/admin/orders/claim/{claim}/change/").act("/resolve")
    (again,) = stack.rows(
        "SELECT id FROM orders_orderline WHERE order_id = %s AND replaces_id IS NOT NULL", key
    )
    delivered(warehouse, key, {again["id"]: 1}, goods.sku)

    assert ledger(stack, began, goods) == {goods.sku: {"sale": -2}}
    books_agree(stack, key, back=order["total"] * 0)
    assert documents(stack, key) == [("invoice", order["total"])]
    assert (in_state(stack, "orders_claim", key), state_of(stack, key)) == (["resolved"], "completed")
    page.goto(mail(stack, "claim_resolved", CLAIMS).link("/reclamos/"))
    stack.manage("check_stock")
    for one in (visitor, office, warehouse):
        assert not one.problems, one.problems


@pytest.mark.soak
def test_what_never_arrived_is_claimed_while_on_its_way_and_paid_back(
    stack: Stack, shopper: MakeShopper, clerk: MakeClerk
) -> None:
    (goods,) = sizes(stack, 1, offset=4)
    began, visitor = now(stack), shopper(javascript=False)
    order = bought(stack, visitor, NEVER, goods, gateway="stripe")
    key = order["id"]
    warehouse, office = clerk().log_in(WAREHOUSE.email), clerk().log_in(SUPPORT.email)
    send(warehouse, key, {lines_of(stack, key)[goods.sku]: 1}, goods.sku)

    page = visitor.page
    page.goto(mail(stack, "shipment_dispatched", NEVER).link("/pedido/"))
    page.locator("a[href$='/reclamos/']").first.click()
    page.locator("select[name^=units_]").select_option("1")
    page.select_option("select[name=reason]", "never_arrived")
    page.select_option("select[name=wish]", "refund")
    page.locator("form:has(input[name=photos]) button[type=submit]").click()
    page.wait_for_url("**/reclamos/1/")

    claim = stack.value("SELECT id FROM orders_claim WHERE order_id = %s", key)
    office.visit(f"/admin/orders/claim/{claim}/change/").press("/approve").confirm_shown()
    office.visit(f"/admin/orders/claim/{claim}/change/").act("/resolve")

    price = stack.value("SELECT total FROM orders_orderline WHERE order_id = %s", key)
    assert ledger(stack, began, goods) == {goods.sku: {"sale": -1}}
    books_agree(stack, key, back=price)
    assert in_state(stack, "orders_claim", key) == ["resolved"]
    page.goto(mail(stack, "claim_resolved", NEVER).link("/reclamos/"))
    stack.manage("check_stock")
    for one in (visitor, office, warehouse):
        assert not one.problems, one.problems


@pytest.mark.soak
def test_a_purchase_is_withdrawn_from_by_the_link_on_every_page(
    stack: Stack, shopper: MakeShopper, clerk: MakeClerk
) -> None:
    (goods,) = sizes(stack, 1, offset=4)
    began, visitor = now(stack), shopper(javascript=False)
    order = bought(stack, shopper(), WITHDRAWS, goods)
    key = order["id"]
    warehouse = clerk().log_in(WAREHOUSE.email)
    delivered(warehouse, key, {lines_of(stack, key)[goods.sku]: 1}, goods.sku)

    asked, page = declared(stack, visitor, order), visitor.page
    office = clerk().log_in(SUPPORT.email)
    office.visit(f"/admin/orders/withdrawalrequest/{asked}/change/")
    office.act("/take-up")
    rma = stack.value("SELECT id FROM orders_return WHERE order_id = %s", key)
    page.goto(mail(stack, "return_approved", WITHDRAWS).link("/devoluciones/"))
    page.locator("form[action$='/enviada/'] button[type=submit]").click()
    warehouse.open_return(rma).receive(goods.sku)
    line = stack.value("SELECT id FROM orders_returnline WHERE rma_id = %s", rma)
    found = {"condition": "new", "disposition": "restock"}
    warehouse.open_return(rma).act(f"/inspect/{line}/", found)
    office.open_return(rma).decide({line: 1})
    office.open_return(rma).act("/act/pay/")

    assert ledger(stack, began, goods) == {goods.sku: {"sale": -1, "customer_return": 1}}
    books_agree(stack, key, back=order["total"])
    assert documents(stack, key) == [("invoice", order["total"]), ("credit_note", order["total"])]
    assert in_state(stack, "orders_return", key) == ["closed"]
    mail(stack, "order_refunded", WITHDRAWS)
    stack.manage("check_stock")
    for one in (visitor, office, warehouse):
        assert not one.problems, one.problems


@pytest.mark.soak
def test_the_difference_of_an_exchange_is_paid_before_the_new_unit_is_sent(
    stack: Stack, shopper: MakeShopper, clerk: MakeClerk
) -> None:
    old, new, price = cheap_and_dear(stack)
    began, visitor = now(stack), shopper(javascript=False)
    order = bought(stack, visitor, CHANGES, old)
    key = order["id"]
    warehouse, office = clerk().log_in(WAREHOUSE.email), clerk().log_in(SUPPORT.email)
    delivered(warehouse, key, {lines_of(stack, key)[old.sku]: 1}, old.sku)
    difference = asked_instead(stack, visitor, order, new)
    assert difference == price - stack.value(
        "SELECT unit_price FROM orders_orderline WHERE order_id = %s", key
    )

    rma = stack.value("SELECT id FROM orders_return WHERE order_id = %s", key)
    office.open_return(rma).act("/act/approve/")
    visitor.page.goto(mail(stack, "exchange_to_pay", CHANGES).link("/cambios/"))
    visitor.go_to_pay("stripe").pay_there().come_back().sees_the_bill_paid()
    mail(stack, "exchange_paid", CHANGES)
    warehouse.open_return(rma).receive(old.sku)
    line = stack.value("SELECT id FROM orders_returnline WHERE rma_id = %s", rma)
    warehouse.open_return(rma).act(f"/inspect/{line}/", {"condition": "new", "disposition": "restock"})
    stack.job("run_exchanges")
    delivered(warehouse, key, {lines_of(stack, key)[new.sku]: 1}, new.sku)

    assert ledger(stack, began, old, new) == {
        old.sku: {"sale": -1, "customer_return": 1},
        new.sku: {"sale": -1},
    }
    books_agree(stack, key, back=difference * 0)
    assert documents(stack, key) == [("invoice", order["total"]), ("debit_note", difference)]
    assert (in_state(stack, "orders_exchange", key), state_of(stack, key)) == (["released"], "completed")
    stack.manage("check_stock")
    for one in (visitor, office, warehouse):
        assert not one.problems, one.problems


def cheap_and_dear(stack: Stack) -> tuple[Goods, Goods, Decimal]:
    """Return goods of two products and what the dearer costs."""
    found = [sizes(stack, 1, offset=offset)[0] for offset in range(5, 12)]
    prices = {
        row["sku"]: row["price"]
        for row in stack.rows(
            "SELECT sku, price FROM catalog_variant WHERE sku = ANY(%s)", [one.sku for one in found]
        )
    }
    cheap, *_others, dear = sorted(found, key=lambda one: prices[one.sku])
    assert prices[cheap.sku] < prices[dear.sku]
    return cheap, dear, prices[dear.sku]


def asked_instead(stack: Stack, visitor: Shopper, order: dict[str, Any], new: Goods) -> Decimal:
    """Ask for another product instead of the order's only line, found by its SKU; return the difference shown."""
    page = visitor.visit(f"/pedido/{order['secret']}/devolver/").page
    page.locator("select[name^=units_]").select_option("1")
    page.locator("select[name^=reason_]").select_option("changed_mind")
    page.locator("select[name^=instead_]").select_option("other")
    page.locator("main form button[type=submit]").first.click()
    page.fill("main input[name=q]", new.sku)
    page.locator("main form[role=search] button").click()
    found = page.locator(f"select[name=pick]:has(option[value$=':{new.variant_id}'])")
    found.select_option(found.locator(f"option[value$=':{new.variant_id}']").get_attribute("value"))
    page.locator(f"form:has(option[value$=':{new.variant_id}']) button").click()
    page.locator("button[name=send]").click()
    page.wait_for_url("**/devoluciones/1/")
    return Decimal(stack.value("SELECT settlement FROM orders_exchange WHERE order_id = %s", order["id"]))


def declared(stack: Stack, visitor: Shopper, order: dict[str, Any]) -> object:
    """Withdraw from an order by the link on every page: a code is shown and mailed; return the request's key."""
    page = visitor.visit("/").page
    page.locator("footer a[href='/arrepentimiento/']").click()
    page.fill("input[name=order_number]", str(order["number"]))
    page.fill("input[name=email]", WITHDRAWS)
    page.locator("form:has(input[name=order_number]) button[type=submit]").click()
    page.wait_for_url("**/arrepentimiento/listo/")
    (asked,) = stack.rows("SELECT id, code FROM orders_withdrawalrequest WHERE order_id = %s", order["id"])
    expect(page.get_by_text(asked["code"])).to_be_visible()
    assert asked["code"] in mail(stack, "withdrawal_received", WITHDRAWS).text
    return asked["id"]
