"""The stack and the browser of the journeys: started once, shared by all of them."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, expect, sync_playwright

from shop.demo.run.environment import SELLER, make_certificate
from tests.journeys.clerk import Clerk
from tests.journeys.shopper import Shopper
from tests.journeys.stack import Stack

CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # No journey checks a picture, and drawing them is half of a page's cost.
    "--blink-settings=imagesEnabled=false",
]
MakeShopper = Callable[..., Shopper]
MakeClerk = Callable[[], Clerk]
# Every wait is for a state and ends with it; a busy machine may take its time.
PATIENCE_MS = 120_000
expect.set_options(timeout=PATIENCE_MS)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark every journey as a browser test. They share a stack, on one worker of xdist (tests/support/groups.py)."""
    for item in items:
        if "journeys" in item.path.parts:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Give the running shop, which invoices at the sandbox's tax office; its processes end with the journeys."""
    running = Stack(Path(tmp_path_factory.mktemp("stack")), **SELLER, FISCAL_PROVIDER="arca")
    try:
        make_certificate(running.folder)
        running.start()
        yield running
    finally:
        running.stop()


@pytest.fixture(scope="package")
def peso_mexicano(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """Give a second shop that sells in MXN, where Stripe offers OXXO vouchers."""
    running = Stack(Path(tmp_path_factory.mktemp("mxn")), SHOP_CURRENCY="MXN")
    try:
        running.start()
        yield running
    finally:
        running.stop()


# Until the journeys end: while its loop runs, Django refuses to ask the database in the same thread.
@pytest.fixture(scope="package")
def browser(chromium_path: str) -> Iterator[Browser]:
    """Give one headless Chromium for all journeys."""
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=chromium_path, headless=True, args=CHROMIUM_FLAGS
        )
        yield chromium
        chromium.close()


@pytest.fixture
def contexts(browser: Browser) -> Iterator[Callable[..., BrowserContext]]:
    """Give a function that opens a browser context; all are closed with the test."""
    opened: list[BrowserContext] = []

    def make(
        *, javascript: bool = True, wide: bool = False, language: str = "es-AR", agent: str | None = None
    ) -> BrowserContext:
        context = browser.new_context(
            java_script_enabled=javascript,
            locale=language,
            user_agent=agent,
            viewport={"width": 1280, "height": 900} if wide else {"width": 390, "height": 844},
        )
        context.set_default_timeout(PATIENCE_MS)
        opened.append(context)
        return context

    yield make
    for context in opened:
        context.close()


@pytest.fixture
def shopper(contexts: Callable[..., BrowserContext], stack: Stack) -> MakeShopper:
    """Give a function that brings a new visitor, with a phone's screen; `javascript=False` switches it off."""

    def make(
        *,
        javascript: bool = True,
        wide: bool = False,
        language: str = "es-AR",
        agent: str | None = None,
        at: Stack | None = None,
    ) -> Shopper:
        context = contexts(javascript=javascript, wide=wide, language=language, agent=agent)
        return Shopper(context.new_page(), at or stack)

    return make


@pytest.fixture
def clerk(contexts: Callable[..., BrowserContext], stack: Stack) -> MakeClerk:
    """Give a function that brings somebody of the staff, at a desk."""
    return lambda: Clerk(contexts(wide=True).new_page(), stack)
