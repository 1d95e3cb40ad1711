"""Pages that everybody shares: nothing of anybody in them, and never older than what is in stock allows."""

import random
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import brotli
import pytest
from django.conf import settings as shop_settings
from django.core.cache import cache
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection, connections
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext

from catalog.listing import generations, rebuilding, version
from catalog.models import AccessGrant, Collection, Product, Variant
from catalog.models.changes import LONG_AGO
from catalog.tests.factories import CollectionFactory, make_category, make_product, put_in, stock_all
from inventory import reservations
from inventory.tests.factories import TTL
from orders.cart import carts
from orders.tests.factories import make_cart, make_variant
from shop.accounts.models import Profile, User
from shop.core.ids import uuid7
from shop.core.shared_pages import middleware
from shop.core.shared_pages.copies import copies
from shop.wsgi import application

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
VISITORS = 1000
SHARED = [
    *(
        "/",
        "/c/buzos/",
        "/c/buzos/?orden=precio",
        "/colecciones/",
        "/colecciones/noche/",
        "/colecciones/noche/tienda/",
    ),
    *("/p/abrigo/", "/p/abrigo/parte/?talle=m", "/p/abrigo/vivo/?talle=s", "/p/campera/", "/p/campera/vivo/"),
    *("/buscar/?q=buzo", "/politicas/envios/"),
]


@pytest.fixture(autouse=True)
def shop() -> Iterator[None]:
    """A product in two sizes, another one of the same category, and one of a drop that opens in an hour."""
    cache.clear()
    copies.clear()
    generations.seen.forget()
    buzos = make_category("Buzos")
    for name, units in (("Abrigo", 5), ("Buzo", 9), ("Campera", 9)):
        stock_all(make_product(("Negro",), ("S", "M"), name=name, category=buzos), units)
    drop = CollectionFactory.create(
        name="Noche",
        slug="noche",
        kind=Collection.Kind.DROP,
        starts_at=timezone.now() + HOUR,
        ends_at=timezone.now() + 2 * HOUR,
    )
    put_in(drop, Product.objects.get(name="Campera"))
    assert version.adopt_hint()
    rebuilding.catch_up()
    yield
    cache.clear()
    copies.clear()
    generations.seen.forget()


def the(name: str) -> Variant:
    return Variant.objects.get(product__name="Abrigo", name=name)


def reserve(units: int, name: str = "Negro / S") -> Any:
    return reservations.reserve(
        variant_id=the(name).pk, quantity=units, ttl=TTL, cart_id=uuid7(), actor="shopper"
    )


def page(path: str, client: Client | None = None) -> str:
    response = (client or Client()).get(path)
    assert response.status_code == 200, path
    return response.content.decode()


def is_public(response: Any) -> bool:
    return "public" in response.get("Cache-Control", "")


# -- Nobody's bytes -----------------------------------------------------------------------------------------------


def visitors() -> tuple[list[Client], set[str]]:
    """Return browsers of all kinds, and everything that no page which others get may have."""
    marks, found = set(), []
    drop = Collection.objects.get(slug="noche")
    for number in range(12):
        client = Client(
            headers={"user-agent": f"Agent-{number}", "referer": f"http://x/pedido/secret-{number}/"}
        )
        marks |= {f"Agent-{number}", f"secret-{number}"}
        if number % 2:
            user = User.objects.create_user(f"persona{number}@example.com", "clave-segura-123")
            Profile.objects.update_or_create(user=user, defaults={"first_name": f"Zoraida{number}"})
            client.force_login(user)
            marks |= {user.email, f"Zoraida{number}", client.cookies["sessionid"].value}
            if number % 4 == 1:
                AccessGrant.objects.create(collection=drop, user=user)
        cart = make_cart((make_variant(), 1 + number % 3))
        client.cookies[carts.COOKIE], client.cookies["cart_n"] = cart.token, str(987_654_300 + number)
        marks |= {cart.token, str(987_654_300 + number)}
        client.cookies["theme"] = ("dark", "light", '"><i>theme')[number % 3]
        marks |= {'data-theme="dark"', "<i>theme"}
        if number % 3 == 0:
            client.post(reverse("catalog:waiting_join"), {"email": "x"})
        found.append(client)
    for language, _name in shop_settings.LANGUAGES:
        with translation.override(language):
            marks |= {gettext("That is not an e-mail address. Look at it once more.")}
            marks |= {gettext("You are in before the others"), gettext("Open for you")}
    return found, marks | {"csrfmiddlewaretoken", "PRENSA"}


