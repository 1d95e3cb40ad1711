"""Staff take up a return for a buyer on the phone, and send something else instead of units of one that is open."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse

from catalog.models import Variant
from orders.models import Exchange, Order, OrderLine, Return
from orders.tests.exchanges.exchanges import order_with_sizes, reserved
from orders.tests.factories import make_variant
from orders.tests.returns.returns import approved, delivered_order, wanted
from orders.tests.returns.test_admin import at
from shop.accounts.tests.staff_clients import boss, carried, clerk, queries

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def sizes(shared_rows: Any) -> Iterator[tuple[Order, OrderLine, Variant]]:
    with shared_rows():
        yield order_with_sizes()


def confirmed(client: Any, url: str, given: dict[str, str]) -> Any:
    """Have a form show what it comes to, and confirm exactly that, twice: the button again."""
    form = {**carried(client, url), **given}
    shown = client.post(url, form)
    assert shown.status_code == 200, shown.context["form"].errors
    sent = {**form, "seen": shown.context["quote"].seen, "confirm": "1"}
    first = client.post(url, sent)
    assert first.status_code == 302
    client.post(url, sent)
    return shown


def test_a_return_is_taken_up_by_line_and_unit_for_a_reason(sizes: tuple[Order, OrderLine, Variant]):
    order, line, _other = sizes
    client, url, key = boss(), at("open", order.pk), line.pk.hex
    assert url in client.get(reverse("admin:orders_order_change", args=[order.pk])).text
    given = {f"units_{key}": "2", f"reason_{key}": "too_small", f"area_{key}": "waist", "note": "By phone."}
    assert client.post(url, {**carried(client, url), **given, f"area_{key}": ""}).status_code == 422
    assert not Return.objects.exists(), "nothing is taken up before it was shown and confirmed"
    confirmed(client, url, given)
    rma = Return.objects.get()
    assert (rma.origin, rma.status, rma.note) == ("staff", "requested", "By phone.")
    assert [(one.quantity, one.reason.code, one.area, one.wish) for one in rma.lines.all()] == [
        (2, "too_small", "waist", "money")
    ]


def test_it_is_taken_up_for_another_product_named_by_its_code(sizes: tuple[Order, OrderLine, Variant]):
    order, line, other = sizes
    client, url, key = boss(), at("open", order.pk), line.pk.hex
    dearer = make_variant(units=1, price=line.unit_price + Decimal(900))
    given = {f"units_{key}": "1", f"reason_{key}": "changed_mind", f"code_{key}": dearer.sku.lower()}
    for wrong in ({f"code_{key}": "no such code"}, {f"instead_{key}": str(other.pk)}):
        assert client.post(url, {**carried(client, url), **given, **wrong}).status_code == 422
    assert "900" in confirmed(client, url, given).text
    exchange = Exchange.objects.get()
    assert (exchange.settlement, exchange.rma.origin, reserved(exchange)) == (900, "staff", 1)


def test_units_of_an_open_return_are_exchanged_as_shown(sizes: tuple[Order, OrderLine, Variant]):
    order, line, other = sizes
    rma = approved(order, wanted(line, 2, "too_small"))
    client, url, key = boss(), at("exchange", rma.pk), line.pk.hex
    assert url in client.get(at("change", rma.pk)).text
    confirmed(client, url, {f"units_{key}": "1", f"instead_{key}": str(other.pk)})
    exchange = Exchange.objects.get()
    assert (exchange.rma, exchange.settlement, reserved(exchange)) == (rma, 0, 1)
    assert url not in client.get(at("change", rma.pk)).text, "one at a time"
    assert not client.get(url).context["form"].lines


@pytest.mark.parametrize(("role", "may"), [("warehouse", 403), ("support", 200)])
def test_who_may_take_up_a_return(sizes: tuple[Order, OrderLine, Variant], role: str, may: int):
    order, line, _other = sizes
    rma = approved(order, wanted(line))
    client = clerk(role)
    assert client.get(at("open", order.pk)).status_code == may
    assert client.get(at("exchange", rma.pk)).status_code == may


def test_the_form_costs_the_same_for_few_lines_and_for_many():
    few, many = delivered_order(1), delivered_order(1, 1, 1, 1)
    client = boss()
    queries(client, at("open", few.pk))
    assert queries(client, at("open", few.pk)) == queries(client, at("open", many.pk)) <= 40
