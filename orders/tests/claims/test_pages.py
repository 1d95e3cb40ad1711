"""The pages of claims: opened by the order's link, seen with photos, decided as it was shown, carried out once."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from catalog.models import Variant
from orders.claims import approving
from orders.models import Claim, Order, OrderLine
from orders.tests.claims.claims import claim_of
from orders.tests.exchanges.exchanges import order_with_sizes
from orders.tests.returns.returns import STAFF
from orders.views import claims
from shop.accounts.tests.factories import UserFactory
from shop.core.tests.pictures.picture_files import halves, saved


@pytest.fixture(scope="module")
def sizes(shared_rows: Any) -> Iterator[tuple[Order, OrderLine, Variant]]:
    with shared_rows():
        yield order_with_sizes()


def inputs(page: Any) -> dict[str, str]:
    return dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page.content.decode()))


def address(claim: Claim, act: str) -> str:
    return reverse("admin:orders_claim_change", args=[claim.pk]).replace("/change/", f"/{act}/")


@pytest.mark.django_db
def test_a_claim_from_the_form_to_its_answer(client, admin_client, sizes):
    order, line, _other = sizes
    url = reverse("orders:claim_ask", args=[order.secret])
    assert client.get(url).status_code == 200
    form = {"reason": "damaged_in_transit", "wish": "replace", "note": "roto", "token": "t"}
    assert client.post(url, form).status_code == 422
    first = client.post(url, {**form, f"units_{line.pk.hex}": "2"})
    claim = Claim.objects.get()
    assert (first.status_code, first["Location"]) == (302, claim.get_absolute_url())
    assert client.post(url, {**form, f"units_{line.pk.hex}": "2"})["Location"] == first["Location"]
    assert Claim.objects.count() == 1
    assert claim.number in client.get(first["Location"]).content.decode()
    assert admin_client.get(reverse("admin:orders_claim_changelist")).status_code == 200
    assert "roto" in admin_client.get(address(claim, "change")).content.decode()
    fields = inputs(admin_client.get(address(claim, "approve")))
    shown = admin_client.post(address(claim, "approve"), fields, headers={"accept-language": "en"})
    assert shown.status_code == 200
    preview = shown.content.decode()
    assert "2 units are sent anew, and no money goes back." in preview
    assert "go back to the buyer" not in preview, "no sum of nothing"
    assert admin_client.post(address(claim, "approve"), {**inputs(shown), "confirm": "1"}).status_code == 302
    page = admin_client.get(address(claim, "resolve"))
    assert page.content.decode().count(line.sku) >= 2, "what is to be sent is said before"
    assert admin_client.post(address(claim, "resolve"), inputs(page)).status_code == 302
    claim.refresh_from_db()
    assert (claim.status, claim.units.count()) == ("resolved", 2)
    assert client.get(first["Location"]).status_code == 200


@pytest.mark.django_db
def test_what_was_not_shown_is_not_approved(admin_client, sizes):
    """Nothing is approved without its preview; what is changed after it, or by somebody else, is shown first."""
    order, line, other = sizes
    claim = claim_of(order, line, 2)
    key = claim.lines.get().pk.hex
    url = address(claim, "approve")
    fields = {**inputs(admin_client.get(url)), f"instead_{key}": str(other.pk)}
    assert admin_client.post(url, {**fields, "confirm": "1"}).status_code == 422
    shown = inputs(admin_client.post(url, fields))
    for change in (
        {f"refund_{key}": "1", f"replace_{key}": "1"},
        {"goods_back": "on"},
        {"answer": "other words"},
        {f"instead_{key}": str(line.variant_id)},
    ):
        sent = {**shown, f"instead_{key}": str(other.pk), **change, "confirm": "1"}
        assert admin_client.post(url, sent).status_code == 422, change
    # Somebody else decides meanwhile, and takes it back: the page was about another state of the claim.
    approving.approve(claim, approving.Answer(refund={claim.lines.get().pk: 2}), actor=STAFF)
    sent = {**shown, f"instead_{key}": str(other.pk), "confirm": "1"}
    assert admin_client.post(url, sent).status_code == 422
    claim.refresh_from_db()
    assert claim.outcome == "refund"
    approving.take_back(claim, actor=STAFF)
    assert (
        admin_client.post(url, {**sent, **inputs(admin_client.get(url)), "seen": sent["seen"]}).status_code
        == 302
    )
    claim.refresh_from_db()
    assert (claim.status, [one.variant for one in claim.units.filter(dropped_at=None)]) == (
        "approved",
        [other, other],
    )


@pytest.mark.django_db
def test_photos_are_seen_by_the_staff_that_may_see_claims_and_by_nobody_else(client, admin_client, sizes):
    order, line, _other = sizes
    url = reverse("orders:claim_ask", args=[order.secret])
    photo = SimpleUploadedFile("box.jpg", saved(halves(), "JPEG"), "image/jpeg")
    form = {"reason": "damaged_in_transit", "wish": "refund", "token": "t", f"units_{line.pk.hex}": "1"}
    assert client.post(url, {**form, "photos": photo}).status_code == 302
    claim = Claim.objects.get()
    file = reverse("admin:orders_claim_file", args=[claim.pk, claim.files.get().pk])
    assert f'src="{file}"' in admin_client.get(address(claim, "change")).content.decode()
    found = admin_client.get(file)
    assert (found.status_code, found["Content-Type"]) == (200, "image/jpeg")
    assert client.get(file).status_code == 302
    other = claim_of(order, line, 1, key="other")
    assert admin_client.get(file.replace(str(claim.pk), str(other.pk))).status_code == 404
    clerk = Client()
    user = UserFactory.create(is_staff=True)
    clerk.force_login(user)
    assert clerk.get(file).status_code in (302, 403)
    user.user_permissions.add(Permission.objects.get(codename="view_claim"))
    assert clerk.get(file).status_code == 200
    assert clerk.get(address(claim, "approve")).status_code in (302, 403)


@pytest.mark.django_db
def test_photos_that_are_not_taken_do_not_use_up_the_claims_of_an_hour(client, sizes, monkeypatch):
    order, line, _other = sizes
    monkeypatch.setattr(claims, "_ASKS", 1)
    monkeypatch.setattr(claims, "_FORMS", 4)
    url = reverse("orders:claim_ask", args=[order.secret])
    form = {"reason": "damaged_in_transit", "wish": "refund", f"units_{line.pk.hex}": "1"}
    wrong = [{"token": "w", "photos": SimpleUploadedFile("box.jpg", b"no picture")} for _time in range(2)]
    sent: list[Any] = [*wrong, {"token": "a"}, {"token": "b"}]
    answers = [client.post(url, {**form, **one}) for one in sent]
    assert [one.status_code for one in answers] == [422, 422, 302, 429]
    # Looking at files costs: their number is limited as well, more widely.
    more: Any = {"token": "w", "photos": SimpleUploadedFile("box.jpg", b"no picture")}
    assert client.post(url, {**form, **more}).status_code == 429


@pytest.mark.django_db
def test_whoever_may_not_refund_carries_out_new_units_and_no_money(sizes):
    order, line, _other = sizes
    paid, sent = claim_of(order, line, 1), claim_of(order, line, 1, key="sent")
    approving.approve(paid, approving.Answer(refund={paid.lines.get().pk: 1}), actor=STAFF)
    approving.approve(sent, approving.Answer(replace={sent.lines.get().pk: 1}), actor=STAFF)
    user = UserFactory.create(is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=("view_claim", "change_claim")))
    clerk = Client()
    clerk.force_login(user)
    assert clerk.get(address(paid, "resolve")).status_code == 403
    assert clerk.get(address(sent, "resolve")).status_code == 200
    user.user_permissions.add(Permission.objects.get(codename="add_refund"))
    assert clerk.get(address(paid, "resolve")).status_code == 200
