"""A drop opens while its page is open: the page updates by itself, and the first unit is bought at once."""

from playwright.sync_api import Error as PlaywrightError
from playwright.sync_api import expect

from tests.journeys.conftest import MakeShopper
from tests.journeys.shopper import Shopper
from tests.journeys.stack import Stack


def upcoming(stack: Stack, seconds: int) -> str:
    """Let the demo's coming drop open in so many seconds; return its slug."""
    (row,) = stack.rows(
        "UPDATE catalog_collection SET starts_at = now() + make_interval(secs => %s),"
        " ends_at = now() + interval '2 days'"
        " WHERE id = (SELECT id FROM catalog_collection WHERE kind = 'drop' AND is_active ORDER BY starts_at DESC LIMIT 1)"
        " RETURNING slug",
        seconds,
    )
    return str(row["slug"])


def a_piece(stack: Stack, drop: str) -> str:
    """Return the address of a piece of the drop with a variant chosen that is there."""
    (row,) = stack.rows(
        """
        SELECT p.slug, string_agg(o.code || '=' || w.code, '&') AS options
          FROM catalog_collectionproduct e
          JOIN catalog_collection c ON c.id = e.collection_id AND c.slug = %s
          JOIN catalog_product p ON p.id = e.product_id
          JOIN catalog_variant v ON v.product_id = p.id AND v.is_active
          JOIN inventory_stocklevel s ON s.variant_id = v.id AND s.on_hand - s.reserved > 0
          JOIN inventory_location l ON l.id = s.location_id AND inventory_sellable(l.is_sellable, l.kind)
          JOIN catalog_variantvalue vv ON vv.variant_id = v.id
          JOIN catalog_option o ON o.id = vv.option_id
          JOIN catalog_optionvalue w ON w.id = vv.value_id
         GROUP BY p.slug, v.id, s.id ORDER BY p.slug, v.id LIMIT 1
        """,
        drop,
    )
    return f"/p/{row['slug']}/?{row['options']}"


def test_the_countdown_turns_into_the_shop_without_a_reload(stack: Stack, shopper: MakeShopper) -> None:
    drop = upcoming(stack, 3600)
    page_of_the_drop, piece = f"/colecciones/{drop}/", a_piece(stack, drop)
    waiting, choosing = shopper(wide=True), shopper()
    asked: list[str] = []
    waiting.page.on("request", lambda request: asked.append(request.url))
    for one, path in ((waiting, page_of_the_drop), (choosing, piece)):
        one.page.clock.install()
        one.visit(path)
        one.page.evaluate("window.sameDocument = true")
        expect(one.page.locator("[data-phase=upcoming]")).to_be_visible()
    expect(choosing.page.locator("form[data-add-to-cart]")).to_have_count(0)

    # The opening time is reached: by the shop's clock, and by the pages'.
    upcoming(stack, 0)
    for one in (waiting, choosing):
        one.page.clock.fast_forward("01:00:10")

    expect(waiting.page.locator("#drop[data-phase=open]")).to_be_visible()
    expect(choosing.page.locator("form[data-add-to-cart]")).to_be_visible()
    for one in (waiting, choosing):
        assert one.page.evaluate("window.sameDocument") is True, "the page was not loaded again"
        assert one.problems == []
    states = [url for url in asked if url.endswith("/estado/")]
    assert 1 <= len(states) <= 8, "the state is asked rarely"
    choosing.page.locator("form[data-add-to-cart] button[type=submit]").click()
    expect(choosing.page.locator("[data-cart-drawer] li.line")).to_be_visible()


def test_without_javascript_the_page_comes_back_by_itself(stack: Stack, shopper: MakeShopper) -> None:
    visitor = shopper(javascript=False)
    # A busy machine may show the page only when the drop is open: then the next one is given more time.
    assert any(is_upcoming(visitor, upcoming(stack, seconds)) for seconds in (5, 20, 80))
    expect(visitor.page.locator("#drop[data-phase=open]")).to_be_visible()


def is_upcoming(visitor: Shopper, drop: str) -> bool:
    """Open the drop's page; say whether it came before the drop opened."""
    answer = visitor.page.goto(f"{visitor.stack.url}/colecciones/{drop}/")
    assert answer is not None
    try:
        return 'data-phase="upcoming"' in answer.text()
    except PlaywrightError:  # The browser has gone on by itself, and forgotten what it was.
        return False
