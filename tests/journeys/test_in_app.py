"""A purchase in the browsers within Instagram, TikTok and Facebook, where most visitors of a drop come from.

They have one window (no pop-ups; a link for a new one opens in place), add their own keys to addresses, keep no cookies of
others, and often end before the payment does: the buyer is sent to the provider's app and comes back in another browser.
"""

import re
from typing import Final

import pytest
from playwright.sync_api import Page, expect

from tests.journeys.conftest import MakeShopper
from tests.journeys.facts import bought_once, stock_is_true
from tests.journeys.shopper import pick
from tests.journeys.stack import Stack

INSTAGRAM: Final = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
    "Instagram 410.0.0.29.70 (iPhone15,2; iOS 18_6; es_AR; es; scale=3.00; 1179x2556; IABMV/1; 839122554)"
)
TIKTOK: Final = (
    "Mozilla/5.0 (Linux; Android 14; SM-A546E Build/UP1A.231005.007; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/140.0.7339.51 Mobile Safari/537.36 musical_ly_2024105030 JsSdk/1.0 NetType/4G "
    "Channel/googleplay AppName/musical_ly app_version/41.5.3 ByteLocale/es-AR BytedanceWebview/d8a21c6"
)
FACEBOOK: Final = (
    "Mozilla/5.0 (Linux; Android 13; moto g52 Build/T1SRS33.72; wv) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Version/4.0 Chrome/140.0.7339.51 Mobile Safari/537.36 [FB_IAB/FB4A;FBAV/530.0.0.48.74;IABMV/1;]"
)
CHROME: Final = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36"
TRIES: Final = 5
# No second window, and a note of whether the page came by a transition.
LACKING: Final = """
window.open = () => null;
window.addEventListener("pagereveal", (event) => {
  window.turned = event.viewTransition ? event.viewTransition.ready.then(() => "moved", () => "skipped") : "none";
});
"""


def turned(page: Page) -> str:
    """Return how the page came: it "moved" in, or at once ("none", "skipped")."""
    return str(page.evaluate("async () => await window.turned"))


@pytest.mark.parametrize(
    ("agent", "gateway"),
    [
        pytest.param(TIKTOK, "mercadopago", id="tiktok"),
        pytest.param(INSTAGRAM, "stripe", id="instagram", marks=pytest.mark.soak),
        pytest.param(FACEBOOK, "mercadopago", id="facebook", marks=pytest.mark.soak),
    ],
)
def test_a_guest_buys_within_an_app(stack: Stack, shopper: MakeShopper, agent: str, gateway: str) -> None:
    email = f"{gateway}-{len(agent)}@example.com"
    goods = pick(stack, offset=6)
    visitor = shopper(agent=agent)
    page = visitor.page
    windows: list[Page] = []
    returns: list[str] = []
    page.context.add_init_script(LACKING)
    page.context.on("page", lambda window: windows.append(window))
    page.on("request", lambda sent: returns.append(sent.url) if "/pago/volver/" in sent.url else None)

    visitor.visit("/?fbclid=IwY2xjawM&utm_source=ig&igsh=MzRlODBiNWFlZA==")
    page.locator(".card-name a").first.click()
    page.wait_for_url(re.compile("/p/"))
    assert turned(page) in {"none", "skipped"}

    visitor.add(goods)
    page.locator("form[action$='/checkout/'] button[type=submit]").click()
    page.wait_for_url(re.compile(r"/checkout/.+/datos/"))
    visitor.give_details(email=email)
    # The terms open where the checkout stands, and the way back keeps it.
    step = page.url
    page.locator("a[target=_blank]").first.click()
    page.wait_for_url(re.compile("/politicas/"))
    page.go_back()
    expect(page).to_have_url(step)
    visitor.choose_shipping().go_to_pay(gateway).pay_there().come_back()

    visitor.sees_the_order()
    number = bought_once(stack, email, goods)

    # Where the provider's app leads back, to the phone's own browser, there is no cookie of this one.
    elsewhere = shopper(agent=CHROME)
    elsewhere.page.goto(returns[0])
    elsewhere.sees_the_order()
    assert str(number) in elsewhere.page.content()
    assert not windows
    stock_is_true(stack)


def test_a_browser_of_its_own_moves_from_page_to_page(stack: Stack, shopper: MakeShopper) -> None:
    """A browser gives a transition up when the next page takes long (four seconds in Chromium): so it may need several tries."""
    visitor = shopper(agent=CHROME)
    visitor.page.add_init_script(LACKING)
    ways: list[str] = []
    while "moved" not in ways and len(ways) < TRIES:
        visitor.visit("/")
        visitor.page.locator(".card-name a").first.click()
        visitor.page.wait_for_url(re.compile("/p/"))
        ways.append(turned(visitor.page))
    assert "moved" in ways, ways
