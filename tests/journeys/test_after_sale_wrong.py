"""What goes wrong after the sale, in the browser: a claim answered with a new unit, and a purchase withdrawn from."""

from pathlib import Path

import pytest
from playwright.sync_api import expect

from shop.demo.logins import SUPPORT, WAREHOUSE
from tests.journeys.conftest import MakeClerk, MakeShopper
from tests.journeys.facts import books_agree, documents, ledger
from tests.journeys.mailbox import mail
from tests.journeys.sales import bought, delivered, in_state, lines_of, now, photo, state_of
from tests.journeys.shopper import sizes
from tests.journeys.stack import Stack

CLAIMS = "reclama@example.com"
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
def test_a_purchase_is_withdrawn_from_by_the_link_on_every_page(
    stack: Stack, shopper: MakeShopper, clerk: MakeClerk
) -> None:
    (goods,) = sizes(stack, 1, offset=4)
    began, visitor = now(stack), shopper(javascript=False)
    order = bought(stack, shopper(), WITHDRAWS, goods)
    key = order["id"]
    warehouse = clerk().log_in(WAREHOUSE.email)
    delivered(warehouse, key, {lines_of(stack, key)[goods.sku]: 1}, goods.sku)

    page = visitor.visit("/").page
    page.locator("footer a[href='/arrepentimiento/']").click()
    page.fill("input[name=order_number]", str(order["number"]))
    page.fill("input[name=email]", WITHDRAWS)
    page.locator("form:has(input[name=order_number]) button[type=submit]").click()
    page.wait_for_url("**/arrepentimiento/listo/")
    (asked,) = stack.rows("SELECT id, code FROM orders_withdrawalrequest WHERE order_id = %s", key)
    expect(page.get_by_text(asked["code"])).to_be_visible()
    assert asked["code"] in mail(stack, "withdrawal_received", WITHDRAWS).text

    office = clerk().log_in(SUPPORT.email)
    office.visit(f"/admin/orders/withdrawalrequest/{asked['id']}/change/")
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
