"""The catalogue's version while several change the catalogue at once: nobody waits, and no commit is hidden."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from django.db import connection, transaction
from django.db.models import Max

from catalog.listing import version
from catalog.models import CatalogChange, Variant
from inventory import reservations
from inventory.models import StockLevel
from inventory.tests.factories import TTL, stocked
from shop.core.ids import uuid7
from tests.races.tools.concurrency import together

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def levels() -> list[StockLevel]:
    found = [stocked(3), stocked(3)]
    version.adopt_hint()
    return found


def reprice(level: StockLevel) -> None:
    """Change a price, without waiting for anybody for longer than a moment."""
    with transaction.atomic():
        at_once()
        Variant.objects.filter(pk=level.variant_id).update(price="1.50")


def buy(level: StockLevel) -> Any:
    with transaction.atomic():
        at_once()
        return reservations.reserve(
            variant_id=level.variant_id, quantity=2, ttl=TTL, cart_id=uuid7(), actor="shopper"
        )


def at_once() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL lock_timeout = '1ms'")


def fold() -> int:
    with transaction.atomic():
        at_once()
        return version.fold()


def elsewhere(act: Callable[[], Any]) -> Any:
    """Do something in another connection; return what it answered or raised."""
    return together([act])[0]


def newest() -> str:
    """Return the version as it would be by the last number alone: the control."""
    return str(CatalogChange.objects.aggregate(last=Max("id"))["last"])


@pytest.fixture
def late(levels: list[StockLevel]) -> Iterator[Callable[[], None]]:
    """Change a price in a transaction that stays open; return what commits it."""
    with ExitStack() as open_still:
        open_still.enter_context(transaction.atomic())
        Variant.objects.filter(pk=levels[0].variant_id).update(price="2.50")
        yield open_still.close


def test_nobody_waits_for_a_change_that_is_not_committed(levels: list[StockLevel], late: Callable[[], None]):
    """A reservation that makes units few, another price and the job act while a change is open."""
    for act in (lambda: buy(levels[1]), lambda: buy(levels[0]), lambda: reprice(levels[1]), fold):
        answer = elsewhere(act)
        assert not isinstance(answer, BaseException), answer


@pytest.mark.parametrize(("read", "sees"), [(lambda: version.read().text, True), (newest, False)])
def test_a_change_that_commits_after_a_later_one_is_seen(
    levels: list[StockLevel], late: Callable[[], None], read: Callable[[], str], sees: bool
):
    """Its row has the lower number. By the highest number alone it would be hidden, as the control shows."""
    elsewhere(lambda: reprice(levels[1]))
    between = elsewhere(read)
    late()
    assert (read() != between) is sees


def test_folding_while_others_change_and_fold_loses_no_change(levels: list[StockLevel]):
    before = version.read().text.partition(".")[0]
    changes, folds = 24, 12
    acts: list[Callable[[], Any]] = [lambda: reprice_plainly(levels[1])] * changes + [version.fold] * folds
    answers = together([act for pair in zip(acts[::2], acts[1::2], strict=True) for act in pair], at_once=6)
    assert not [answer for answer in answers if isinstance(answer, BaseException)]
    after = version.read().text.partition(".")[0]
    # And the job of the lists, which runs before a test looks, notes the rows it wrote.
    assert int(after) - int(before) == changes + 1


def reprice_plainly(level: StockLevel) -> None:
    Variant.objects.filter(pk=level.variant_id).update(price="3.50")
