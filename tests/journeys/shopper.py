"""A visitor with a browser. Finds elements by addresses and field names, so that texts may change."""

import re
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Self

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import Locator, Page, Response, expect

from shop.demo.logins import DEMO_PASSWORD
from tests.journeys.stack import PATIENCE, Stack


@dataclass(frozen=True)
class Goods:
    """A variant of the demo shop that can be bought."""

    variant_id: str
    sku: str
    slug: str
    options: str


def pick(stack: Stack, *, offset: int = 0, at_least: int = 5) -> Goods:
    """Choose a variant with enough units, outside every drop; another `offset` is another product."""
    (row,) = stack.rows(
        """
        SELECT v.id::text AS variant_id, v.sku, p.slug,
               (SELECT string_agg(o.code || '=' || w.code, '&')
                  FROM catalog_variantvalue vv
                  JOIN catalog_option o ON o.id = vv.option_id
                  JOIN catalog_optionvalue w ON w.id = vv.value_id
                 WHERE vv.variant_id = v.id) AS options
          FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
         WHERE v.is_active AND p.is_active AND v.max_per_order IS NULL
           AND NOT EXISTS (SELECT 1 FROM catalog_collectionproduct e JOIN catalog_collection c
                            ON c.id = e.collection_id WHERE e.product_id = p.id AND c.kind = 'drop')
           AND (SELECT max(s.on_hand - s.reserved) FROM inventory_stocklevel s
                  JOIN inventory_location l ON l.id = s.location_id
                 WHERE s.variant_id = v.id AND inventory_sellable(l.is_sellable, l.kind)) >= %s
         ORDER BY p.slug, v.sku OFFSET %s LIMIT 1
        """,
        at_least,
        offset * 11,
    )
    return Goods(**row)


def sizes(stack: Stack, count: int, *, offset: int = 0, at_least: int = 5) -> list[Goods]:
    """Choose so many sizes of one product in one colour; another `offset` is another product."""
    rows = stack.rows(
        """
        SELECT v.id::text AS variant_id, v.sku, p.slug, string_agg(o.code || '=' || w.code, '&') AS options,
               string_agg(w.code, '&') FILTER (WHERE o.code <> 'talle') AS colour
          FROM catalog_variant v JOIN catalog_product p ON p.id = v.product_id
          JOIN catalog_variantvalue vv ON vv.variant_id = v.id
          JOIN catalog_option o ON o.id = vv.option_id
          JOIN catalog_optionvalue w ON w.id = vv.value_id
         WHERE v.is_active AND p.is_active AND v.max_per_order IS NULL
           AND NOT EXISTS (SELECT 1 FROM catalog_collectionproduct e JOIN catalog_collection c
                            ON c.id = e.collection_id WHERE e.product_id = p.id AND c.kind = 'drop')
           AND (SELECT max(s.on_hand - s.reserved) FROM inventory_stocklevel s
                  JOIN inventory_location l ON l.id = s.location_id
                 WHERE s.variant_id = v.id AND inventory_sellable(l.is_sellable, l.kind)) >= %s
         GROUP BY v.id, p.slug ORDER BY p.slug, colour, v.sku
        """,
        at_least,
    )
    by_colour: dict[tuple[str, str], list[Goods]] = {}
    for row in rows:
        colour = row.pop("colour")
        by_colour.setdefault((row["slug"], colour), []).append(Goods(**row))
    found = {slug: goods for (slug, _colour), goods in by_colour.items() if len(goods) >= count}
    return list(found.values())[offset][:count]


