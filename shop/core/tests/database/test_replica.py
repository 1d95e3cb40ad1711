"""Who reads from the replica: the catalogue, where its page allows it, while the replica shows what the primary does.

The replica of these tests is another connection to the same database, whose transactions may not write.
"""

from collections.abc import Callable, Iterator
from functools import partial

import pytest
from django.db import OperationalError, connections
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.listing import version
from catalog.models import Category
from catalog.tests.factories import make_category
from orders.models import Order
from shop.core.database import replica
from shop.core.database.kept_queries import KeptQuery
from shop.reports import dashboard


def yes() -> bool:
    return True


@pytest.fixture(autouse=True)
def alias(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the shop a replica for one test."""
    options = {
        **connections.databases["default"]["OPTIONS"],
        "options": "-c default_transaction_read_only=on",
    }
    monkeypatch.setitem(
        connections.databases, replica.ALIAS, connections.databases["default"] | {"OPTIONS": options}
    )
    monkeypatch.setattr(replica, "_left_alone_until", float("-inf"))
    made = connections[replica.ALIAS]

    def connect_at_need() -> None:
        # Django's own, which its test cases replace by a refusal for every other alias.
        if made.connection is None:
            with made.wrap_database_errors:
                made.connect()

    monkeypatch.setattr(made, "ensure_connection", connect_at_need)
    with override_settings(DATABASE_ROUTERS=["shop.core.database.replica.CatalogueReads"]):
        yield
    connections[replica.ALIAS].close()
    del connections[replica.ALIAS]


def statements(alias: str, act: Callable[[], object]) -> int:
    with CaptureQueriesContext(connections[alias]) as captured:
        act()
    return len(captured)


def read_categories() -> list[str]:
    return [category.name for category in Category.objects.all()]


@pytest.mark.django_db(transaction=True)
def test_the_catalogue_is_read_there_and_nothing_else():
    def read() -> None:
        read_categories()
        list(Order.objects.all())

    with CaptureQueriesContext(connections["default"]) as primary:
        assert statements(replica.ALIAS, lambda: replica.answer(read, is_current=yes)) == 1
    assert ["orders_order" in query["sql"] for query in primary.captured_queries] == [True]
    # Without `answer` nobody reads there.
    assert statements(replica.ALIAS, read) == 0


@pytest.mark.django_db(transaction=True)
def test_a_query_whose_statement_is_kept_reads_there_as_well():
    make_category("Buzos")
    kept: KeptQuery[Category] = KeptQuery(lambda slug: Category.objects.filter(slug=slug), str)

    def read() -> list[str]:
        return [category.name for category in kept("buzos")]

    assert read() == ["Buzos"]
    assert statements(replica.ALIAS, lambda: replica.answer(read, is_current=yes)) == 1
    assert statements(replica.ALIAS, read) == 0


@pytest.mark.django_db(transaction=True)
def test_what_was_read_there_is_written_to_the_primary():
    """The control: the replica refuses to write."""
    category = make_category("Buzos")
    read = replica.answer(lambda: Category.objects.get(pk=category.pk), is_current=yes)
    assert read._state.db == replica.ALIAS
    read.name = "Remeras"
    read.save()
    assert Category.objects.get().name == "Remeras"
    with pytest.raises(Exception, match="read-only"):
        read.save(using=replica.ALIAS)


@pytest.mark.django_db
def test_a_transaction_of_the_primary_reads_what_it_wrote():
    make_category("Buzos")
    assert replica.answer(read_categories, is_current=yes) == ["Buzos"]


@pytest.mark.django_db(transaction=True)
def test_a_replica_behind_is_not_read():
    make_category("Buzos")
    known = version.read().text

    def is_current() -> bool:
        return version.read(using=replica.ALIAS).text == known

    def read() -> object:
        return replica.answer(read_categories, is_current=is_current)

    current = statements(replica.ALIAS, read)
    known = f"{known} and a change more"
    # It was asked for its version, and for nothing else.
    assert (statements(replica.ALIAS, read), read()) == (current - 1, ["Buzos"])


@pytest.mark.django_db(transaction=True)
def test_a_replica_that_ends_in_the_middle_is_left_alone_for_a_while():
    asked = []

    def read() -> str:
        asked.append(connections[replica.ALIAS] if replica._reading.get() else None)
        if asked[-1] is not None:
            raise OperationalError("the connection is lost")
        return "of the primary"

    assert replica.answer(read, is_current=yes) == "of the primary"
    assert len(asked) == 2
    assert replica.answer(read, is_current=yes) == "of the primary"
    assert asked[2:] == [None]


@pytest.mark.django_db(transaction=True)
def test_a_mistake_of_the_page_is_no_fault_of_the_replica():
    with pytest.raises(ZeroDivisionError):
        replica.answer(lambda: 1 // 0, is_current=yes)
    assert replica._left_alone_until == float("-inf")


@pytest.mark.django_db(transaction=True)
def test_a_replica_that_nobody_reaches_is_the_primarys_work(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(connections[replica.ALIAS].settings_dict, "PORT", "1")
    assert replica.answer(read_categories, is_current=lambda: bool(read_categories()) or True) == []
    assert replica.lag() is None
    (figure,) = dashboard._replica()
    assert figure.tone == "warn"


@pytest.mark.django_db(transaction=True)
def test_the_dashboard_says_how_far_it_is_behind(monkeypatch: pytest.MonkeyPatch):
    assert replica.lag() == replica.Lag(0, 0.0)
    assert dashboard._replica()[0].tone == "ok"
    monkeypatch.setattr(replica, "lag", lambda: replica.Lag(3_000_000, 7.5))
    (figure,) = dashboard._replica()
    assert (figure.tone, "7,5" in figure.value) == ("warn", True), (figure, timezone.now())


@pytest.mark.django_db(transaction=True)
def test_shared_pages_are_made_from_there_and_a_visitors_own_copy_is_not(client: Client):
    make_category("Buzos")
    for path in ("/", "/c/buzos/", "/buscar/"):
        assert statements(replica.ALIAS, partial(client.get, path)) > 1, path
    assert statements(replica.ALIAS, lambda: client.get("/?aviso=1")) == 0
