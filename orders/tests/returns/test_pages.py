"""The buyer's pages: what comes back is shown before anything is sent; prices and photos are seen by nobody else."""

import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from orders.models import Order, Return, ReturnFile
from orders.models.returns import gift_token
from orders.returns import answering
from orders.tests.returns.returns import STAFF, ask, delivered_order, line_of
from shop.core.models import EmailLog
from shop.core.money import display as money


@pytest.fixture(scope="module")
def order(shared_rows: Any) -> Iterator[Order]:
    """An order of three units of one line and one of another, delivered today."""
    with shared_rows():
        yield delivered_order()


def picture(name: str = "a.jpg") -> SimpleUploadedFile:
    body = BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "where I live"
    Image.new("RGB", (40, 30), "red").save(body, "JPEG", exif=exif)
    return SimpleUploadedFile(name, body.getvalue(), "image/jpeg")


def fields(order: Order, units: int = 2, reason: str = "defective", **more: Any) -> dict[str, Any]:
    key = line_of(order, 3).pk.hex
    return {f"units_{key}": str(units), f"reason_{key}": reason, f"area_{key}": "", "note": "Hola", **more}


def prices(order: Order, words: str) -> list[str]:
    """Return the prices of an order that are said in a page or mail."""
    amounts = {order.total, order.subtotal, order.shipping_total}
    amounts |= {line.unit_price * units for line in order.lines.all() for units in (1, 2, 3)}
    return [text for amount in amounts if (text := money(amount)) in words]


