"""What a step that is sent costs, what it reads under the session's lock, and what is done without it."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from orders.cart import carts
from orders.checkout import forms, looking, sessions
from orders.models import CheckoutSession
from orders.shipping import branches, rates
from orders.tests.checkout.test_pages import CONTACT
from orders.tests.factories import ADDRESS, ShippingRateFactory, make_cart, make_contact, make_session
from orders.views import checkout as views
from shop.core.database.kept_queries import KeptQuery
from tests.races.tools.rendezvous import meet_at_a_lock
from tests.support.round_trips import counted

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
ELSEWHERE: Final = replace(ADDRESS, street="Belgrano 1", city="Rosario", state="Santa Fe", postal_code="2000")


@pytest.fixture
def trips(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """What goes over the wire, a text for each round trip."""
    database: Any = connection
    commit = database._commit
    with counted() as found:

        def committed() -> None:
            before = len(found)
            commit()
            if len(found) == before:
                found.append("COMMIT")

        monkeypatch.setattr(connection, "_commit", committed)
        yield found


def to(name: str, session: CheckoutSession) -> str:
    return reverse(f"orders:{name}", args=[session.token])


def send(client: Client, name: str, session: CheckoutSession, data: dict[str, Any]) -> Any:
    return client.post(to(name, session), data)


def test_a_step_that_is_sent_takes_two_round_trips(trips: list[str]):
    session = make_session()
    client = Client()
    steps: dict[str, dict[str, Any]] = {
        "checkout_contact": CONTACT,
        "checkout_shipping": {"rate": session.shipping_rate_id, "terms": "on"},
    }
    for name, data in steps.items():
        send(client, name, session, data)
        trips.clear()
        assert send(client, name, session, data).status_code == 302
        assert len(trips) == 2, trips
        assert trips[0].startswith("BEGIN; ")
        assert trips[1].endswith("; COMMIT")


def test_another_way_is_chosen_in_two_round_trips(trips: list[str]):
    session = make_session()
    dear, cheap = (ShippingRateFactory.create(price=price) for price in ("9000.00", "100.00"))
    for rate in (cheap, dear):
        trips.clear()
        data = {"rate": rate.pk, "terms": "on"}
        assert send(Client(), "checkout_shipping", session, data).status_code == 302
    assert len(trips) == 2, trips
    assert [one.label for one in session.adjustments.all()] == [
        str(rates.Quote(dear, dear.price, dear.price).name)
    ]
    session.refresh_from_db()
    assert session.shipping_total == Decimal("9000.00")


def test_a_form_reads_nothing_of_the_cart_under_the_lock():
    session = make_session()
    with transaction.atomic(), CaptureQueriesContext(connection) as captured:
        locked = looking.lock(session.token)
    assert locked is not None
    assert not [query for query in captured.captured_queries if '"orders_cart"' in query["sql"]]
    with CaptureQueriesContext(connection) as captured:
        assert locked.shipping_address is not None
    assert not captured.captured_queries


def hot_updates() -> tuple[int, int]:
    """Return how many sessions this connection has updated of late, and how many of them without writing an index."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_stat_get_xact_tuples_updated(oid), pg_stat_get_xact_tuples_hot_updated(oid)"
            " FROM pg_class WHERE oid = 'orders_checkoutsession'::regclass"
        )
        updated, hot = cursor.fetchone() or (0, 0)
    return int(updated), int(hot)


def test_a_step_that_moves_the_end_alone_writes_no_index():
    session = make_session()
    with transaction.atomic():
        before = hot_updates()
        sessions.set_contact(session, contact=make_contact(), actor="shopper")
        updated, hot = (now - then for now, then in zip(hot_updates(), before, strict=True))
    assert updated == 1
    assert hot == 1


@pytest.mark.parametrize("name", ["checkout_contact", "checkout_shipping", "checkout_payment"])
def test_a_screen_reads_of_the_goods_what_lines_are_made_of(name: str):
    session = make_session()
    with CaptureQueriesContext(connection) as captured:
        assert Client().get(to(name, session)).status_code == 200
    (asked,) = captured.captured_queries
    assert '"catalog_product"."name"' in asked["sql"]
    assert '"catalog_product"."description"' not in asked["sql"]
    assert '"catalog_brand"' not in asked["sql"]


