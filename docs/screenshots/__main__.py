"""Take the pictures of docs/screenshots/ again from a running demo shop (`make run` in another terminal).

    make screenshots                                       # http://127.0.0.1:8000
    make screenshots ARGS="--url http://127.0.0.1:8100"

A visitor buys something on a phone and on a desktop; every page on the way is photographed, then the back office.
"""

import argparse
import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from shop.demo.logins import DEMO_PASSWORD, STAFF

FOLDER = Path(__file__).parent
SCREENS = {"phone": (390, 844), "desktop": (1280, 900)}
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]
PRODUCT = "buzo-garita"


class Camera:
    """One browser window that walks through the shop and takes pictures."""

    def __init__(self, page: Page, url: str, screen: str) -> None:
        self.page, self.url, self.screen = page, url, screen

    def shoot(self, name: str, *, whole: bool = False) -> None:
        """Photograph what the window shows (or the whole page) as `<name>-<screen>.png`."""
        self.page.wait_for_load_state("networkidle")
        self.page.evaluate("scrollTo(0, 0); document.fonts.ready" if whole else "document.fonts.ready")
        path = FOLDER / f"{name}-{self.screen}.png"
        picture = self.page.screenshot(full_page=whole, animations="disabled")
        Image.open(BytesIO(picture)).quantize(192).save(path, optimize=True)
        print(path.relative_to(FOLDER.parent.parent))

    def visit(self, path: str, name: str) -> None:
        self.page.goto(self.url + path)
        self.shoot(name)

    def submit(self, form: str, arrives: str) -> None:
        """Press the form's button and wait for the address that follows."""
        self.page.locator(f"{form} button[type=submit]").first.click()
        self.page.wait_for_url(re.compile(arrives))

    def buy(self) -> None:
        """Walk from the product to the paid order."""
        page = self.page
        page.goto(f"{self.url}/p/{PRODUCT}/")
        for _row in range(page.locator("section.picker").count()):
            open_rows = page.locator("section.picker").filter(has_not=page.locator("[aria-current=true]"))
            if open_rows.count():
                open_rows.first.locator("a[id^=choose-]:not([aria-disabled])").first.click()
                page.wait_for_timeout(600)
        self.shoot("product")
        page.locator("form[action$='/carrito/agregar/'] button[type=submit]").click()
        page.wait_for_timeout(900)
        self.shoot("drawer")
        self.visit("/carrito/", "cart")
        self.submit("form[action$='/checkout/']", r"/datos/")
        self.fill_details()
        self.shoot("checkout-details", whole=True)
        self.submit("form.checkout-form", r"/envio/")
        page.locator("input[name=rate]").first.check(force=True)
        page.locator("input[name=terms]").check(force=True)
        self.shoot("checkout-shipping", whole=True)
        self.submit("form.checkout-form", r"/pago/")
        self.shoot("checkout-payment", whole=True)
        self.submit("form[action$='/pagar/']", r"/mp/|/stripe/")
        self.shoot("sandbox-mercadopago")
        page.get_by_test_id("pay").click()
        back = page.get_by_test_id("back")
        if back.count():
            back.first.click()
        page.wait_for_url(re.compile(r"/pedido/"), timeout=30_000)
        self.shoot("order", whole=True)

    def fill_details(self) -> None:
        fields = {
            "email": "lucia@example.com",
            "first_name": "Lucía",
            "last_name": "Ferro",
            "phone": "+54 11 5555 1234",
            "document_number": "30123456",
            "delivery-street": "Caseros 2739",
            "delivery-city": "Buenos Aires",
            "delivery-postal_code": "1246",
        }
        for name, value in fields.items():
            self.page.fill(f"input[name={name}]", value)
        self.page.select_option("select[name=document_type]", "DNI")
        self.page.select_option("select[name=delivery-state]", index=1)

    def log_in(self) -> None:
        self.page.goto(f"{self.url}/cuenta/login/?next=/admin/")
        self.page.fill("input[name=login]", STAFF.email)
        self.page.fill("input[name=password]", DEMO_PASSWORD)
        self.submit("form:has(input[name=password])", r"/admin/")


@contextmanager
def window(browser: Browser, url: str, screen: str, *, dark: bool = False) -> Iterator[Camera]:
    """Open a fresh window of the screen's size."""
    width, height = SCREENS[screen]
    context = browser.new_context(
        viewport={"width": width, "height": height},
        locale="es-AR",
        timezone_id="America/Argentina/Buenos_Aires",
        color_scheme="dark" if dark else "light",
        reduced_motion="reduce",
    )
    yield Camera(context.new_page(), url, screen)
    context.close()


def chromium() -> str:
    """Return the path of the browser."""
    program = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        raise SystemExit("No Chromium was found: install one, or set CHROMIUM to its path.")
    return program


def main() -> None:
    """Take every picture."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the demo shop runs")
    url = parser.parse_args().url.rstrip("/")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for screen in SCREENS:
            with window(browser, url, screen) as camera:
                camera.visit("/", "home")
                camera.visit("/colecciones/anden-03/", "drop")
                camera.visit("/c/buzos/", "category")
                camera.visit("/buscar/?q=campera", "search")
                camera.buy()
                camera.visit("/no-existe/", "not-found")
            with window(browser, url, screen, dark=True) as camera:
                camera.visit("/", "home-dark")
        with window(browser, url, "desktop") as camera:
            camera.log_in()
            camera.shoot("admin-dashboard")
            camera.visit("/admin/inventory/stocklevel/", "admin-stock")
            camera.visit("/admin/orders/order/", "admin-orders")
            camera.page.locator("#result_list a[href*='/orders/order/']").first.click()
            camera.shoot("admin-order", whole=True)
        browser.close()


if __name__ == "__main__":
    main()
