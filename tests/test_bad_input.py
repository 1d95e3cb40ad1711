"""Whatever a browser, a robot or an attacker sends to any address of the shop: a clear answer, never a 500, no change.

The addresses are read from `shop.urls`, the names of fields from the pages themselves: a new page is tested by itself.
"""

import logging
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Final, TypeVar
from urllib.parse import quote

import pytest
from allauth.usersessions.models import UserSession
from django.conf import settings as django_settings
from django.db import connection
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import URLResolver, get_resolver
from django.utils.log import AdminEmailHandler

from orders import payables
from orders.models import Invoice, Order
from orders.models.returns import gift_token
from orders.returns import answering, files
from orders.tests.factories import ACTOR, make_awaiting, make_cart, make_order, make_session, make_user
from orders.tests.returns.returns import ask, deliver, wanted
from orders.tests.returns.test_pages import picture
from payments.checkout import attempts
from shop.accounts.models import Address, Profile, User
from shop.core.web.charsets import is_odd
from tests.support.soak import IS_SOAK, amount

pytestmark = pytest.mark.django_db

# Percent-encoded, as they travel: what a form library would refuse to send is sent nevertheless.
NASTY: Final = {
    "empty": "",
    "space": "%20",
    "nul": "%00",
    "nul within": "a%00b",
    "half a character": "%ED%A0%80",
    "no UTF-8": "%FF%FE%80",
    "emoji": quote("🧥👩‍👩‍👧"),
    "right to left": quote("\u202e\ufeff\u0301" * 9),
    "a thousand million": "1000000000",
    "beyond 64 bits": "9" * 40,
    "beyond Python's digits": "9" * 5000,
    "negative": "-1",
    "exponent": "1e400",
    "not a number": "NaN",
    "superscript": quote("²"),
    "arabic digit": quote("٣"),
    "uuid of nobody": "00000000-0000-7000-8000-000000000000",
    "list": quote('["a", {"b": null}]'),
    "path": quote("../../../../etc/passwd"),
    "other site": quote("https://evil.example/\r\nSet-Cookie: a=b"),
    "quotes": quote("'\";--<script>alert(1)</script>{{ 7*7 }}%s%n"),
    "long": "x" * 5_000,
}
HEADERS: Final = {
    "Accept-Language": "xx-" + "y" * 600 + ";q=\u00b2, *;q=2, es-\u00ff",
    "HX-Request": "true",
    "HX-Target": "cart-drawer",
    "HX-Current-URL": "http://[::1/\u00ff",
    "HX-Prompt-URI-AutoEncoded": "true",
    "HX-Prompt": "%FF%00",
    "If-Modified-Since": "Thu, 99 Foo 20000 99:99:99 XYZ",
    "If-None-Match": '"\u00ff',
    "Range": "bytes=9-1,-",
    "Referer": "http://[",
    "X-Signature": "ts=\u00b2,v1=\u00ff",
    "X-Request-Id": "\u00ff" * 300,
    "Stripe-Signature": "t=\u00b2,v1=\u00ff,v1=",
}
BODIES: Final = {
    "json": (
        "application/json",
        b'{"a": "\\ud800\\u0000", "quantity": 1e999, "deep": ' + b"[" * 900 + b"]" * 900 + b"}",
    ),
    "broken json": ("application/json", b'{"a": '),
    "no charset": ("application/x-www-form-urlencoded; charset=nonsense", b"quantity=1"),
    "wide": ("application/x-www-form-urlencoded; charset=utf-16", b"\xff\xfeq\x00=\x001\x00"),
    "multipart without an end": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n',
    ),
    "multipart without a boundary": ("multipart/form-data", b"--x"),
    "a file for a field": (
        "multipart/form-data; boundary=x",
        b'--x\r\nContent-Disposition: form-data; name="variant"; filename="\x00a"\r\n\r\n1\r\n--x--\r\n',
    ),
    "ten thousand fields": ("application/x-www-form-urlencoded", b"a=1&" * 10_000),
}
METHODS: Final = ("PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "BREW")
# Names which addresses read although no form of theirs shows them.
NAMES: Final = {
    "q",
    "page",
    "turn",
    "left",
    "next",
    "payment_id",
    "collection_status",
    "session_id",
    "variant",
    "quantity",
    "gateway",
    "rate",
    "terms",
    "email",
    "language",
    "data.id",
    "type",
    "topic",
    "id",
}
T = TypeVar("T")
_PARAMETER: Final = re.compile(r"<(?:(?P<kind>\w+):)?(?P<name>\w+)>|\(\?P<(?P<group>\w+)>[^)]*\)")
_NAME: Final = re.compile(r'<(?:input|select|textarea|button)[^>]* name="([^"]+)"')
# Tables that every visit may write to; they do not count as a change of the shop.
_LOOSE: Final = {
    *("django_session", "core_counter", "account_emailconfirmation", "core_emaillog", "core_event"),
    # Of jobs of lists and search, which run before a test looks at a list; and what nobody found.
    *("catalog_catalogchange", "catalog_listing", "catalog_listingmark", "catalog_listingstate"),
    *("catalog_searchdeletion", "catalog_searchmiss", "catalog_searchsnapshot", "catalog_searchword"),
}


_WRITTEN: Final = """
    SELECT relname, n_tup_ins, n_tup_upd, n_tup_del, pg_current_xact_id()::text FROM pg_stat_xact_user_tables
     WHERE n_tup_ins + n_tup_upd + n_tup_del > 0 AND relname <> ALL (%s) ORDER BY relname
"""
# What `standing` has last found, and after which writing.
_reckoned: dict[str, Any] = {}


def _name_of(match: re.Match[str]) -> str:
    """Return the name of a parameter; a key that is a UUID is another thing than one of words, and so is a gift's."""
    name: str = match["name"] or match["group"]
    if name == "key" and match["kind"] == "uuid":
        return "file" if "devoluciones/" in match.string else "document"
    return "gift" if name == "token" and match.string.startswith("regalo/") else name


@dataclass(frozen=True)
class Route:
    """One address pattern. `path` fills it in."""

    pattern: str

    @property
    def parts(self) -> list[str]:
        return [_name_of(match) for match in _PARAMETER.finditer(self.pattern)]

    def path(self, values: dict[str, str]) -> str:
        filled = _PARAMETER.sub(lambda match: values.get(_name_of(match), "x"), self.pattern)
        return "/" + filled.replace("^", "").replace("$", "").replace("\\.", ".")


def _patterns(resolver: URLResolver, prefix: str = "") -> Iterator[str]:
    for found in resolver.url_patterns:
        here = prefix + str(found.pattern)
        if isinstance(found, URLResolver):
            yield from _patterns(found, here)
        else:
            yield here


ROUTES: Final = [Route(pattern) for pattern in dict.fromkeys(_patterns(get_resolver()))]
# The files of the demo are served by Django in development only.
# What these bear is tried from their document as well (tests/api): a usual run takes some of them here.
API: Final = [route for route in ROUTES if route.pattern.startswith(("api/v1/", "api/ventas/"))]
SHOP: Final = [
    *(
        route
        for route in ROUTES
        if not route.pattern.startswith(("admin/", "^media/", "api/v1/", "api/ventas/"))
    ),
    *API[:: 1 if IS_SOAK else 8],
]
OFFICE: Final = [route for route in ROUTES if route.pattern.startswith("admin/")]
every_page = pytest.mark.parametrize("route", SHOP, ids=lambda route: route.pattern or "home")


@dataclass(frozen=True)
class Place:
    """A shop with a customer's rows in it, and a stranger who has their addresses."""

    keys: dict[str, str]
    victim: User
    stranger: User

    def client(self, user: User | None = None, **options: Any) -> Client:
        client = Client(raise_request_exception=False, **options)
        if user is not None:
            client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client


# Parts of addresses that are the same for everybody.
WORDS: Final = {
    "carrier": "envia",
    "key": "x-y",
    "provider": "mercadopago",
    "section": "products",
    "uidb36": "1",
}


def a_return_of(order: Order) -> dict[str, str]:
    """Ask for a return of an order; return the keys of its pages and of the order's document.

    It is rejected: as long as it is open, whoever has the order's link may cancel it, or say that it was sent.
    """
    deliver(order)
    back = ask(order, wanted(order.lines.get()), photos=files.photos([picture().file]))
    answering.reject(back, actor=ACTOR, reason="x")
    return {
        "ordinal": str(back.ordinal),
        "file": str(back.files.get().pk),
        "gift": gift_token(order),
        "document": str(Invoice.objects.get(order=order).pk),
    }


@pytest.fixture(scope="module")
def shop(shared_rows: Callable[[], AbstractContextManager[None]]) -> Iterator[Place]:
    """A customer with a cart, an order, an address and a payment under way, and somebody else; made once."""
    with shared_rows():
        victim, stranger = make_user(), make_user()
        order = make_order(user=victim)
        back = a_return_of(order)
        address = Address.objects.create(
            user=victim,
            recipient="Ana",
            street="Corrientes 1",
            city="CABA",
            state="Buenos Aires",
            postal_code="1043",
            country="AR",
        )
        attempt = attempts.create(
            payables.of_purchase(make_session(make_cart(user=victim), user=victim)), "stripe", actor=ACTOR
        )
        Profile.objects.bulk_create([Profile(user=victim), Profile(user=stranger)])
        make_awaiting(make_cart())
        variant = order.lines.get().variant
        assert variant is not None
        product = variant.product
        keys = {
            "token": attempt.purchase.token,
            "sale": str(attempt.purchase.pk),
            "secret": order.secret,
            "number": str(order.number),
            "pk": str(address.pk),
            "slug": product.slug,
            "path": product.category.path_slug,
            **back,
            **WORDS,
            "variant": str(variant.pk),
            "device": str(
                UserSession.objects.create(user=victim, session_key="x", ip="::", user_agent="").pk
            ),
        }
        yield Place(keys, victim, stranger)


@pytest.fixture
def place(
    shop: Place, settings: Any, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, db: None
) -> Iterator[Place]:
    """The shop as a test finds it; the providers' line is cut."""
    settings.MERCADOPAGO_API_BASE = settings.STRIPE_API_BASE = "http://127.0.0.1:9"
    settings.PAYMENT_TIMEOUT = 1
    settings.SHIPPING_CARRIERS = ["envia"]
    route = request.getfixturevalue("route") if "route" in request.fixturenames else Route("")
    # To begin a checkout of one's own cart is a shopper's right, whatever else the form says.
    if route.pattern != "checkout/":
        make_cart(user=shop.stranger)
    # Each refusal is a warning with a traceback, or an error with a mail (test_redaction.py): nobody reads ten thousand.
    logging.disable(logging.WARNING)
    monkeypatch.setattr(AdminEmailHandler, "emit", lambda *_: None)
    _reckoned.clear()  # What the test before has written was taken back, and PostgreSQL does not count that.
    yield shop
    logging.disable(logging.NOTSET)


def running() -> dict[str, str | None]:
    """Return a digest of every table that only a deliberate act may change.

    It is reckoned again only after something was written: PostgreSQL counts what this transaction has written where.
    """
    # When somebody was here last is no change.
    User.objects.exclude(last_login=None).update(last_login=None)
    with connection.cursor() as cursor:
        cursor.execute(_WRITTEN, [list(_LOOSE)])
        written = str(cursor.fetchall())
        if _reckoned.get("written") != written:
            each = (
                f"SELECT '{table}', md5(string_agg(t::text, chr(10) ORDER BY t::text)) FROM \"{table}\" AS t"
                for table in sorted(connection.introspection.table_names(cursor))
                if table not in _LOOSE
                and table.startswith(("orders_", "payments_", "inventory_", "accounts_", "catalog_"))
            )
            cursor.execute(" UNION ALL ".join(each))
            _reckoned.update(written=written, running=dict(cursor.fetchall()))
    found: dict[str, str | None] = _reckoned["running"]
    return found


def answer(client: Client, method: str, path: str, body: bytes = b"", **options: Any) -> HttpResponse:
    """Send a request as it is, and fail on every answer that is a server error."""
    response: HttpResponse = client.generic(method, path, body, **options)  # type: ignore[assignment]
    assert response.status_code < 500, f"{method} {path[:200]} {body[:80]!r}: {response.status_code}"
    return response


def some(cases: Iterable[T], route: Route) -> list[T]:
    """Return a part of the cases, another part for the next page; all of them in a soak run."""
    return list(cases)[SHOP.index(route) % PART :: PART]


def names_on(client: Client, path: str) -> set[str]:
    """Return the names of the fields which a page shows."""
    page = client.get(path, follow=True)
    return set(_NAME.findall(page.content.decode(errors="replace"))) if not page.streaming else set()


FORM: Final = "application/x-www-form-urlencoded"
# Of what is tried around a form each page meets one in so many, and the next page other ones.
PART: Final = amount("nonsense around a form, of each page one in", usual=12, soak=1)
# In a form each page meets one value in so many, and the next page the others.
VALUES: Final = amount("nonsense in forms, of each page one value in", usual=5, soak=1)
# Every so many values come in other company too.
OTHER_COMPANY: Final = amount("nonsense in forms: in other company one in", usual=8, soak=1)
OFFICE_VALUES: Final = ("%00", "9" * 40, quote("²"), "00000000-0000-7000-8000-000000000000", "%FF")


@every_page
def test_nasty_values_in_every_field_and_in_the_query(place: Place, route: Route):
    """Everything a page asks for, answered with nonsense: each field gets the values, alike and in other company.

    A view that takes no such method has read nothing, whatever came with it: a usual run asks it once.
    """
    path = route.path(place.keys)
    for user, turns in ((place.stranger, len(NASTY)), (None, 4)):
        client = place.client(user)
        names = sorted(NAMES | names_on(client, path))
        before = running()
        values = list(NASTY.values())[:turns]
        taken = [method for method in ("POST", "GET") if is_taken(client, method, path)]
        for turn, value in list(enumerate(values))[SHOP.index(route) % VALUES :: VALUES]:
            answers = [[*NASTY.values()][(turn + place) % len(NASTY)] for place in range(len(names))]
            mixed = "&".join(f"{quote(name)}={value}" for name, value in zip(names, answers, strict=True))
            alike = "&".join(f"{quote(name)}={value}" for name in names)
            if "POST" in taken:
                answer(client, "POST", path, alike.encode(), content_type=FORM)
            if "POST" in taken and not turn % OTHER_COMPANY:
                answer(client, "POST", path, mixed.encode(), content_type=FORM)
            if "GET" in taken:
                answer(client, "GET", path, QUERY_STRING=alike if turn % 4 < 2 else mixed)
        strange = "&".join(f"{value}=1&{value}" for value in NASTY.values())
        answer(client, "POST", path, strange.encode(), content_type=FORM)
        assert running() == before


def is_taken(client: Client, method: str, path: str) -> bool:
    """Tell whether the page takes this method; one that refuses it reads nothing of what comes with it."""
    return IS_SOAK or answer(client, method, path).status_code != 405


@every_page
def test_nonsense_around_the_form(place: Place, route: Route):
    """In the address, as a body, as method, header and cookie."""
    nasty_addresses(place, route)
    bodies_that_are_no_form(place, route)
    methods_headers_and_cookies_of_no_sense(place, route)


def nasty_addresses(place: Place, route: Route) -> None:
    client = place.client(place.stranger)
    before = running()
    for value in NASTY.values():
        for part in route.parts:
            answer(client, "GET", route.path(place.keys | {part: value}))
    for value in some(NASTY.values(), route):
        for part in route.parts:
            answer(client, "POST", route.path(place.keys | {part: value}))
    assert running() == before


def bodies_that_are_no_form(place: Place, route: Route) -> None:
    client = place.client(place.stranger)
    before = running()
    path = route.path(place.keys)
    for content_type, body in BODIES.values():
        answer(client, "POST", path, body, content_type=content_type)
    for content_type, body in some(BODIES.values(), route):
        answer(client, "GET", path, body, content_type=content_type, QUERY_STRING="q=%E9&page=2")
    answer(client, "POST", path, b"", CONTENT_LENGTH="\u00b2")
    answer(client, "POST", path, b"a=1", CONTENT_LENGTH="-1", content_type=FORM)
    assert running() == before


def methods_headers_and_cookies_of_no_sense(place: Place, route: Route) -> None:
    path = route.path(place.keys)
    client = place.client(place.stranger)
    before = running()
    for method in METHODS:
        answer(client, method, path)
    for name, value in some(HEADERS.items(), route):
        answer(client, "GET", path, headers={name: value})
    answer(client, "GET", path, headers=HEADERS)
    answer(client, "POST", path, headers=HEADERS)
    assert running() == before
    guest = place.client()
    for value in some(("", "\u00ff", "x" * 3000, '"\\000"', "..", "a:b:c"), route):
        for name in ("cart", "sessionid", "csrftoken", "messages", django_settings.LANGUAGE_COOKIE_NAME):
            guest.cookies[name] = value
        answer(guest, "GET", path)
    answer(guest, "POST", path)


@every_page
def test_nobody_acts_for_somebody_else(place: Place, route: Route):
    a_form_without_its_token_is_refused(place, route)
    a_stranger_who_knows_the_address_changes_nothing(place, route)


def a_form_without_its_token_is_refused(place: Place, route: Route) -> None:
    """Another site cannot act for a visitor: every door is shut but the providers', which asks for a signature.

    A page that takes no forms at all says so, with a token and without one. The browser says that the form is another
    site's; one that says nothing is asked once more by some pages (`own_forms.posted_from_shared_pages`).
    """
    before = running()
    response = answer(
        place.client(place.victim, enforce_csrf_checks=True),
        "POST",
        route.path(place.keys),
        content_type=FORM,
        HTTP_SEC_FETCH_SITE="cross-site",
    )
    if response.status_code == 405:
        assert "POST" not in response["Allow"]
        with_token = answer(place.client(place.victim), "POST", route.path(place.keys), content_type=FORM)
        assert with_token.status_code == 405
    elif route.pattern.startswith(("api/", "^api/")):
        # Cookies are not read there, so that nobody is signed in by them and no form needs a token.
        assert not response.cookies
    else:
        assert response.status_code == (401 if "webhook" in route.pattern else 403)
    assert running() == before


def a_stranger_who_knows_the_address_changes_nothing(place: Place, route: Route) -> None:
    """With valid fields of somebody else's, signed in and with a token of their own."""
    client = place.client(place.stranger)
    before = running()
    for method in ("GET", "POST"):
        answer(
            client,
            method,
            route.path(place.keys),
            f"gateway=stripe&line={place.keys['variant']}".encode(),
            content_type=FORM,
        )
    assert running() == before


def test_every_page_of_the_back_office_bears_nonsense(place: Place):
    """The same for the clerks' pages: keys that are none, filters that are none (of the lists: test_hostile_lists.py)."""
    boss = User.objects.create_superuser("jefa@example.com", "clave-segura-123")
    client = place.client(boss)
    before = running()
    for turn, route in enumerate(OFFICE):
        # An address without a key differs by its query alone, and but a list reads one.
        for value in OFFICE_VALUES[turn % PART :: PART] if route.parts else OFFICE_VALUES[:1]:
            values = dict.fromkeys(route.parts, value) if route.parts else {}
            answer(client, "GET", route.path(values), QUERY_STRING=f"q={value}&p={value}&o={value}&e=1")
    assert running() == before


def test_the_list_reading_reaches_the_whole_shop():
    """A change of the routing may not empty this file."""
    patterns = {route.pattern for route in SHOP}
    assert {
        "carrito/agregar/",
        "checkout/<str:token>/pagar/",
        "payments/webhook/<slug:provider>/",
        "p/<slug:slug>/",
    } <= patterns
    assert len(OFFICE) > 50


@pytest.mark.parametrize(
    "kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/html"]
)
@pytest.mark.parametrize("charset", ["hex", "rot13", "base64", "ZIP", '"bz2"'])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_charset_that_is_no_text_is_refused_at_the_door(kind: str, charset: str, method: str):
    """Before Django makes a request of it, which it could not."""
    from shop.wsgi import application

    body = b'--x\r\nContent-Disposition: form-data; name="variant"\r\n\r\n1\r\n--x--\r\n'
    environ = RequestFactory().generic(method, "/carrito/", body, QUERY_STRING="q=%E9").environ
    environ["CONTENT_TYPE"] = f"{kind}; charset={charset}"
    data: list[str] = []
    list(application(environ, lambda status, _headers, *_rest: data.append(status)))
    assert data == ["400 Bad Request"]


def test_a_charset_that_is_none_is_left_to_django():
    for content_type in (
        "",
        "text/html",
        "text/html; charset=nonsense",
        "text/html; charset=latin-1",
        "a; charset=",
    ):
        assert not is_odd(content_type)
    assert is_odd("text/html; charset=hex")


@pytest.mark.parametrize(
    "target", ["orders:cart_new", "half", "https://evil.example/", "//evil.example", "/\\evil.example"]
)
def test_a_refused_form_goes_back_to_pages_of_ours_only(target: str):
    response = Client().post("/carrito/agregar/", {"variant": "x", "next": target})
    assert (response.status_code, response["Location"]) == (302, "/carrito/")