def test_what_is_not_needed_is_not_made(monkeypatch: pytest.MonkeyPatch):
    session = make_session()
    quoted: list[object] = []
    sections: list[str] = []
    quotes_for, begin = rates.quotes_for, forms.AddressForm.__init__

    def quoting(*arguments: Any) -> list[rates.Quote]:
        quoted.append(arguments)
        return quotes_for(*arguments)

    def made(self: forms.AddressForm, *arguments: Any, section: str, **options: Any) -> None:
        sections.append(section)
        begin(self, *arguments, section=section, **options)

    monkeypatch.setattr(rates, "quotes_for", quoting)
    monkeypatch.setattr(forms.AddressForm, "__init__", made)
    assert Client().get(to("checkout_shipping", session)).status_code == 200
    assert len(quoted) == 1
    assert send(Client(), "checkout_contact", session, CONTACT).status_code == 302
    assert sections == ["shipping"]


def test_a_checkout_is_begun_in_four_round_trips(trips: list[str]):
    for _turn in range(2):
        client = Client()
        client.cookies[carts.COOKIE] = make_cart().token
        trips.clear()
        assert client.post(reverse("orders:checkout_start")).status_code == 302
    assert len(trips) == 4, trips


def test_a_form_with_errors_is_shown_without_the_lock(monkeypatch: pytest.MonkeyPatch):
    session = make_session()
    within: list[bool] = []
    show = views.render_step

    def watched(*arguments: Any, **options: Any) -> Any:
        within.append(connection.in_atomic_block)
        return show(*arguments, **options)

    monkeypatch.setattr(views, "render_step", watched)
    assert send(Client(), "checkout_contact", session, {}).status_code == 422
    assert send(Client(), "checkout_shipping", session, {"rate": session.shipping_rate_id}).status_code == 422
    assert within == [False, False]


def test_carriers_are_asked_before_the_lock(monkeypatch: pytest.MonkeyPatch, settings: Any):
    session = make_session()
    asked: list[bool] = []
    settings.SHIPPING_CARRIERS = ["andreani"]

    def note(*_arguments: object) -> bool:
        asked.append(connection.in_atomic_block)
        return False

    monkeypatch.setattr(rates, "refresh_for", note)
    monkeypatch.setattr(branches, "refresh_for", note)
    data = {"rate": session.shipping_rate_id, "terms": "on"}
    assert send(Client(), "checkout_shipping", session, data).status_code == 302
    assert asked == [False, False]


def joined(token: str) -> Any:
    """Lock by a statement that joins the address: the control."""
    rows = CheckoutSession.objects.select_related("shipping_address").filter(token=token).order_by()
    return rows.select_for_update(of=("self",), no_key=True)


def by_one_statement(token: str) -> CheckoutSession | None:
    found: list[CheckoutSession] = KeptQuery(joined, str)(token)
    return next(iter(found), None)


def meet_an_address(lock: Callable[[str], CheckoutSession | None]) -> tuple[UUID | None, ...]:
    """Lock a session while another tab changes its address; return the keys of the new one, of that in the session's
    row, and of the address that was read with it.
    """
    session = make_session()
    changed: list[CheckoutSession] = []

    def change() -> None:
        contact = make_contact(shipping=ELSEWHERE)
        changed.append(sessions.set_contact(session, contact=contact, actor="shopper"))

    def this_tab() -> tuple[UUID | None, ...]:
        with transaction.atomic():
            locked = lock(session.token)
            assert locked is not None
            address = locked.shipping_address
            return locked.shipping_address_id, address.pk if address else None

    (seen,) = meet_at_a_lock([this_tab], lock=change)
    assert not isinstance(seen, Exception), seen
    return (changed[0].shipping_address_id, *seen)


def test_who_waits_for_the_lock_sees_the_address_of_the_other_tab():
    new, in_row, read = meet_an_address(looking.lock)
    assert new == in_row == read


def test_control_a_lock_that_joins_the_address_misses_it():
    new, in_row, read = meet_an_address(by_one_statement)
    assert new == in_row != read
