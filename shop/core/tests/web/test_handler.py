"""The view of a fixed address is looked for once; that of an address with a key in it, each time."""

import sys
from unittest import mock

import pytest
from django.http import HttpRequest
from django.test import RequestFactory
from django.urls import Resolver404, resolve, set_urlconf
from django.urls.resolvers import URLResolver

from shop.core.web import handler
from shop.core.web.handler import ShopHandler


@pytest.fixture
def shop() -> ShopHandler:
    return ShopHandler()


def asked(path: str) -> HttpRequest:
    return RequestFactory().get(path)


@pytest.mark.parametrize(
    "path", ["/", "/carrito/", "/en/carrito/", "/carrito/agregar/", "/buscar/", "/api/docs"]
)
def test_a_fixed_address_is_looked_for_once(shop: ShopHandler, path: str) -> None:
    first = shop.resolve_request(asked(path))
    with mock.patch.object(URLResolver, "resolve", side_effect=AssertionError):
        request = asked(path)
        again = shop.resolve_request(request)
    found = resolve(path)
    assert again is first is request.resolver_match
    assert (again.func, again.view_name, again.kwargs) == (found.func, found.view_name, {})


def test_an_address_with_a_key_is_looked_for_each_time(shop: ShopHandler) -> None:
    names = [shop.resolve_request(asked(f"/p/{slug}/")).kwargs for slug in ("buzo", "remera")]
    assert names[0] != names[1]
    assert not shop._fixed


def test_what_is_nowhere_is_not_kept(shop: ShopHandler) -> None:
    for _turn in range(2):
        with pytest.raises(Resolver404):
            shop.resolve_request(asked("/nowhere/at/all"))
    assert not shop._fixed


def test_another_table_of_addresses_is_asked_itself(shop: ShopHandler) -> None:
    shop.resolve_request(asked("/carrito/"))
    request = asked("/carrito/")
    request.urlconf = "allauth.urls"
    try:
        with pytest.raises(Resolver404):
            shop.resolve_request(request)
    finally:
        set_urlconf(None)


def test_no_more_are_kept_than_so_many(shop: ShopHandler, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handler, "MOST", 1)
    for path in ("/", "/carrito/", "/buscar/"):
        assert shop.resolve_request(asked(path)).func is resolve(path).func
    assert list(shop._fixed) == ["/"]


def test_it_serves_the_shop() -> None:
    from shop.wsgi import _prepared

    before = sys.getswitchinterval()
    try:
        with mock.patch("shop.core.web.warming.warm"), mock.patch("shop.core.web.warming.settle"):
            assert type(_prepared()) is ShopHandler
        assert sys.getswitchinterval() == pytest.approx(0.001), "threads take turns"
    finally:
        sys.setswitchinterval(before)
