"""Copied sessions: row for row what the verbs make, and only where the verbs would make the same."""

import re
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection, transaction

from inventory.checks.runner import check
from orders.models import CheckoutSession, Order, ShippingRate
from orders.pricing import kinds
from orders.tests import copied_sessions, factories
from tests.mutants.server import FILE_DESCRIPTORS

# Rows that the verbs write in an order of chance.
# What only triggers write, for jobs that tests of copies do not run.
NOTES = {"catalog_catalogchange", "catalog_listingmark", "reports_reportchange"}
UNORDERED = {"catalog_product_options", "catalog_variantvalue"}

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def copying(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Copy, in a soak run and a mutation run too."""
    monkeypatch.setattr(copied_sessions, "IS_SOAK", False)
    monkeypatch.delenv(FILE_DESCRIPTORS, raising=False)
    copied_sessions.use(True)
    yield
    copied_sessions.use(False)


@pytest.fixture
def by_verbs(monkeypatch: pytest.MonkeyPatch) -> list[CheckoutSession]:
    """The sessions that the verbs have made during the test."""
    made: list[CheckoutSession] = []
    verbs = factories._make_session

    def make(*arguments: Any) -> CheckoutSession:
        made.append(verbs(*arguments))
        return made[-1]

    monkeypatch.setattr(factories, "_make_session", make)
    return made


def written(*, copy: bool) -> str:
    """Make a session, and return all rows of all tables, with ids and codes as numbers in order, without the times."""
    copied_sessions.use(copy)
    with transaction.atomic(), connection.cursor() as cursor:
        session = factories.make_session()
        unique = "|".join((session.token, session.cart.token, f"(?i:{session.lines.get().name.split()[1]})"))
        rows = []
        for name in sorted({*connection.introspection.table_names()} - NOTES):
            order = "(to_jsonb(t) - 'id')::text COLLATE \"C\"" if name in UNORDERED else "t"
            cursor.execute(f"SELECT '{name}', to_jsonb(t)::text FROM \"{name}\" AS t ORDER BY {order}")
            rows += [" ".join(row) for row in cursor.fetchall()]
        # Numbers that the database gives rise with every row, whoever writes it.
        text = re.sub(r'"public_number": \d+', '"public_number": 0', "\n".join(rows))
        transaction.set_rollback(True)
    numbers: dict[str, str] = {}
    fresh = re.compile(f"{copied_sessions._UUID}|{unique}")
    text = fresh.sub(lambda found: numbers.setdefault(found[0], f"#{len(numbers)}"), text)
    text = re.sub(copied_sessions._TIME, "a time", text)
    # What a column or a factory counts goes on counting; four characters of a product's id are in its code.
    text = re.sub(r'id": \d+', 'id": 0', text)
    return re.sub(r"-[0-9A-F]{4}-NEGRO|[Cc]orreo[- ]\d+(-\w{5})?", "~", text)


def test_a_copy_is_row_for_row_what_the_verbs_make():
    copied_sessions._samples.clear()
    assert written(copy=True) == written(copy=False) == written(copy=True)


def test_each_copy_is_a_purchase_of_its_own_that_ends_as_any_other(by_verbs: list[CheckoutSession]):
    copied_sessions._samples.clear()
    orders = [factories.make_order() for _n in range(3)]

    assert len(by_verbs) == 1
    assert CheckoutSession.objects.count() == Order.objects.count() == 3
    assert not CheckoutSession.objects.filter(pk=by_verbs[0].pk).exists()
    assert len({order.lines.get().variant_id for order in orders}) == 3
    for order in orders:
        level = factories.level_of(order.lines.get().variant_id)
        assert (level.on_hand, level.reserved) == (9, 0)
    assert check() == []


def test_times_of_a_copy_are_those_of_now(monkeypatch: pytest.MonkeyPatch):
    factories.make_session()
    for key, sample in copied_sessions._samples.items():
        old = sample._replace(made=sample.made - timedelta(days=3))
        pieces = [re.sub(copied_sessions._TIME, _earlier, piece) for piece in old.pieces]
        monkeypatch.setitem(copied_sessions._samples, key, old._replace(pieces=pieces))
    copy = factories.make_session()
    copied_sessions.use(False)
    made = factories.make_session()

    for name in ("created_at", "updated_at", "expires_at", "accepted_terms_at"):
        assert abs(getattr(made, name) - getattr(copy, name)) < timedelta(minutes=10), name


def _earlier(time: "re.Match[str]") -> str:
    from datetime import datetime

    return f'"{(datetime.fromisoformat(time[0][1:-1]) - timedelta(days=3)).isoformat()}"'


def test_the_verbs_make_it_where_something_differs(
    by_verbs: list[CheckoutSession], settings: Any, monkeypatch: pytest.MonkeyPatch
):
    factories.make_session()
    del by_verbs[:]

    factories.make_session(factories.make_cart())
    factories.make_session(user=factories.make_user())
    assert len(by_verbs) == 2

    with monkeypatch.context() as patch:
        patch.setattr(kinds, "KINDS", [*kinds.KINDS])
        factories.make_session()
    assert len(by_verbs) == 3

    settings.SHOP_CURRENCY = "MXN"
    assert factories.make_session().currency == "MXN"
    settings.SHOP_CURRENCY = "ARS"

    count = len(by_verbs)
    ShippingRate.objects.update(price=Decimal("1.00"))
    assert factories.make_session().shipping_total == Decimal("1.00")
    assert len(by_verbs) == count + 1