def foreign_bytes(crowd: list[Client], marks: set[str], number: int) -> tuple[int, list[str]]:
    """Send so many visits; return how many pages everybody shares, and the marks that were found in these."""
    dice = random.Random(281126)
    shared, leaks = 0, []
    for turn in range(number):
        path = dice.choice(SHARED)
        address = dice.choice(("", "/en", "/pt")) + path
        address += ("&" if "?" in path else "?") + f"utm_source=mail{turn}"
        if path == "/colecciones/noche/" and turn % 5 == 0:
            address += "&codigo=PRENSA"
        answer = dice.choice(crowd).get(address)
        assert answer.status_code == 200, address
        assert "no-store" not in answer["Cache-Control"], address
        if is_public(answer):
            shared += 1
            text = answer.content.decode()
            leaks += [f"{mark} in {address}" for mark in (*marks, f"mail{turn}") if mark in text]
            leaks += [f"a cookie in {address}"] * bool(answer.cookies)
    return shared, leaks


def test_a_thousand_mixed_visitors_find_nothing_of_one_another(settings: Any):
    settings.CATALOGUE_CHECKED_EVERY = 1
    crowd, marks = visitors()
    shared, leaks = foreign_bytes(crowd, marks, VISITORS)
    assert leaks == []
    assert shared > VISITORS * 0.6


def test_the_visitors_would_find_it_if_a_view_knew_who_asks(monkeypatch: pytest.MonkeyPatch, settings: Any):
    settings.CATALOGUE_CHECKED_EVERY = 1

    def somebodys(request: Any, mark: Any, found: Any) -> Any:
        request.META["QUERY_STRING"] = ""
        return request

    monkeypatch.setattr(middleware, "nobodys", somebodys)
    monkeypatch.setattr(middleware, "reads_the_visitor", lambda response: False)
    crowd, marks = visitors()
    _shared, leaks = foreign_bytes(crowd, marks, 150)
    assert leaks


@pytest.mark.parametrize("path", SHARED)
def test_every_shared_page_may_be_kept_and_is_told_apart_by_its_address_alone(path: str):
    answer = Client().get(path)
    assert (answer.status_code, is_public(answer), answer["Vary"]) == (200, True, "Accept-Encoding")
    assert answer["ETag"]
    assert not answer.cookies
    assert "csrfmiddlewaretoken" not in answer.content.decode()


# -- What costs nothing -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", SHARED)
def test_a_kept_page_costs_one_look_a_second_and_no_session(path: str, settings: Any):
    settings.CATALOGUE_CHECKED_EVERY = 30
    client = Client()
    client.cookies["cart"] = "x" * 32
    first = client.get(path)
    with CaptureQueriesContext(connection) as captured:
        again = client.get(path)
    assert (again.content, len(captured)) == (first.content, 0)
    generations.seen.forget()
    with CaptureQueriesContext(connection) as captured:
        client.get(path)
    assert len(captured) == 2, "the generations, and the offers of instalments"