class Shopper:
    """One visitor in one browser context."""

    def __init__(self, page: Page, stack: Stack) -> None:
        self.page = page
        self.stack = stack
        self.problems: list[str] = []
        page.on("pageerror", self._note_failure)
        page.on("response", self._note_error)

    def _note_failure(self, error: object) -> None:
        # A fade that ends at a page without the shop's scripts (an invoice), where nobody can take the rejection.
        if "ViewTransition opt-in disabled" not in str(error):
            self.problems.append(str(error))

    def _note_error(self, answer: Response) -> None:
        if answer.status >= 500:
            self.problems.append(answer.url)

    def visit(self, path: str) -> Self:
        """Open a page of the shop; it must not answer with an error of ours."""
        answer = self.page.goto(self.stack.url + path)
        assert answer is not None
        assert answer.status < 500, f"{path} answered {answer.status}"
        return self

    def log_in(self, email: str) -> Self:
        """Sign in with a demo account."""
        self.visit("/cuenta/login/")
        self.page.fill("input[name=login]", email)
        self.page.fill("input[name=password]", DEMO_PASSWORD)
        self.page.locator("form:has(input[name=password]) button[type=submit]").click()
        self.page.wait_for_url(re.compile(r"/cuenta/(?!login)"))
        return self

    # -- choosing --------------------------------------------------------------------------------------------------
    def choose(self, goods: Goods) -> Self:
        """Open the product page and choose each option by its link."""
        self.visit(f"/p/{goods.slug}/")
        for code, value in (pair.split("=") for pair in (goods.options or "").split("&") if pair):
            link = self.page.locator(f"#choose-{code}-{value}")
            if link.count():
                link.click()
                expect(self.page.locator(f"#choose-{code}-{value}[aria-current=true]")).to_be_visible()
                # Without JavaScript this is another page, whose next option may not have arrived yet.
                self.page.wait_for_load_state()
        expect(self.page.locator("form[action$='/carrito/agregar/'] input[name=variant]")).to_have_value(
            goods.variant_id
        )
        return self

    def add(self, goods: Goods) -> Self:
        """Put one unit into the cart and open the cart."""
        self.choose(goods)
        with self.page.expect_response(lambda answer: "/carrito/agregar/" in answer.url):
            self.page.locator("form[action$='/carrito/agregar/'] button[type=submit]").click()
        self.page.wait_for_load_state("networkidle")
        return self.open_cart()

    def open_cart(self) -> Self:
        return self.visit("/carrito/")

    # -- checking out ----------------------------------------------------------------------------------------------
    def check_out(self, *, email: str = "lucia@example.com", pickup: bool = False, cuit: str = "") -> Self:
        """Go from the cart to the payment step, filling in what is asked."""
        self.page.locator("form[action$='/checkout/'] button[type=submit]").click()
        self.page.wait_for_url(re.compile(r"/checkout/.+/datos/"))
        return self.give_details(email=email, pickup=pickup, cuit=cuit).choose_shipping()

    def give_details(self, *, email: str, pickup: bool = False, cuit: str = "") -> Self:
        """Fill in the buyer and where it goes; with a `cuit` they are registered for IVA."""
        fields = {
            "email": email,
            "first_name": "Lucía",
            "last_name": "Ferro",
            "phone": "+54 11 5555 1234",
            "document_number": cuit or "30123456",
        }
        for name, value in fields.items():
            self.page.fill(f"input[name={name}]", value)
        self.page.select_option("select[name=document_type]", "CUIT" if cuit else "DNI")
        if cuit:
            self.page.select_option("select[name=tax_condition]", "RI")
        if pickup:
            self.page.locator("input[name=receive][value=pickup]").check()
        else:
            self.page.fill("input[name=delivery-street]", "Caseros 2739")
            self.page.fill("input[name=delivery-city]", "Buenos Aires")
            self.page.fill("input[name=delivery-postal_code]", "1246")
            self.page.select_option("select[name=delivery-state]", index=1)
        self.page.locator("form.checkout-form .actions button[type=submit]").click()
        self.page.wait_for_url(re.compile(r"/checkout/.+/envio/"))
        return self

    def choose_shipping(self) -> Self:
        self.page.locator("input[name=rate]").first.check()
        self.page.locator("input[name=terms]").check()
        self.page.locator("form.checkout-form .actions button[type=submit]").click()
        self.page.wait_for_url(re.compile(r"/checkout/.+/pago/"))
        return self

    def go_to_pay(self, gateway: str) -> Self:
        """Choose a provider and press Pay; ends on the provider's page."""
        self.page.locator(f"input[name=gateway][value={gateway}]").check()
        self.page.locator("form[action$='/pagar/'] button[type=submit]").click()
        self.page.wait_for_url(re.compile(re.escape(self.stack.sandbox_url)))
        return self

    # -- at the provider -------------------------------------------------------------------------------------------
    def pay_there(self, method: str = "") -> Self:
        """Pay on the provider's page with the first method, or with the one named."""
        if method:
            self.page.locator(f"#m-{method}").check()
        self.page.get_by_test_id("pay").click()
        return self

    def be_declined_there(self) -> Self:
        self.page.get_by_test_id("reject").click()
        expect(self.page.locator("[role=alert]")).to_be_visible()
        return self

    def walk_away(self) -> Self:
        self.page.get_by_test_id("abandon").click()
        return self

    def come_back(self) -> Self:
        """Return to the shop: the provider's page leads back by itself, or waits for a click on its way back."""
        self._go_on_until(
            lambda: self.page.url.startswith(self.stack.url), by=self.page.get_by_test_id("back")
        )
        return self

    # -- afterwards ------------------------------------------------------------------------------------------------
    def sees_the_order(self) -> Self:
        """Wait for the order's own page, which the status page leads to by itself or by its link."""
        self._go_on_until(
            lambda: "/pedido/" in self.page.url, by=self.page.locator("a.btn[href^='/pedido/']")
        )
        assert not self.problems, self.problems
        return self

    def sees_the_bill_paid(self) -> Self:
        """Wait for the page of a bill that was paid by its link: it leads to nothing of the order."""
        self._go_on_until(
            lambda: any(part in self.page.url for part in ("/cuotas/", "/cambios/")),
            by=self.page.locator("a.btn[href^='/cuotas/'], a.btn[href^='/cambios/']"),
        )
        assert not self.page.locator("main form").count(), self.page.url
        assert not self.problems, self.problems
        return self

    def _go_on_until(self, is_there: Callable[[], bool], *, by: Locator) -> None:
        """Wait until the browser is there, pressing the link whenever the page shows it."""
        deadline = time.monotonic() + PATIENCE
        while not is_there():
            assert time.monotonic() < deadline, (
                f"still at {self.page.url}: {self.page.locator('h1').all_inner_texts()}"
            )
            with suppress(PlaywrightError):  # The page may redirect while the link is clicked.
                if by.count():
                    by.first.click(timeout=2_000)
            self.page.wait_for_timeout(100)
        self.page.wait_for_load_state()
