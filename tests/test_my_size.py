"""A shopper's sizes are remembered by the browser alone, and offered on every list that has them."""

import pytest
from playwright.sync_api import expect, sync_playwright

from catalog.tests.factories import make_category, make_product, stock


@pytest.mark.browser
@pytest.mark.django_db(transaction=True)
def test_a_size_that_was_chosen_is_offered_on_the_next_list(live_server, chromium_path):
    for name, sizes, sold in (
        ("Buzo", ("S", "M"), "M"),
        ("Remera", ("M", "L"), "L"),
        ("Campera", ("S", "L"), "S"),
    ):
        product = make_product(("Negro",), sizes, name=name, category=make_category(f"{name}s"))
        stock(product.variants.get(name=f"Negro / {sold}"), 3)
    with sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=chromium_path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1280, "height": 900}, locale="es-AR")
        page.goto(live_server.url + "/buscar/?orden=precio&page=9")
        expect(page.locator("[data-my-size-link]")).to_be_hidden()
        page.locator('.filters input[value="m"]').check()
        page.locator("[data-my-size-keep]").click()
        expect(page.locator("[data-my-size-forget]")).to_be_focused()
        link = page.locator("[data-my-size-link]")
        expect(link).to_have_text("Hay en mi talle: M")
        assert link.get_attribute("href") == "/buscar/?disponible=1&orden=precio&talle=m"
        link.click()
        expect(page.locator(".card")).to_have_count(1)
        expect(page.locator(".card")).to_contain_text("Hay en M")
        expect(page.locator("[data-my-size-link]")).to_be_hidden()
        page.goto(live_server.url + "/c/buzos/")
        expect(page.locator("[data-my-size-link]")).to_be_visible()
        page.goto(live_server.url + "/c/camperas/")
        expect(page.locator("[data-my-size-link]")).to_be_hidden()
        page.goto(live_server.url + "/c/buzos/")
        page.locator("[data-my-size-forget]").click()
        page.reload()
        expect(page.locator("[data-my-size-link]")).to_be_hidden()
        browser.close()
