"""The pages of exchanges: what buyers ask for by the order's link, and what the staff does about it."""

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from catalog.models import Option, OptionValue, Variant, VariantValue
from orders.exchanges import ending, offers, releasing
from orders.models import Exchange, Order, OrderLine
from orders.models.returns import gift_token
from orders.returns.request_forms import OTHER
from orders.tests.exchanges.exchanges import approve, ask, come_back, order_with_sizes, pay, reserved, size_of
from orders.tests.factories import make_user, make_variant
from orders.tests.returns.returns import STAFF
from payments.models import PaymentAttempt
from shop.accounts.models import User
from tests.support.api_client import token_of

ENGLISH = {"accept-language": "en"}


@pytest.fixture(scope="module")
def sizes(shared_rows: Any) -> Iterator[tuple[Order, OrderLine, Variant]]:
    with shared_rows():
        yield order_with_sizes()


def hidden(text: str, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]*)"', text)
    assert found, name
    return found.group(1)


@pytest.mark.django_db
def test_a_buyer_exchanges_a_size_by_the_form_and_thinks_better_of_it(client, sizes):
    order, line, other = sizes
    url = reverse("orders:return_ask", args=[order.secret])
    key = line.pk.hex
    assert str(other.pk) in client.get(url).content.decode()
    form = {f"units_{key}": "1", f"reason_{key}": "changed_mind", f"instead_{key}": str(other.pk), "note": ""}
    shown = client.post(url, form)
    text = shown.content.decode()
    assert shown.status_code == 200
    sent = {**form, "send": "1", "token": hidden(text, "token"), "seen": hidden(text, "seen")}
    first = client.post(url, sent)
    exchange = Exchange.objects.get()
    assert (exchange.settlement, first.status_code, first["Location"]) == (
        0,
        302,
        exchange.rma.get_absolute_url(),
    )
    assert client.post(url, sent).status_code == 302
    assert Exchange.objects.count() == 1
    page = client.get(first["Location"]).content.decode()
    assert exchange.number in page
    assert client.post(url, {**sent, "seen": "stale", "token": "other"}).status_code == 422
    client.post(reverse("orders:exchange_cancel", args=[order.secret, exchange.ordinal]))
    exchange.refresh_from_db()
    assert exchange.status == "cancelled"
    assert client.get(first["Location"]).status_code == 200


@pytest.mark.django_db
def test_the_difference_has_a_page_to_pay_until_it_ends(client, sizes):
    order, line, _other = sizes
    dearer = make_variant(units=1, price=line.unit_price + Decimal(900))
    exchange = ask(order, line, dearer)
    approve(exchange)
    url = reverse("orders:exchange_pay", args=[exchange.charge.token])
    page = client.get(url)
    assert page.status_code == 200
    assert 'name="gateway"' in page.content.decode()
    ending.cancel(exchange, end=Exchange.End.BUYER, actor="buyer")
    over = client.get(url)
    assert (over.status_code, 'name="gateway"' in over.text) == (200, False)


@pytest.mark.django_db
def test_the_link_to_pay_a_difference_opens_nothing_of_the_order(client, sizes):
    order, line, _other = sizes
    exchange = ask(order, line, make_variant(units=1, price=line.unit_price + Decimal(900)))
    approve(exchange)
    url = reverse("orders:exchange_pay", args=[exchange.charge.token])
    buyer = Client()
    Order.objects.filter(pk=order.pk).update(user=make_user("buyer@example.com"))
    buyer.force_login(User.objects.get(email="buyer@example.com"))
    before = client.get(url)
    pay(exchange.charge)
    attempt = PaymentAttempt.objects.get(payable=exchange.charge.payable)
    landed = client.get(reverse("payments:status", args=[attempt.token]))
    assert landed["Location"] == url
    after = client.get(url)
    assert "900" in after.text
    assert client.get(f"/api/v1/payables/{exchange.charge.token}").json()["order"] == {
        "number": order.number,
        "secret": "",
    }
    assert order.secret not in before.text + after.text + landed.text
    assert order.secret in buyer.get(url).text


@pytest.mark.django_db
def test_the_staff_releases_an_exchange_once(admin_client, sizes):
    order, line, other = sizes
    exchange = ask(order, line, other)
    come_back(exchange)
    assert admin_client.get(reverse("admin:orders_exchange_changelist")).status_code == 200
    change = reverse("admin:orders_exchange_change", args=[exchange.pk])
    assert admin_client.get(change).status_code == 200
    rma = admin_client.get(reverse("admin:orders_return_change", args=[exchange.rma_id]))
    assert (rma.context["brings_money"], rma.context["asked_exchange"]) == (False, exchange)
    address = change.replace("/change/", "/release/")
    page = admin_client.get(address).content.decode()
    fields = dict(re.findall(r'<input[^>]*name="([^"]+)"[^>]*value="([^"]*)"', page))
    assert admin_client.post(address, fields).status_code == 302
    exchange.refresh_from_db()
    assert exchange.status == "released"
    assert admin_client.get(reverse("admin:orders_order_change", args=[order.pk])).status_code == 200


@pytest.mark.django_db
def test_of_a_return_that_is_all_exchange_nothing_is_decided_and_the_next_step_is_said(admin_client, sizes):
    order, line, other = sizes
    exchange = ask(order, line, other)
    page = reverse("admin:orders_return_decide", args=[exchange.rma_id])

    def said() -> str:
        return str(admin_client.get(page, headers={"accept-language": "en"}).content.decode())

    assert "answer the buyer&#x27;s request first" in said()
    come_back(exchange)
    text = said()
    assert "all of it is exchanged, and no money goes back. Next: see to the exchange" in text
    assert reverse("admin:orders_exchange_change", args=[exchange.pk]) in text
    assert 'id="verb-form"' not in text, "no form with nothing to choose"