def test_the_server_gives_a_page_again_before_django_reads_the_request(
    monkeypatch: pytest.MonkeyPatch, settings: Any
):
    settings.CATALOGUE_CHECKED_EVERY = 30
    # A server's request begins by closing connections that are too old, which would end the test's transaction.
    monkeypatch.setattr(connections["default"], "close_if_unusable_or_obsolete", lambda: None)

    def ask() -> tuple[str, dict[str, str], bytes]:
        head: list[Any] = []
        environ = RequestFactory().get("/p/abrigo/", headers={"accept-encoding": "br"}).environ
        body = b"".join(application(environ, lambda *said: head.extend(said)))
        return head[0], dict(head[1]), body

    first = ask()
    monkeypatch.setattr(WSGIHandler, "__call__", None)
    again = ask()
    assert (again[0], again[1]["ETag"]) == (first[0], first[1]["ETag"])
    # Compressed better from now on.
    assert brotli.decompress(again[2]) == brotli.decompress(first[2])
    assert ask() == again
    assert (first[0], first[1]["Content-Encoding"]) == ("200 OK", "br")


# -- What changes -------------------------------------------------------------------------------------------------


def test_units_that_come_to_be_few_or_none_are_in_their_own_page_and_the_lists_and_leave_others_as_they_are():
    own, live, other, listed = (
        "/en/p/abrigo/?talle=s",
        "/en/p/abrigo/vivo/?talle=s",
        "/en/p/campera/vivo/",
        "/en/c/buzos/",
    )
    before = {path: Client().get(path)["ETag"] for path in (own, live, other, listed)}
    reserve(1)
    assert {path: Client().get(path)["ETag"] for path in before} == before, "nothing crossed"
    reserve(2)
    assert "2 left" in page(own)
    assert "2 left" in page(live)
    kept = copies.here(next(key for key in copies._kept if "/en/p/campera/vivo/" in key))
    assert kept.is_of(generations.read().text(kept.tags))
    reserve(2)
    assert "Sold out in this combination" in page(own)
    assert "data-add-to-cart" not in page(live)
    reserve(5, "Negro / M")
    cards = re.findall("<article.*?</article>", page(listed), re.DOTALL)
    assert ["Sold out" in card for card in cards if "Abrigo" in card] == [True]


def test_what_comes_back_is_on_sale_again_at_once():
    reserved = reserve(5)
    assert "Sold out in this combination" in page("/en/p/abrigo/?talle=s")
    reservations.release(cart_id=reserved.cart_id, reason="no", actor="shopper")
    assert "data-add-to-cart" in page("/en/p/abrigo/?talle=s")


def test_any_change_of_the_catalogue_is_in_every_page():
    for path in ("/", "/p/abrigo/", "/c/buzos/", "/colecciones/"):
        page(path)
    Collection.objects.filter(slug="noche").update(name="Madrugada")
    for path in ("/", "/p/abrigo/", "/c/buzos/", "/colecciones/"):
        assert "Madrugada" in page(path), path


def test_a_drop_opens_by_the_clock_alone():
    assert 'data-phase="upcoming"' in page("/p/campera/")
    with connection.cursor() as cursor:
        # As if the clock had gone on: the same rows, without a note.
        cursor.execute("SET LOCAL session_replication_role = replica")
        Collection.objects.filter(slug="noche").update(starts_at=timezone.now() - HOUR)
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")
    assert 'data-phase="upcoming"' not in page("/p/campera/")
    assert 'data-phase="open"' in page("/colecciones/noche/")


def test_a_new_setting_or_offer_is_in_the_pages(settings: Any):
    page("/p/abrigo/?talle=s")
    settings.PAYMENT_DISCOUNTS = {shop_settings.PAYMENT_GATEWAYS[0]: 10}
    settings.FREE_SHIPPING_FROM = 7654321
    assert "7.654.321" in page("/p/abrigo/?talle=s")


# -- One's own copy -----------------------------------------------------------------------------------------------