def hidden(page: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, name
    return found[1]


@pytest.mark.django_db
def test_a_buyer_asks_by_the_secret_link_sees_what_comes_back_and_follows_it(client: Client, order: Order):
    line = line_of(order, 3)
    url = reverse("orders:return_ask", args=[order.secret])
    assert client.get(order.get_absolute_url()).content.decode().count(url) == 1
    assert line.name in client.get(url).content.decode()
    assert prices(order, client.post(url, fields(order)).content.decode())
    shown = client.post(url, fields(order)).content.decode()
    assert not Return.objects.exists()
    sending = fields(order, send="1", token=hidden(shown, "token"), seen=hidden(shown, "seen"))
    answer = client.post(url, {**sending, "photos": [picture(), picture("b.jpg")]})
    rma = Return.objects.get()
    assert answer.headers["Location"] == rma.get_absolute_url()
    assert client.post(url, sending).headers["Location"] == rma.get_absolute_url()  # The button again.
    assert (Return.objects.count(), ReturnFile.objects.count()) == (1, 1)
    photo = ReturnFile.objects.get()
    assert b"where I live" not in bytes(photo.content)
    page = client.get(rma.get_absolute_url()).content.decode()
    assert rma.number in page
    file = client.get(reverse("orders:return_file", args=[order.secret, 1, photo.pk]))
    assert (file.status_code, file.headers["Content-Type"]) == (200, "image/jpeg")
    assert file.headers["Content-Disposition"].startswith("attachment")
    answering.approve(rma, actor=STAFF)
    client.post(reverse("orders:return_sent", args=[order.secret, 1]), {"tracking_number": "RA1"})
    rma.refresh_from_db()
    assert rma.tracking_number == "RA1"
    client.post(reverse("orders:return_cancel", args=[order.secret, 1]))
    rma.refresh_from_db()
    assert rma.status == "cancelled"


@pytest.mark.django_db
def test_what_is_missing_or_changed_is_said_and_nothing_is_written(client: Client, order: Order):
    url = reverse("orders:return_ask", args=[order.secret])
    key = line_of(order, 3).pk.hex
    for given, status in (
        ({}, 422),
        ({f"units_{key}": "2"}, 422),
        (fields(order, reason="too_small"), 422),
        (fields(order, units=9), 422),
        (fields(order, send="1", token="t", seen="stale"), 422),
        (fields(order, send="1", token="t", photos=SimpleUploadedFile("x.jpg", b"<svg/>")), 422),
        (fields(order, change="1"), 200),
    ):
        assert client.post(url, given).status_code == status, given
    assert not Return.objects.exists()


@pytest.mark.django_db
def test_nobody_sees_another_orders_return_or_photo(client: Client, order: Order):
    rma = ask(order)
    other = delivered_order(2)
    for name in ("return_secret", "return_cancel", "return_sent"):
        url = reverse(f"orders:{name}", args=[other.secret, rma.ordinal])
        send = client.get if name == "return_secret" else client.post
        assert send(url).status_code == 404
    for token in ("x", order.secret, f"{order.pk.hex}.x", f"{order.pk.hex}.", gift_token(other)):
        assert client.get(reverse("orders:gift_return_status", args=[token, rma.ordinal])).status_code == 404
    # A gift's link opens only what was asked for by it.
    assert client.get(reverse("orders:gift_return_status", args=[gift_token(order), 1])).status_code == 404
    assert client.get(reverse("orders:return_secret", args=[order.secret, 99999])).status_code == 404


@pytest.mark.django_db
def test_a_gift_is_returned_without_prices_and_the_mails_go_to_who_asked(client: Client, order: Order):
    url = reverse("orders:gift_return_ask", args=[gift_token(order)])
    given = fields(order, email="amiga@example.com")
    words = ""
    for answer in (client.get(url), client.post(url, given)):
        words = answer.content.decode()
        assert not prices(order, words)
        assert order.email not in words
        assert order.secret not in words
    sending = {**given, "send": "1", "token": hidden(words, "token"), "seen": hidden(words, "seen")}
    answer = client.post(url, sending)
    rma = Return.objects.get()
    assert (rma.is_gift, rma.email) == (True, "amiga@example.com")
    page = client.get(answer.headers["Location"]).content.decode()
    assert order.secret not in page
    assert not prices(order, page)
    mails = EmailLog.objects.filter(kind="return_requested")
    assert [mail.to for mail in mails] == ["amiga@example.com"]
    assert not prices(order, mails[0].text + mails[0].html)


@pytest.mark.django_db
def test_a_gifts_form_does_not_tell_the_price_by_its_digest(client: Client, order: Order, settings: Any):
    seen = []
    for key in ("one-key-of-the-shop", "another-key-of-the-shop"):
        settings.SECRET_KEY = key
        url = reverse("orders:gift_return_ask", args=[gift_token(order)])
        words = client.post(url, fields(order, email="amiga@example.com")).content.decode()
        seen.append(hidden(words, "seen"))
    assert seen[0] != seen[1]


@pytest.mark.django_db
@pytest.mark.parametrize("token", ["", "the-same"])
def test_a_gifts_form_is_never_led_to_the_buyers_own_return(client: Client, order: Order, token: str):
    own, gift = (
        reverse("orders:return_ask", args=[order.secret]),
        reverse("orders:gift_return_ask", args=[gift_token(order)]),
    )
    for url in (own, gift):
        given = fields(order, units=1, email="amiga@example.com", token=token)
        shown = client.post(url, given).content.decode()
        answer = client.post(url, {**given, "send": "1", "seen": hidden(shown, "seen")})
        assert answer.status_code == 302
        assert (order.secret in answer.headers["Location"]) == (url == own)
    assert sorted(Return.objects.values_list("is_gift", flat=True)) == [False, True]


@pytest.mark.django_db
def test_what_is_returned_by_a_gifts_link_is_not_told_to_the_buyer(client: Client, order: Order):
    rma = ask(order, is_gift=True, email="amiga@example.com", note="No lo digas")
    for name in ("return_secret", "return_cancel", "return_sent"):
        url = reverse(f"orders:{name}", args=[order.secret, rma.ordinal])
        send = client.get if name == "return_secret" else client.post
        assert send(url).status_code == 404, name
    api = f"/api/v1/returns/by-order/{order.secret}"
    assert client.get(api).json() == []
    assert client.get(f"{api}/{rma.ordinal}").status_code == 404
    assert client.post(f"{api}/{rma.ordinal}/cancel", content_type="application/json").status_code == 404
    assert client.get(rma.get_absolute_url()).status_code == 200
