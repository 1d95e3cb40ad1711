"""The visitor's address: the entry that our own proxy appended, whatever else the header has; and its unit."""

from typing import Any
from unittest import mock

import pytest
from django.contrib.auth import get_user, login
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from pytest_django.fixtures import Settings

from orders.tests.factories import make_user
from shop.core import checks
from shop.core.shared_pages.middleware import reads_the_visitor
from shop.core.web import throttle, visitors
from shop.core.web.middleware import VisitorOfSession
from tests.support.languages import PageClient

PROXY = "10.0.0.1"


def asked_by(forwarded: Any = None, *, peer: str = PROXY) -> WSGIRequest:
    extra = {} if forwarded is None else {"HTTP_X_FORWARDED_FOR": forwarded}
    return RequestFactory().get("/", REMOTE_ADDR=peer, **extra)


@pytest.fixture
def one_proxy(settings: Settings) -> None:
    settings.TRUSTED_PROXY_COUNT = 1


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.9", "203.0.113.9"),
        # What the visitor sent is left of what the proxy appended.
        ("1.1.1.1, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1,10.0.0.1,,203.0.113.9", "203.0.113.9"),
        (" , 203.0.113.9 ", "203.0.113.9"),
        ("203.0.113.9:51234", "203.0.113.9"),
        ('"[2001:db8::7]:443"', "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
        ("2001:DB8:0:0::7", "2001:db8::7"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("[::ffff:203.0.113.9]:80", "203.0.113.9"),
        ("fe80::1%eth0", "fe80::1"),
        # No address where our proxy should have written one: that of the connection.
        ("", PROXY),
        (",", PROXY),
        ("203.0.113.9,", PROXY),
        ("unknown", PROXY),
        ("203.0.113.9, _hidden", PROXY),
        ("203.0.113.999", PROXY),
        ("203.0.113.9:port", PROXY),
        ("[2001:db8::7", PROXY),
        ("[2001:db8::7]x", PROXY),
        ("٢٠٣.0.113.9", PROXY),
        ("2" * 5000, PROXY),
        (None, PROXY),
    ],
)
def test_one_proxy(one_proxy, forwarded, address):
    assert visitors.address_of(asked_by(forwarded)) == address


@pytest.mark.parametrize(
    ("forwarded", "address"),
    [
        ("203.0.113.9, 198.51.100.1", "203.0.113.9"),
        ("1.1.1.1, 203.0.113.9, 198.51.100.1", "203.0.113.9"),
        # Past the outer proxy: it appended nothing.
        ("203.0.113.9", PROXY),
        # The outer proxy had no address; what is left of it was sent by the visitor.
        ("6.6.6.6,, 198.51.100.1", PROXY),
    ],
)
def test_two_proxies(settings, forwarded, address):
    settings.TRUSTED_PROXY_COUNT = 2
    assert visitors.address_of(asked_by(forwarded)) == address


@pytest.mark.parametrize(
    ("peer", "address"), [("203.0.113.9", "203.0.113.9"), ("::ffff:203.0.113.9", "203.0.113.9")]
)
def test_without_a_proxy_no_header_is_believed(peer, address):
    assert visitors.address_of(asked_by("1.1.1.1", peer=peer)) == address


def test_a_socket_without_a_header_is_nobody_known(one_proxy):
    assert visitors.address_of(asked_by(peer="")) == visitors.UNKNOWN
    assert visitors.counted_of(asked_by(peer="")) == visitors.network_of("") == visitors.UNKNOWN