def test_who_may_buy_early_gets_a_copy_that_nobody_keeps_also_without_javascript():
    user = User.objects.create_user("ana@example.com", "clave-segura-123")
    AccessGrant.objects.create(collection=Collection.objects.get(), user=user)
    early, ordinary = Client(), Client()
    early.force_login(user)
    ordinary.force_login(User.objects.create_user("lia@example.com", "clave-segura-123"))
    for path in ("/en/p/campera/?talle=s", "/en/p/campera/vivo/?talle=s"):
        assert "data-add-to-cart" not in page(path)
        mine = early.get(path)
        assert "data-add-to-cart" in mine.content.decode()
        assert mine["Cache-Control"] == "private, no-cache"
        assert "data-add-to-cart" not in page(path, ordinary)
        assert "data-add-to-cart" not in page(path)
    # What is open for everybody is shared by those who are signed in, too.
    assert is_public(early.get("/p/abrigo/"))


def test_what_happened_is_told_on_ones_own_copy_and_on_no_other():
    reserve(5)
    client = Client()
    form = {"variant": the("Negro / S").pk, "quantity": 1, "next": "/en/p/abrigo/?talle=s"}
    refused = client.post("/en/carrito/agregar/", form)
    assert refused["Location"] == "/en/p/abrigo/?talle=s&aviso=1"
    # A shared page on the way does not use the message up.
    assert "notice--error" not in page("/en/p/abrigo/?talle=s", client)
    shown_to_me = client.get(refused["Location"])
    assert "notice--error" in shown_to_me.content.decode()
    assert shown_to_me["Cache-Control"] == "private, no-cache"
    assert f'rel="canonical" href="{shop_settings.SITE_URL}/en/p/abrigo/"' in shown_to_me.content.decode()
    assert "notice--error" not in page("/en/p/abrigo/?talle=s", client)


def test_the_number_in_the_cart_is_in_a_cookie_that_every_answer_of_the_cart_corrects():
    client = Client()
    add = {"variant": the("Negro / S").pk, "quantity": 2}
    client.post("/carrito/agregar/", add, headers={"HX-Target": "cart-drawer"})
    assert client.cookies["cart_n"].value == "2"
    assert not client.cookies["cart_n"]["httponly"]
    client.post("/carrito/quitar/", {"variant": add["variant"]}, headers={"HX-Target": "cart-drawer"})
    assert not client.cookies["cart_n"].value
    shown = page("/p/abrigo/", client)
    assert re.search(r'data-cart-count data-count="0"></span>', shown)


# -- The notes ----------------------------------------------------------------------------------------------------


def test_a_crossing_is_noted_for_its_product_and_folding_keeps_every_sum():
    product = the("Negro / S").product_id
    for _turn in range(3):
        reserve(1)
    reserve(1)
    whole, before = version.read().text, generations.read()
    tag = generations.tag_of(product)
    assert str(product) in before.products
    assert version.fold() > 0
    after = generations.read()
    assert (after.text((tag,)), after.catalogue, after.stock) == (
        before.text((tag,)),
        before.catalogue,
        before.stock,
    )
    assert version.read().text == whole
    assert version.fold() == 0
    # Long ago it counts in the sum alone.
    from catalog.models import CatalogChange

    CatalogChange.objects.update(changed_at=timezone.now() - 2 * version.PRODUCTS_NOTED)
    whole = version.read().text
    reserve(1)
    Variant.objects.update(price=1)
    version.fold()
    assert generations.read().products.keys() <= {str(product), str(LONG_AGO)}
    assert version.read().text != whole


def test_pages_go_on_for_a_moment_while_the_database_is_away(monkeypatch: pytest.MonkeyPatch):
    from django.db import OperationalError

    first = page("/p/abrigo/")

    def away() -> None:
        raise OperationalError("gone")

    monkeypatch.setattr(generations, "read", away)
    assert page("/p/abrigo/") == first
    monkeypatch.setattr(generations, "AWAY_SECONDS", -1)
    # The page is made without a copy, which with its database away says so (tests/test_busy_database.py).
    own = Client().get("/p/abrigo/")
    assert (own.status_code, "private" in own["Cache-Control"]) == (200, True)
