"""Addresses that are found by their first part are those that Django finds."""

from unittest import mock

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import Resolver404, URLPattern, URLResolver, path, re_path, resolve
from django.urls.resolvers import RoutePattern

from shop.core.web import indexed_urls
from shop.core.web.indexed_urls import IndexedResolver, first_part, found_at


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse()


PATTERNS: list[URLPattern | URLResolver] = [
    path("", view, name="home"),
    path("carrito/", view, name="cart"),
    path("<slug:what>/nuevo/", view, name="new"),
    path("carrito/nuevo/", view, name="never reached"),
    path("carrito/<int:number>/", view, name="line"),
    path("robots.txt", view, name="robots"),
    path("sitemap-<slug:section>.xml", view, name="sitemap"),
    re_path("^api(?P<rest>.*)$", view, name="api"),
    URLResolver(RoutePattern("cu"), [path("enta/", view, name="account")]),
]
FOUND = [
    "",
    "carrito/",
    "carrito/nuevo/",
    "carrito/7/",
    "robots.txt",
    "sitemap-p.xml",
    "api",
    "api/x",
    "cuenta/",
]
MISSED = ["carrito", "carrito/x/", "robots.txt/", "nada/", "sitemap", "/carrito/"]


@pytest.mark.parametrize("address", FOUND)
def test_an_address_is_that_of_the_first_pattern_that_fits(address):
    django = URLResolver(RoutePattern(""), PATTERNS).resolve(address)
    ours = IndexedResolver(RoutePattern(""), PATTERNS).resolve(address)
    assert (ours.url_name, ours.args, ours.kwargs) == (django.url_name, django.args, django.kwargs)


@pytest.mark.parametrize("address", MISSED)
def test_what_no_pattern_fits_is_not_found(address):
    with pytest.raises(Resolver404):
        URLResolver(RoutePattern(""), PATTERNS).resolve(address)
    with pytest.raises(Resolver404):
        IndexedResolver(RoutePattern(""), PATTERNS).resolve(address)


def test_included_addresses_have_a_first_part_only_where_a_slash_ends_it():
    def included(route: str) -> URLResolver:
        return URLResolver(RoutePattern(route), [])

    assert first_part(included("cuenta/")) == "cuenta"
    assert first_part(included("cu")) is None
    assert first_part(included("")) is None


def test_who_asks_again_gets_the_same_match():
    resolver = IndexedResolver(RoutePattern(""), PATTERNS)
    first = resolver.resolve("carrito/7/")
    assert resolver.resolve("carrito/7/") is first
    assert resolver.resolve("carrito/8/").kwargs == {"number": 8}


@pytest.mark.django_db
def test_a_request_looks_for_its_view_once(client: Client, monkeypatch: pytest.MonkeyPatch):
    asked = mock.Mock(wraps=resolve)
    monkeypatch.setattr(indexed_urls, "resolve", asked)
    response = client.get("/p/nothing-of-this-name/")
    assert response.resolver_match.kwargs == {"slug": "nothing-of-this-name"}
    assert [call.args for call in asked.call_args_list] == [("/p/nothing-of-this-name/",)]
    assert found_at("/en/p/another/").kwargs == {"slug": "another"}
