"""After the sale: sent in parts, returned in part with another size, paid back in part; the books agree at the end."""

from decimal import Decimal
from pathlib import Path

from playwright.sync_api import expect

from shop.demo.logins import SUPPORT, WAREHOUSE
from tests.journeys.clerk import Clerk
from tests.journeys.conftest import MakeClerk, MakeShopper
from tests.journeys.facts import books_agree, documents, ledger
from tests.journeys.mailbox import mail, received
from tests.journeys.sales import bought, in_state, lines_of, now, photo, send, state_of
from tests.journeys.shopper import Goods, Shopper, sizes
from tests.journeys.stack import Stack

EMAIL = "mudanza@example.com"


def ask_back(visitor: Shopper, page: str, units: dict[object, dict[str, str]], picture: Path) -> None:
    """Ask for a return on the order's page: fields by order line; see what it brings, then send it with a photo."""
    visitor.page.goto(page)
    visitor.page.locator("a[href^='/pedido/'][href$='/devolver/']").first.click()
    for line, fields in units.items():
        for name, value in fields.items():
            visitor.page.select_option(f"select[name={name}_{str(line).replace('-', '')}]", value)
    visitor.page.locator("form:has([name^=units_]) button[type=submit]").click()
    visitor.page.set_input_files("input[name=photos]", picture)
    visitor.page.locator("button[name=send]").click()
    visitor.page.wait_for_url("**/devoluciones/*/")


class Sale:
    """An order of three units in two sizes of one product, a third size to change for, and the people about it."""

    def __init__(self, stack: Stack, visitor: Shopper, warehouse: Clerk, office: Clerk) -> None:
        self.stack = stack
        self.began = now(stack)
        self.small, self.medium, self.large = sizes(stack, 3)
        order = bought(stack, visitor, EMAIL, self.small, self.small, self.medium)
        self.key, self.total = order["id"], order["total"]
        self.price: Decimal = stack.value(
            "SELECT unit_price FROM orders_orderline WHERE id = %s", self.line(self.medium)
        )
        self.warehouse = warehouse.log_in(WAREHOUSE.email)
        self.office = office.log_in(SUPPORT.email)

    def line(self, goods: Goods) -> object:
        return lines_of(self.stack, self.key)[goods.sku]

    def of_return(self, goods: Goods) -> object:
        return self.stack.value("SELECT id FROM orders_returnline WHERE order_line_id = %s", self.line(goods))

    @property
    def rma(self) -> object:
        return self.stack.value("SELECT id FROM orders_return WHERE order_id = %s", self.key)

    def leaves_in_parts(self) -> None:
        """The warehouse sends a part by scan, then the rest; both arrive."""
        small, medium = self.line(self.small), self.line(self.medium)
        first = send(self.warehouse, self.key, {small: 1}, self.small.sku, tracking="CA100AR")
        assert "CA100AR" in mail(self.stack, "shipment_dispatched", EMAIL).text
        rest = {small: 1, medium: 1}
        second = send(self.warehouse, self.key, rest, self.medium.sku, self.small.sku, tracking="CA200AR")
        for shipment in (first, second):
            assert state_of(self.stack, self.key) == "confirmed"
            self.warehouse.open_order(self.key).act(f"/{shipment}/act/deliver/")

    def is_asked_back(self, visitor: Shopper, picture: Path) -> None:
        """The buyer follows a mail's link: one unit in another size, money for another; then they send both."""
        swap = {"units": "1", "reason": "too_small", "area": "chest", "instead": self.large.variant_id}
        back = {"units": "1", "reason": "changed_mind"}
        page = mail(self.stack, "shipment_delivered", EMAIL, number=2).link("/pedido/")
        ask_back(visitor, page, {self.line(self.small): swap, self.line(self.medium): back}, picture)
        self.office.open_return(self.rma).act("/act/approve/")
        visitor.page.goto(mail(self.stack, "return_approved", EMAIL).link("/devoluciones/"))
        visitor.page.fill("input[name=tracking_number]", "RET300AR")
        visitor.page.locator("form[action$='/enviada/'] button[type=submit]").click()
        expect(visitor.page.locator("input[name=tracking_number]")).to_have_value("RET300AR")

    def comes_back(self) -> None:
        """The warehouse counts and inspects it; the office decides about the money and pays it back."""
        self.warehouse.open_return(self.rma).receive(self.small.sku, self.medium.sku)
        for goods, condition, disposition in (
            (self.small, "new", "restock"),
            (self.medium, "damaged", "write_off"),
        ):
            found = {"condition": condition, "disposition": disposition}
            self.warehouse.open_return(self.rma).act(f"/inspect/{self.of_return(goods)}/", found)
        # What is exchanged is not proposed: the only unit that money goes back for is chosen already.
        self.office.open_return(self.rma).decide({self.of_return(self.medium): 1})
        self.office.open_return(self.rma).act("/act/pay/")

    def gets_the_other_size(self) -> None:
        """The job releases the exchange, and the warehouse sends its unit."""
        self.stack.job("run_exchanges")
        large = {self.line(self.large): 1}
        third = send(self.warehouse, self.key, large, self.large.sku, tracking="CA300AR")
        self.warehouse.open_order(self.key).act(f"/{third}/act/deliver/")


def agrees(sale: Sale) -> None:
    """Check that stock, money, documents, states and mails agree."""
    stack = sale.stack
    assert ledger(stack, sale.began, sale.small, sale.medium, sale.large) == {
        sale.small.sku: {"sale": -2, "customer_return": 1},
        sale.medium.sku: {"sale": -1, "customer_return": 1, "loss": -1},
        sale.large.sku: {"sale": -1},
    }
    books_agree(stack, sale.key, back=sale.price)
    assert documents(stack, sale.key) == [("invoice", sale.total), ("credit_note", sale.price)]
    assert in_state(stack, "orders_shipment", sale.key) == ["delivered"] * 3
    assert in_state(stack, "orders_return", sale.key) == ["closed"]
    assert in_state(stack, "orders_exchange", sale.key) == ["released"]
    assert state_of(stack, sale.key) == "completed"
    mails = {
        "order_confirmation": 1,
        "shipment_dispatched": 3,
        "shipment_delivered": 3,
        "return_requested": 1,
        "exchange_requested": 1,
        "return_approved": 1,
        "return_received": 1,
        "return_paid_back": 1,
        "order_refunded": 1,
        "exchange_released": 1,
    }
    received(stack, EMAIL, mails)


def test_an_order_leaves_in_parts_and_comes_back_in_part_with_another_size(
    stack: Stack, shopper: MakeShopper, clerk: MakeClerk, tmp_path: Path
) -> None:
    sale = Sale(stack, shopper(), clerk(), clerk())
    visitor = shopper(javascript=False)
    sale.leaves_in_parts()
    sale.is_asked_back(visitor, photo(tmp_path))
    sale.comes_back()
    sale.gets_the_other_size()
    agrees(sale)
    visitor.page.goto(mail(stack, "shipment_delivered", EMAIL, number=3).link("/pedido/"))
    sent_instead = stack.value("SELECT name FROM orders_orderline WHERE id = %s", sale.line(sale.large))
    for words in ("CA100AR", "CA200AR", "CA300AR", sent_instead):
        expect(visitor.page.get_by_text(words).first).to_be_visible()
    stack.manage("check_stock")
    for one in (visitor, sale.warehouse, sale.office):
        assert not one.problems, one.problems
