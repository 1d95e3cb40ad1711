"""Somebody of the staff with a browser, in the back office. Finds elements by addresses and field names."""

import re
from collections.abc import Mapping
from typing import Self

from playwright.sync_api import Locator, expect

from tests.journeys.shopper import Shopper

_FORM = "form#verb-form"


class Clerk(Shopper):
    """One of the staff. An act ends where the back office leads afterwards; what it refuses fails the journey."""

    # -- pages -----------------------------------------------------------------------------------------------------
    def open_order(self, order: object) -> Self:
        """Open the page of an order."""
        self.visit(f"/admin/orders/order/{order}/change/")
        return self

    def open_return(self, rma: object) -> Self:
        """Open the page of a return."""
        self.visit(f"/admin/orders/return/{rma}/change/")
        return self

    def press(self, address: str) -> Self:
        """Follow the first link of the page that leads to an act (a part of its address)."""
        self.page.locator(f"a[href*='{address}']").first.click()
        self.page.wait_for_url(re.compile(re.escape(address)))
        expect(self.form()).to_be_visible()
        return self

    def form(self) -> Locator:
        """Return the form of the act."""
        return self.page.locator(_FORM)

    def fill(self, fields: Mapping[str, str | bool]) -> Self:
        """Fill in fields of the act's form by their names: text, choices, and whether boxes are ticked."""
        for name, value in fields.items():
            field = self.form().locator(f"[name={name}]")
            if isinstance(value, bool):
                field.set_checked(value)
            elif field.evaluate("field => field.tagName") == "SELECT":
                field.select_option(value)
            else:
                field.fill(value)
        return self

    def confirm(self, button: str = "button[type=submit]") -> Self:
        """Press the form's button; the act must be done, not refused."""
        here = self.page.url
        self.form().locator(button).first.click()
        self.page.wait_for_url(lambda url: url != here)
        self.page.wait_for_load_state()
        assert not self.problems, self.problems
        return self

    def confirm_shown(self) -> Self:
        """Have the form show what it comes to, and confirm exactly that."""
        with self.page.expect_navigation():
            self.form().locator("button[type=submit]:not([name])").first.click()
        return self.confirm("button[name=confirm]")

    def act(self, address: str, fields: Mapping[str, str | bool] | None = None) -> Self:
        """Press an act's link, fill in its form and confirm it."""
        return self.press(address).fill(fields or {}).confirm()

    # -- sending ---------------------------------------------------------------------------------------------------
    def prepare(self, units: Mapping[object, int]) -> Self:
        """Prepare a shipment of some units of an order whose page is open: units by order line; others are left out."""
        self.press("/prepare/")
        fields = self.form().locator("input[name^=units_]")
        for field in fields.all():
            field.fill("0")
        return self.fill({f"units_{_hex(line)}": str(number) for line, number in units.items()}).confirm()

    def scan(self, code: str) -> Self:
        """Type a code as a scanner does, wherever the page has put the focus, and wait for its answer."""
        expect(self.page.locator("input[name=code]")).to_be_focused()
        with self.page.expect_response(lambda answer: answer.request.method == "POST"):
            self.page.keyboard.type(code)
            self.page.keyboard.press("Enter")
        return self

    def pack(self, shipment: object, *codes: str) -> Self:
        """Open the packing page of a shipment from the queues and scan what goes into the parcel."""
        self.visit(f"/admin/orders/shipment/{shipment}/pack/")
        for code in codes:
            self.scan(code)
        self.page.wait_for_url(lambda url: f"/{shipment}/" not in url)
        assert not self.problems, self.problems
        return self

    # -- returns ---------------------------------------------------------------------------------------------------
    def receive(self, *codes: str) -> Self:
        """Count a parcel of the return whose page is open by scanning each unit."""
        self.press("/receive/")
        for code in codes:
            expect(self.page.locator("input[name=scan]")).to_be_focused()
            self.page.keyboard.type(code)
            with self.page.expect_navigation():
                self.page.keyboard.press("Enter")
        return self.confirm("button[name=done]")

    def decide(self, units: Mapping[object, int]) -> Self:
        """Decide for how many units of which lines of the return money goes back, exactly as it is shown."""
        self.press("/decide/")
        self.fill({f"units_{_hex(line)}": str(number) for line, number in units.items()})
        return self.confirm_shown()


def _hex(key: object) -> str:
    return str(key).replace("-", "")
