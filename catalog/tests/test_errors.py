"""Django's error pages: they render without context, and say what to do."""

import pytest
from django.template.loader import render_to_string
from django.test import Client, RequestFactory
from django.views.defaults import bad_request, permission_denied, server_error

from catalog.tests.factories import make_category
from shop.accounts.tests.factories import UserFactory
from shop.core.backoffice.error_pages import stale_form

pytestmark = pytest.mark.django_db


def main_of(page: str) -> str:
    """Return what stands between the head and the foot of a page."""
    return page.partition("<main")[2].partition("</main")[0]


def test_server_error_needs_nothing() -> None:
    response = server_error(RequestFactory().get("/"))
    assert response.status_code == 500
    assert b"A thread came loose" in response.content


def test_bad_request_needs_nothing() -> None:
    response = bad_request(RequestFactory().get("/"), ValueError("no"))
    assert response.status_code == 400
    assert b"We did not understand that" in response.content


def test_a_nul_byte_is_answered_in_words(client: Client) -> None:
    response = client.get("/buscar/?q=%00")
    assert response.status_code == 400
    assert b"We did not understand that" in response.content


def test_forbidden_offers_the_way_in(client: Client) -> None:
    request = client.get("/").wsgi_request
    response = permission_denied(request, PermissionError())
    assert response.status_code == 403
    assert b"Not yours to see" in response.content
    assert 'href="/en/cuenta/login/"' in main_of(response.content.decode())


def test_forbidden_offers_who_is_signed_in_another_account(client: Client) -> None:
    user = UserFactory.create()
    client.force_login(user)
    page = permission_denied(client.get("/en/cuenta/").wsgi_request, PermissionError()).content.decode()
    main = main_of(page)
    assert user.email in main
    assert 'action="/en/cuenta/logout/"' in main
    assert 'href="/en/cuenta/login/"' not in main


def test_a_stale_form_is_explained_and_changes_nothing(client: Client) -> None:
    request = client.get("/").wsgi_request
    response = stale_form(request)
    assert response.status_code == 403
    assert b"Nothing was changed and nothing was charged" in response.content


def test_not_found_leads_on(client: Client) -> None:
    make_category("Buzos")
    html = client.get("/nada/").content.decode()
    assert 'href="/en/c/buzos/"' in html
    assert 'action="/en/buscar/"' in html


def test_offline_page_needs_nothing() -> None:
    assert "still held until its time is up" in render_to_string("offline.html")
