"""Shoppers: each buys once, by HTTP, in a manner drawn from the run's seed."""

import re
import time
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import dataclass
from decimal import Decimal
from html import unescape
from random import Random

import requests

from tests.chaos.people.accounts import PASSWORD, account_of
from tests.chaos.people.browser import Browser, Form, NoSuchForm, Page
from tests.chaos.records.log import Log
from tests.chaos.services.stack import ShopStack

# How long a shopper retries what the shop does not answer; then they leave.
_STAMINA = 120.0
_PAUSE = 0.3
_INSTRUCTION = """
    SELECT i.code, i.amount FROM payments_transferinstruction i JOIN payments_paymentattempt a ON a.id = i.attempt_id
     WHERE a.token = %s
"""
# All shoppers come from one address, which may try so often a minute.
_TRIES, _PAUSE_AT_THE_LIMIT = 12, 5.0
_COMES_BACK = re.compile(r'http-equiv="refresh" content="(\d+); url=([^"]+)"')


class GaveUp(Exception):
    """The shopper left; the message says where."""


@dataclass(frozen=True)
class Goods:
    """A variant that can be bought."""

    variant_id: str
    sku: str
    slug: str
    # The product page's query that chooses it: `color=negro&talle=m`.
    options: str


class Shopper:
    """One visitor. `chance` is the random generator of all their choices."""

    def __init__(self, stack: ShopStack, log: Log, goods: Sequence[Goods], *, number: int, seed: int) -> None:
        self.stack, self.log, self.goods, self.number = stack, log, goods, number
        self.chance = Random(f"{seed}:shopper:{number}")
        self.email = f"compra-{number}@example.com"
        self.browser = Browser()
        self.gateways: Sequence[str] = stack.gateways
        self.voucher_gateway = stack.voucher_gateway
        self.day = 0

    def twin(self) -> "Shopper":
        """Return the same visitor in another window: the same cookies, on a connection of their own."""
        twin = copy(self)
        twin.browser = self.browser.window()
        return twin

    # -- patience --------------------------------------------------------------------------------------------------
    def patiently(self, act: Callable[[], Page], where: str) -> Page:
        """Do something until the shop answers it without an error of its own.

        Raises:
            GaveUp: it took too long.
        """
        deadline = time.monotonic() + _STAMINA
        while True:
            try:
                page = act()
            except requests.RequestException as error:
                seen = type(error).__name__
            else:
                if not page.is_broken:
                    return page
                seen = f"{page.status}"
            self.log.note(self.log.seen, f"{seen} at {where}")
            if time.monotonic() > deadline:
                raise GaveUp(f"no answer at {where}")
            time.sleep(_PAUSE)

    def visit(self, path: str) -> Page:
        url = path if path.startswith("http") else self.stack.url + path
        return self.patiently(lambda: self.browser.get(url), _place(url))

    def send(self, page: Page, form: Form, values: dict[str, str] | None = None, *, stay: str = "") -> Page:
        """Send a form; when nobody answers, open the page again as a shopper would, and press the button again."""
        return self.patiently(
            lambda: self.browser.submit(page, form, values, stay=stay), _place(form.action or page.url)
        )

    def sign_in(self) -> None:
        """Sign in with the account that was made for this shopper.

        Raises:
            GaveUp: it did not succeed.
        """
        self.email = account_of(self.number)
        for _turn in range(_TRIES):
            page = self.visit("/cuenta/login/")
            try:
                form = page.form(holding="password")
            except NoSuchForm:
                return  # The answer to the last try was lost on its way.
            page = self.send(page, form, {"login": self.email, "password": PASSWORD})
            if "/cuenta/login/" not in page.url:
                return
            time.sleep(_PAUSE_AT_THE_LIMIT)
        raise GaveUp("could not sign in")

    # -- choosing and checking out -----------------------------------------------------------------------------------
    def fill_cart(self) -> None:
        """Put one or two things into the cart.

        Raises:
            GaveUp: there is nothing left of what they wanted.
        """
        for goods in self.chance.sample(list(self.goods), k=self.chance.choice((1, 1, 1, 2))):
            page = self.visit(f"/p/{goods.slug}/?{goods.options}")
            try:
                form = page.form("/carrito/agregar/")
            except NoSuchForm:
                continue  # Sold out: the page offers to wait instead.
            count = self.chance.choice((1, 1, 1, 2))
            self.send(page, form, {"variant": goods.variant_id, "quantity": str(count)})

    def check_out(self) -> Page:
        """Go from the cart to the payment step, filling in what is asked; return its page."""
        page = self.visit("/carrito/")
        if "/checkout/" not in page.text:
            raise GaveUp("sold out")
        page = self.send(page, page.form("/checkout/"))
        if "/datos/" in page.url:
            page = self.send(page, (form := page.form(holding="document_number")), self._details(form))
        if "/envio/" in page.url:
            form = page.form(holding="rate")
            page = self.send(page, form, {"rate": form.options["rate"][0], "terms": "on"})
        if "/pago/" not in page.url:
            raise GaveUp("sold out" if "/carrito/" in page.url else f"stopped at {_place(page.url)}")
        return page

    def _details(self, form: Form) -> dict[str, str]:
        data = {
            "email": self.email,
            "first_name": "Lucía",
            "last_name": "Ferro",
            "phone": "+54 11 5555 1234",
            "document_type": "DNI",
            "document_number": "30123456",
            "delivery-street": "Caseros 2739",
            "delivery-city": "Buenos Aires",
            "delivery-postal_code": "1246",
        }
        data["delivery-state"] = form.options.get("delivery-state", ["", ""])[1]
        return data

    # -- paying --------------------------------------------------------------------------------------------------------
    def go_to_pay(self, page: Page, gateway: str) -> Page:
        """Press Pay; return the provider's page. Where the provider does not answer, press again, then another one.

        Raises:
            GaveUp: nobody can be paid, or the shop says that paying is over (the words tell).
        """
        step = page.url
        for turn in range(10):
            try:
                form = page.form("/pagar/")
            except NoSuchForm:
                raise GaveUp(f"stopped at {_place(page.url)}") from None
            page = self.wait_in_line(self.send(page, form, {"gateway": self.choose(gateway, turn)}))
            if page.url.startswith(self.stack.sandbox_url):
                return page
            if "/pago/estado/" in page.url or "/pedido/" in page.url:
                raise GaveUp("told that it is paid or under way")
            time.sleep(2 * _PAUSE)
            page = self.visit(step)
        raise GaveUp("provider did not answer")

    def go_to_transfer(self, page: Page) -> tuple[str, Decimal]:
        """Choose the bank transfer; return the reference and the amount that the page asks for.

        Raises:
            GaveUp: it is not offered for this purchase, or the shop says that paying is over.
        """
        step = page.url
        for _turn in range(10):
            try:
                form = page.form("/pagar/")
            except NoSuchForm:
                raise GaveUp(f"stopped at {_place(page.url)}") from None
            page = self.wait_in_line(self.send(page, form, {"gateway": "transfer"}))
            if "/transferencia/" in page.url:
                token = page.url.rstrip("/").rsplit("/", 1)[1].partition("?")[0]
                (row,) = self.stack.rows(_INSTRUCTION, token)
                return row["code"], row["amount"]
            if "/pago/estado/" in page.url or "/pedido/" in page.url:
                raise GaveUp("told that it is paid or under way")
            time.sleep(2 * _PAUSE)
            page = self.visit(step)
        raise GaveUp("no transfer was offered")

    def wait_in_line(self, page: Page) -> Page:
        """Follow the waiting page, which reloads by itself while every slot for the provider is taken."""
        for _turn in range(20):
            found = _COMES_BACK.search(page.text)
            if not found:
                break
            time.sleep(min(1.0, float(found[1])))
            page = self.visit(unescape(found[2]))
        return page

    def choose(self, gateway: str, turn: int) -> str:
        """Return the provider to pay at this try: the one wanted, then alternately another one as well."""
        return gateway if turn < 3 or turn % 2 else self.other(gateway)

    def other(self, gateway: str) -> str:
        """Return another provider of this shop, if it has one."""
        return next((code for code in self.gateways if code != gateway), gateway)

    def pay(self, page: Page, action: str = "pay", **fields: str) -> Page:
        """Press a button of the provider's page; stay at the provider until its way back to the shop."""
        form = page.form("/checkout/v1/pay" if "/mp/" in page.url else "/stripe/pay/")
        return self.send(page, form, {"action": action, **fields}, stay=self.stack.sandbox_url)

    def come_back(self, page: Page) -> None:
        """Visit the return page: never, once, or twice (a reload)."""
        times = self.chance.choice((0, 1, 1, 1, 2))
        for _turn in range(times if page.way_back else 0):
            self.visit(page.way_back)


def _place(url: str) -> str:
    """Name a page without its tokens: `/checkout/…/pago/`."""
    parts = [part for part in url.partition("?")[0].split("/") if part]
    parts = parts[2:] if url.startswith("http") else parts
    return "/" + "/".join("…" if len(part) > 20 or any(c.isdigit() for c in part) else part for part in parts)