@pytest.mark.parametrize(
    ("address", "counted", "network"),
    [
        ("203.0.113.9", "203.0.113.9", "203.0.113.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("2001:db8:1:2::9", "2001:db8:1:2::/64", "2001:db8:1::/48"),
        ("::ffff:203.0.113.9", "203.0.113.9", "203.0.113.0/24"),
        ("fe80::1:2:3:4%eth0", "fe80::/64", "fe80::/48"),
    ],
)
def test_the_units_in_which_addresses_count(address, counted, network):
    assert (visitors.counted(address), visitors.network_of(address)) == (counted, network)


def test_several_headers_are_one_as_servers_join_them(one_proxy):
    """RFC 9110 5.3: gunicorn and Django's server join repeated headers with commas, in their order."""
    assert visitors.address_of(asked_by("1.1.1.1,2.2.2.2,203.0.113.9")) == "203.0.113.9"


def test_the_current_visitor_is_known_while_a_request_is_answered(settings):
    assert visitors.current() is None
    request = asked_by(peer="2001:db8::1")
    request.user = AnonymousUser()
    with visitors.answering(request):
        assert visitors.current() == visitors.Visitor("2001:db8::/64", "2001:db8::/48", "")
    assert visitors.current() is None


def test_a_forged_header_evades_no_limit_and_locks_nobody_out(one_proxy):
    """Eleven tries of one visitor under eleven invented addresses are eleven tries; the next visitor has none."""

    def tries(own: Any) -> bool:
        return throttle.allow(
            "test-forged", throttle.address_of(asked_by(f"9.9.9.{own}, 203.0.113.9")), limit=10, seconds=60
        )

    assert [tries(number) for number in range(11)] == [True] * 10 + [False]
    assert throttle.allow("test-forged", throttle.address_of(asked_by("203.0.113.10")), limit=10, seconds=60)


def test_a_whole_64_is_one_visitor(one_proxy):
    for number in range(2):
        here = throttle.address_of(asked_by(f"2001:db8:5:5::{number}"))
        assert throttle.allow("test-64", here, limit=1, seconds=60) is (number == 0)


@pytest.mark.django_db
def test_signing_in_is_counted_by_visitor(one_proxy, django_user_model):
    """Guessing behind a shared proxy locks out only that visitor; forged entries do not help."""
    django_user_model.objects.create_user("ana@percha.test", "clave-segura-123")

    def sign_in(password: str, forwarded: Any, email: str = "ana@percha.test") -> int:
        data = {"login": email, "password": password}
        return (
            Client()
            .post(reverse("account_login"), data, REMOTE_ADDR=PROXY, HTTP_X_FORWARDED_FOR=forwarded)
            .status_code
        )

    # 127.0.0.1 as the spoofed part: if it were trusted, the counter of the proxy's own address would be used.
    answers = [sign_in("wrong", f"8.8.8.{n}, 203.0.113.9", f"nobody{n}@percha.test") for n in range(31)]
    assert answers[-1] == 429
    assert sign_in("clave-segura-123", "203.0.113.10") == 302


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("language", "words"),
    [("es", "Demasiados intentos"), ("en", "Too many tries"), ("pt-br", "Tentativas demais")],
)
def test_too_many_tries_are_told_in_the_shops_frame_and_language(language, words, settings):
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "login": "1/m/ip"}
    client = PageClient(language, REMOTE_ADDR=f"203.0.113.{len(words)}")
    data = {"login": "nobody@percha.test", "password": "x"}
    client.post(reverse("account_login"), data)
    answer = client.post(reverse("account_login"), data)
    assert answer.status_code == 429
    assert int(answer["Retry-After"]) > 0
    page = answer.content.decode()
    assert words in page
    assert "site-header" in page or "<header" in page


@pytest.mark.django_db
def test_staff_sign_in_where_the_page_is_told_too():
    assert Client().get("/admin/login/").status_code == 302


def test_contradictions_are_errors_of_the_check(settings):
    settings.TRUSTED_PROXY_COUNT, settings.SECURE_PROXY_SSL_HEADER = 0, ("HTTP_X_FORWARDED_PROTO", "https")
    assert [found.id for found in checks.check_visitors(None)] == ["percha.E031"]
    settings.TRUSTED_PROXY_COUNT, settings.SECURE_PROXY_SSL_HEADER = 1, None
    assert [found.id for found in checks.check_visitors(None)] == ["percha.E032"]
    settings.SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    assert checks.check_visitors(None) == []


def test_who_has_no_session_is_nobody_without_being_looked_for(client: Client, db: None):
    with mock.patch("django.contrib.auth.get_user", side_effect=AssertionError):
        answer: Any = client.get("/carrito/")
    assert not answer.wsgi_request.user.is_authenticated


@pytest.mark.parametrize(
    "view",
    [
        lambda request: HttpResponse(str(request.user.is_authenticated)),
        lambda request: HttpResponse("nobody was asked for"),
    ],
)
def test_an_answer_that_reads_the_user_varies_by_who_asks(view: Any):
    """Shared pages are refused by this mark (`reads_the_visitor`)."""
    by_ours: Any = SessionMiddleware(VisitorOfSession(view))(RequestFactory().get("/"))
    by_djangos: Any = SessionMiddleware(AuthenticationMiddleware(view))(RequestFactory().get("/"))
    assert (by_ours.content, by_ours.headers) == (by_djangos.content, by_djangos.headers)
    assert reads_the_visitor(by_ours) is (by_ours.content == b"False")


def test_who_signs_in_is_known_from_then_on(client: Client, db: None):
    user = make_user()

    def view(request: HttpRequest) -> HttpResponse:
        before = request.user.is_authenticated
        login(request, user, backend="django.contrib.auth.backends.ModelBackend")
        return HttpResponse(f"{before} {request.user == user} {get_user(request) == user}")

    answer: Any = SessionMiddleware(VisitorOfSession(view))(RequestFactory().get("/"))
    assert answer.content == b"False True True"
