"""What a phone loads when it opens a page for the first time: how much, and how often it asks. Budgets, not wishes.

Nothing is cached, and pictures are asked for as a phone of today does (390 points of three pixels, AVIF). A picture's bytes
follow from its width: the renderer keeps those up to `CARD_WIDTH` within `CARD_BYTES` (catalog/tests/test_renditions.py).
"""

import gzip
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import pytest
from playwright.sync_api import Browser, BrowserContext, Request, Route

from shop.core.pictures.renditions import CARD_WIDTH
from tests.journeys.conftest import CHROMIUM_FLAGS, MakeShopper
from tests.journeys.shopper import pick
from tests.journeys.stack import Stack

KB: Final = 1024
MOST_SCRIPT: Final = 40 * KB
RENDITION: Final = re.compile(r"-r\d+-(\d+)\.(\w+)$")
# Every picture has been rendered: all widths, in the formats of a photograph.
RENDERED: Final = """
UPDATE catalog_productimage SET renditions = jsonb_build_object('file', file, 'recipe', 1, 'colour', '#cccccc',
    'widths', '[320, 480, 640, 960, 1280, 1600]'::jsonb, 'formats', '["avif", "webp", "jpg"]'::jsonb)
"""


@dataclass(frozen=True)
class Budget:
    """The most that a page may load: kilobytes and requests of all that is no picture, and pictures."""

    size: int
    requests: int
    pictures: int


@dataclass
class Load:
    """What a page has loaded."""

    sizes: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    pictures: list[str] = field(default_factory=list)

    def take(self, sent: Request, phone: BrowserContext) -> None:
        """Count a request, and what its answer weighs as production sends it: text compressed."""
        if sent.resource_type == "image":
            self.pictures.append(sent.url)
            return
        self.requests += 1
        if sent.method == "GET":
            body = phone.request.get(sent.url).body()
            kind = sent.resource_type
            self.sizes[kind] += len(body) if kind == "font" else len(gzip.compress(body, 6))


@pytest.fixture
def phone(browser: Browser, chromium_path: str) -> Iterator[BrowserContext]:
    """Give a phone that shows pictures; what it asks of /media/ is answered with an empty one."""
    flags = [flag for flag in CHROMIUM_FLAGS if "imagesEnabled" not in flag]
    showing = browser.browser_type.launch(executable_path=chromium_path, headless=True, args=flags)
    context = showing.new_context(
        viewport={"width": 390, "height": 844},
        device_scale_factor=3,
        is_mobile=True,
        has_touch=True,
        locale="es-AR",
    )

    def blank(route: Route) -> None:
        route.fulfill(content_type="image/svg+xml", body='<svg xmlns="http://www.w3.org/2000/svg"/>')

    context.route("**/media/**", blank)
    yield context
    showing.close()


def test_pages_stay_within_their_budgets(stack: Stack, shopper: MakeShopper, phone: BrowserContext) -> None:
    stack.execute(RENDERED)
    stack.job("rebuild_listing")
    goods = pick(stack, offset=12)
    visitor = shopper().add(goods)
    visitor.page.locator("form[action$='/checkout/'] button[type=submit]").click()
    visitor.page.wait_for_url(re.compile(r"/checkout/.+/datos/"))
    checkout = visitor.page.url.removeprefix(stack.url)
    category = stack.value("SELECT slug FROM catalog_category WHERE depth = 1 ORDER BY path LIMIT 1")
    budgets = {
        "/": Budget(92, 17, 10),
        f"/c/{category}/": Budget(94, 16, 12),
        f"/p/{goods.slug}/": Budget(98, 20, 12),
        "/buscar/?q=remera": Budget(94, 16, 12),
        "/carrito/": Budget(88, 15, 2),
        checkout: Budget(90, 16, 2),
    }
    cards = {path for path in budgets if path.startswith(("/c/", "/buscar/"))}
    own = visitor.page.context.cookies()
    over, seen = [], {}
    for path, budget in budgets.items():
        phone.clear_cookies()
        if path in {"/carrito/", checkout}:
            phone.add_cookies(own)  # type: ignore[arg-type]
        load = _open(phone, stack.url + path)
        found = Budget(round(load.sizes.total() / KB), load.requests, len(load.pictures))
        seen[path] = (found, dict(load.sizes))
        if found.size > budget.size or found.requests > budget.requests or found.pictures > budget.pictures:
            over.append((path, found, budget))
        assert load.sizes["script"] <= MOST_SCRIPT, (path, load.sizes)
        if path in cards:
            chosen = [name.groups() for url in load.pictures if (name := RENDITION.search(url))]
            assert {form for _width, form in chosen} == {"avif"}
            assert max(int(width) for width, _form in chosen) <= CARD_WIDTH, (path, chosen)
    assert not over, "\n".join(map(str, seen.items()))


def _open(phone: BrowserContext, url: str) -> Load:
    """Open a page and return what it has loaded until it is quiet. While requests are routed, nothing is cached."""
    load, page = Load(), phone.new_page()
    sent: list[Request] = []
    page.on("request", lambda request: sent.append(request))
    page.goto(url, wait_until="networkidle")
    for request in sent:
        load.take(request, phone)
    page.close()
    return load
