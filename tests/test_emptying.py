"""What is left after a transactional test: nothing of its own, and every seed. Each test empties within itself."""

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.core.management import call_command
from django.db import connection

from inventory.models import StockMovement
from orders.tests.factories import make_order, make_variant
from shop.core.models import EmailLog
from tests.races.tools.rendezvous import meet
from tests.support.emptying import LARGE, Emptying

pytestmark = pytest.mark.django_db(transaction=True)


def never() -> None:
    raise AssertionError("nothing was changed that only a flush can mend")


def filled() -> set[str]:
    """Return the tables that have rows."""
    names = {
        model._meta.db_table for model in apps.get_models(include_auto_created=True) if model._meta.managed
    }
    with connection.cursor() as cursor:
        found = set()
        for name in names & set(connection.introspection.table_names(cursor)):
            cursor.execute(f'SELECT EXISTS (TABLE "{name}")')
            if cursor.fetchone()[0]:
                found.add(name)
    return found


def write_mails(number: int) -> None:
    EmailLog.objects.bulk_create(
        EmailLog(
            kind="test", to="ana@example.com", subject="Hola", text="x" * 400, dedupe_key=f"emptying:{n}"
        )
        for n in range(number)
    )


def size_of(table: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_relation_size(%s)", [table])
        return int(cursor.fetchone()[0])


def test_every_row_goes_ledgers_and_large_tables_too_and_every_seed_stays() -> None:
    before, emptying = filled(), Emptying(connection)
    roles = set(Group.objects.values_list("pk", "name"))
    order = make_order()
    assert StockMovement.objects.exists()
    mails = EmailLog._meta.db_table
    write_mails(1200)
    assert size_of(mails) > LARGE
    assert len(filled() - before) > 10
    emptying.run(never)
    assert filled() == before
    assert size_of(mails) == 0
    assert set(Group.objects.values_list("pk", "name")) == roles
    assert make_order().number > order.number, "a sequence goes on: no test may lean on a number"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda: Group.objects.create(name="strangers"),
        lambda: Group.objects.first().delete(),
        lambda: Group.objects.first().permissions.clear(),
    ],
)
def test_a_spoiled_seed_is_made_anew(spoil: Callable[[], Any]) -> None:
    emptying, flushes = Emptying(connection), []
    roles = {group.name: group.permissions.count() for group in Group.objects.all()}
    assert roles
    assert all(roles.values())
    spoil()
    make_variant()

    def flush() -> None:
        flushes.append(1)
        call_command("flush", verbosity=0, interactive=False)

    emptying.run(flush)
    assert flushes == [1]
    assert {group.name: group.permissions.count() for group in Group.objects.all()} == roles
    emptying.run(never)


def test_what_an_open_transaction_commits_late_goes_too() -> None:
    """A worker of the test is still writing: the emptying waits for it, and yields when its commit needs our locks."""
    emptying = Emptying(connection)
    assert meet(lambda: emptying.run(never), first=lambda: write_mails(1), then=lambda: None) is None
    assert not EmailLog.objects.exists()
