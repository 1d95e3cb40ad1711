"""Erasures in the back office: previewed first, done once, by permission, without naming anybody afterwards."""

import pytest
from django.urls import reverse

from orders.tests.factories import make_order
from shop.accounts.models import ErasureRequest
from shop.accounts.tests.staff_clients import clerk, queries, token

pytestmark = pytest.mark.django_db
LIST = "admin:accounts_erasurerequest_changelist"


def test_a_guest_is_looked_at_first_and_erased_then():
    order = make_order()
    client, page = clerk("manager"), reverse("admin:accounts_erasurerequest_erase")
    form = {"token": token(client, page), "email": "ANA@example.com"}

    seen = client.post(page, form)
    assert not ErasureRequest.objects.exists()
    words = seen.content.decode()
    assert "ana@example.com" in words
    assert f"#{order.number}" in words

    form = {**form, "token": str(seen.context["form"]["token"].value()), "seen": "ana@example.com"}
    answers = [client.post(page, form) for _turn in range(2)]

    assert [answer.status_code for answer in answers] == [302, 302]
    request = ErasureRequest.objects.get()
    assert (request.origin, request.status) == ("staff", "confirmed")
    assert client.post(page, {**form, "token": "another"}).status_code == 422
    listed = client.get(reverse(LIST)).content.decode()
    assert "ana@example.com" not in listed


def test_another_address_than_the_one_seen_is_looked_at_first():
    client, page = clerk("manager"), reverse("admin:accounts_erasurerequest_erase")

    client.post(page, {"token": "t", "email": "beto@example.com", "seen": "ana@example.com"})

    assert not ErasureRequest.objects.exists()


def test_it_can_be_given_up_before_it_begins():
    client, page = clerk("manager"), reverse("admin:accounts_erasurerequest_erase")
    client.post(page, {"token": "t", "email": "beto@example.com", "seen": "beto@example.com"})
    request = ErasureRequest.objects.get()
    keep = reverse("admin:accounts_erasurerequest_change", args=[request.pk]).replace("/change/", "/keep/")

    assert client.post(keep, {"token": "u"}).status_code == 302
    assert client.post(keep, {"token": "v"}).status_code == 422
    request.refresh_from_db()
    assert (request.status, request.sealed) == ("cancelled", "")


@pytest.mark.parametrize("role", ["support", "warehouse", "catalogue"])
def test_others_may_not(role):
    client, page = clerk(role), reverse("admin:accounts_erasurerequest_erase")

    assert client.get(page).status_code == 403
    assert client.post(page, {"token": "t", "email": "a@b.co", "seen": "a@b.co"}).status_code == 403
    assert not ErasureRequest.objects.exists()


def test_the_list_costs_the_same_however_long_it_is():
    client, page = clerk("manager"), reverse("admin:accounts_erasurerequest_erase")
    for number in range(2):
        client.post(page, {"token": f"t{number}", "email": f"a{number}@b.co", "seen": f"a{number}@b.co"})
    client.get(reverse(LIST))
    few = queries(client, reverse(LIST))
    for number in range(2, 6):
        client.post(page, {"token": f"t{number}", "email": f"a{number}@b.co", "seen": f"a{number}@b.co"})

    assert queries(client, reverse(LIST)) == few
