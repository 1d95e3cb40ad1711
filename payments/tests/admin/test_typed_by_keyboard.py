"""A decimal comma, typed by keyboard in a real browser: a number field drops it, and the money is ten times as much."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.conf import settings
from django.urls import reverse
from playwright.sync_api import Page, sync_playwright

from orders.tests.factories import make_variant
from payments.tests.admin.refund_form import make_paid
from shop.accounts.tests.staff_clients import boss

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def page(chromium_path: str, live_server: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Page]:
    """Return a browser in Spanish in which a superuser is signed in."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")  # Playwright runs a loop in this thread.
    cookie = boss().cookies[settings.SESSION_COOKIE_NAME].value
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        context = browser.new_context(locale="es-AR", base_url=live_server.url)
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        yield context.new_page()
        browser.close()


def typed(page: Page, field: str, text: str) -> None:
    """Type over the value of a field, key by key."""
    place = page.locator(f"[name={field}]")
    place.click()
    place.press("Control+a")
    place.press_sequentially(text)


def test_a_price_and_a_refund_are_what_was_typed(page: Page):
    variant, payment = make_variant(), make_paid()

    page.goto(reverse("admin:catalog_variant_change", args=[variant.pk]))
    typed(page, "price", "1234,5")
    page.locator("[name=_continue]").first.click()
    page.wait_for_load_state()
    variant.refresh_from_db()
    assert variant.price == Decimal("1234.50")
    assert page.locator("[name=price]").input_value() == "1.234,50"

    page.goto(reverse("admin:payments_payment_refund", args=[payment.pk]))
    typed(page, "reason", "Costura")
    typed(page, "amount", "1234,5")
    page.locator("button[value=preview]").click()
    assert "1.234,50" in page.locator(".bo-sum").inner_text()
    page.wait_for_load_state("networkidle")