@pytest.mark.django_db
def test_whoever_may_not_refund_releases_what_costs_nothing_and_no_money(sizes):
    order, line, other = sizes
    even, cheaper = ask(order, line, other), ask(order, line, make_variant(units=1, price=Decimal(1)))
    come_back(even)
    come_back(cheaper)
    user = make_user("clerk@example.com")
    User.objects.filter(pk=user.pk).update(is_staff=True)
    user.user_permissions.add(*Permission.objects.filter(codename__in=("view_exchange", "change_exchange")))
    clerk = Client()
    clerk.force_login(user)
    headers = {"Authorization": f"Bearer {token_of(User.objects.get(pk=user.pk), second_step=True)[1]}"}

    def statuses(exchange: Exchange) -> tuple[int, int]:
        page = reverse("admin:orders_exchange_change", args=[exchange.pk]).replace("/change/", "/release/")
        api = f"/api/v1/staff/exchanges/{exchange.pk}/release"
        sent = clerk.post(api, {}, content_type="application/json", headers=headers)
        return clerk.get(page).status_code, sent.status_code

    assert statuses(cheaper) == (403, 403)
    assert Exchange.objects.get(pk=cheaper.pk).is_open
    assert statuses(even) == (200, 200)
    user.user_permissions.add(Permission.objects.get(codename="add_refund"))
    assert statuses(cheaper) == (200, 200)
    cheaper.refresh_from_db()
    assert (cheaper.status, cheaper.reimbursement.amount) == ("released", line.unit_price - 1)


@pytest.mark.django_db
def test_a_buyer_looks_for_another_product_and_sees_the_difference(client, sizes):
    order, line, _other = sizes
    dearer = make_variant(units=1, price=line.unit_price + Decimal(900))
    sold_out = make_variant(units=0, price=line.unit_price)
    url = reverse("orders:return_ask", args=[order.secret])
    key = line.pk.hex
    form = {
        f"units_{key}": "1",
        f"reason_{key}": "changed_mind",
        f"instead_{key}": "other",
        f"note_{key}": "too warm",
        "note": "thanks",
    }
    looked = client.post(url, {**form, "q": dearer.sku}).text
    assert f"{key}:{dearer.pk}" in looked
    assert str(sold_out.pk) not in looked
    assert hidden(looked, f"note_{key}") == "too warm", "nothing typed is lost"
    assert f"{key}:{dearer.pk}" in client.post(url, form).text, "without words the newest"
    preview = client.post(url, {**form, "pick": f"{key}:{dearer.pk}"})
    assert preview.status_code == 200
    assert "900" in preview.text
    named = {**form, f"instead_{key}": str(dearer.pk)}
    sent = {**named, "send": "1", "token": "t", "seen": hidden(preview.text, "seen")}
    assert client.post(url, sent).status_code == 302
    exchange = Exchange.objects.get()
    assert (exchange.settlement, reserved(exchange)) == (900, 1)
    gift = client.get(reverse("orders:gift_return_ask", args=[gift_token(order)])).context["form"]
    may_have = [value for value, _words in gift.fields[f"instead_{key}"].choices]
    assert OTHER not in may_have, "nobody pays a difference for a gift"


@pytest.mark.django_db
def test_other_products_cost_the_same_to_show_for_few_and_for_many(client, sizes):
    order, line, _other = sizes
    url = reverse("orders:return_ask", args=[order.secret])
    key = line.pk.hex
    form = {f"units_{key}": "1", f"reason_{key}": "changed_mind", f"instead_{key}": "other"}

    def spent() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.post(url, form).status_code == 200
        return len(captured)

    make_variant(units=1)
    spent()
    few = spent()
    for _one in range(3):
        make_variant(units=1)
    assert few == spent() <= 45


@pytest.mark.django_db
def test_the_page_of_an_order_says_how_far_an_exchange_is(client, admin_client, sizes):
    order, line, other = sizes
    admin = reverse("admin:orders_order_change", args=[order.pk])

    def said() -> list[str]:
        pages = (
            client.get(order.get_absolute_url(), headers=ENGLISH),
            admin_client.get(admin, headers=ENGLISH),
        )
        words = [" ".join(page.content.decode().split()) for page in pages]
        stages = ("exchange of 1 asked for", "1 to be replaced", "1 replaced")
        assert [all(stage in one for one in words) for stage in stages] == [
            any(stage in one for one in words) for stage in stages
        ]
        return [stage for stage in stages if stage in words[0]]

    assert said() == []
    exchange = ask(order, line, other)
    assert said() == ["exchange of 1 asked for"]
    come_back(exchange)
    assert said() == ["1 to be replaced"]
    releasing.release(exchange, actor=STAFF)
    assert said() == ["1 replaced"]


@pytest.mark.django_db
def test_the_bought_colour_comes_first_among_what_is_offered_instead(sizes):
    order, line, _other = sizes
    colour = Option.objects.get_or_create(code="color", defaults={"name": "Color", "kind": "colour"})[0]
    bought = VariantValue.objects.filter(variant=line.variant, option=colour).first()
    red = bought.value if bought else OptionValue.objects.create(option=colour, code="red", name="red")
    blue = OptionValue.objects.create(option=colour, code="other-blue", name="blue")
    in_blue, in_red = size_of(line.variant), size_of(line.variant)
    Variant.objects.filter(pk=in_red.pk).update(sort_order=9)
    colours = {in_blue: blue, in_red: red} | ({} if bought else {line.variant: red})
    for variant, value in colours.items():
        VariantValue.objects.create(variant=variant, option=colour, value=value)
    found = [one.variant for one in offers.of_order(order, [line.pk])[line.pk]]
    assert found[0] == in_red
    assert in_blue in found[1:]
