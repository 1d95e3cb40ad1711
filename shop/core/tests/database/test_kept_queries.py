"""Queries whose SQL is written once give what the ORM gives, and lock as it locks."""

from datetime import datetime, timedelta
from typing import Any
from unittest import mock
from uuid import UUID

import pytest
from django.db import DataError, connection, connections, transaction
from django.db.models import F, QuerySet, Sum
from django.db.models.sql.compiler import SQLCompiler
from django.db.transaction import TransactionManagementError
from django.forms.models import model_to_dict
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.models import Category
from catalog.tests.factories import make_category
from orders.models import CartLine, CheckoutSession
from orders.tests.factories import make_cart, make_session, make_variant
from shop.core.database.kept_queries import Asked, KeptQuery, named, remember, together, write
from shop.core.database.postgresql.prepared import kept as kept_sql
from tests.races.tools.rendezvous import meet


def lines(cart_id: UUID) -> QuerySet[CartLine]:
    rows = CartLine.objects.filter(cart_id=cart_id).select_related("variant__product__brand")
    return rows.order_by("created_at", "id")


@pytest.mark.django_db
def test_rows_are_those_of_the_orm_for_each_value_and_the_sql_is_written_once() -> None:
    carts = [make_cart((make_variant(), 1), (make_variant(), 2)), make_cart((make_variant(), 3))]
    kept = KeptQuery(lines, UUID)
    kept(carts[0].pk)
    with mock.patch.object(SQLCompiler, "as_sql", side_effect=AssertionError):
        found = [kept(cart.pk) for cart in carts]
    assert found == [list(lines(cart.pk)) for cart in carts]
    for row, other in zip(found[0], lines(carts[0].pk), strict=True):
        assert model_to_dict(row) == model_to_dict(other)
        assert model_to_dict(row.variant.product.brand) == model_to_dict(other.variant.product.brand)
    assert kept.first(carts[1].pk).quantity == 3


@pytest.mark.django_db
def test_several_are_asked_in_one_round_trip(django_assert_num_queries: object) -> None:
    cart, other = make_cart((make_variant(), 1), (make_variant(), 2)), make_cart((make_variant(), 3))
    kept = KeptQuery(lines, UUID)
    expected = [kept(cart.pk), [(5, "50 %; a")], kept(other.pk)]
    with django_assert_num_queries(1):  # type: ignore[operator]
        texts: Asked[tuple[int, str]] = Asked(kept_sql("SELECT %s::int, %s::text"), [5, "50 %; a"])
        assert together(kept.asked(cart.pk), texts, kept.asked(other.pk)) == expected


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_what_is_asked_after_a_lock_is_read_under_it() -> None:
    cart = make_cart((make_variant(), 1))
    locked = KeptQuery(lambda key: CartLine.objects.select_for_update(of=("self",)).filter(cart_id=key), UUID)

    def read() -> list[int]:
        with transaction.atomic():
            _locked, found = together(locked.asked(cart.pk), KeptQuery(lines, UUID).asked(cart.pk))
        return [line.quantity for line in found]

    def lock() -> None:
        list(CartLine.objects.select_for_update().filter(cart=cart))

    def change() -> None:
        CartLine.objects.filter(cart=cart).update(quantity=7)

    assert meet(read, first=lock, then=change) == [7]


@pytest.mark.django_db
def test_of_remembered_rows_others_are_asked_for_by_the_relation() -> None:
    session, other = (make_session(make_cart((make_variant(), number))) for number in (1, 2))
    remember(session, "lines", [])
    assert (list(session.lines.all()), session.lines.count()) == ([], 0)
    (line,) = session.lines.filter(quantity__gt=0)
    assert (line.checkout_id, line.checkout) == (session.pk, session)
    assert not session.lines.filter(quantity=2).exists()
    assert other.lines.filter(quantity=2).exists()


@pytest.mark.django_db
def test_related_rows_that_are_missing_are_none_and_those_remembered_are_not_asked_for(
    django_assert_num_queries: object,
) -> None:
    session = make_session(make_cart((make_variant(), 1)))
    CheckoutSession.objects.filter(pk=session.pk).update(shipping_rate=None)
    kept = KeptQuery(
        lambda token: CheckoutSession.objects.select_related("shipping_rate__method", "cart").filter(
            token=token
        ),
        str,
    )
    found = kept.first(session.token)
    assert found is not None
    remember(found, "lines", list(found.lines.all()))
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert found.shipping_rate is None
        assert found.cart is not None
        assert len(found.lines.all()) == 1
    found.refresh_from_db()
    found.lines.all().delete()
    assert not found.lines.all()


@pytest.mark.django_db
def test_a_query_that_locks_is_refused_outside_of_a_transaction() -> None:
    kept = KeptQuery(lambda key: CartLine.objects.select_for_update().filter(cart_id=key), UUID)
    key = make_cart((make_variant(), 1)).pk
    assert len(kept(key)) == 1
    with (
        mock.patch.object(connections["default"], "get_autocommit", return_value=True),
        pytest.raises(TransactionManagementError),
    ):
        kept(key)


def test_a_value_that_would_be_changed_is_refused() -> None:
    kept = KeptQuery(lambda text: CheckoutSession.objects.filter(token__icontains=text), str)
    with (
        mock.patch.object(connection, "cursor", side_effect=AssertionError),
        pytest.raises(ValueError, match="changed on its way"),
    ):
        kept("a")


@pytest.mark.django_db
def test_lists_instants_annotations_and_tuples() -> None:
    carts = [make_cart((make_variant(), 1), (make_variant(), 2)), make_cart((make_variant(), 3))]
    keys = [cart.pk for cart in carts]

    def until(keys: list[UUID], now: datetime) -> QuerySet[CartLine]:
        rows = CartLine.objects.filter(cart_id__in=keys, created_at__lte=now)
        return rows.annotate(twice=F("quantity") * 2).order_by("quantity")

    kept = KeptQuery(until, list, datetime)
    assert [row.twice for row in kept(keys, timezone.now())] == [2, 4, 6]  # type: ignore[attr-defined]
    assert [row.quantity for row in kept(keys[1:], timezone.now())] == [3]
    assert kept([], timezone.now()) == kept(keys, timezone.now() - timedelta(days=1)) == []
    sums: KeptQuery[tuple[UUID, int]] = KeptQuery(
        lambda keys: (
            CartLine.objects.filter(cart_id__in=keys)
            .order_by()
            .values_list("cart_id")
            .annotate(units=Sum("quantity"))
        ),
        list,
    )
    assert dict(sums(keys)) == {keys[0]: 3, keys[1]: 3}


def test_a_list_that_is_not_asked_for_by_in_is_refused() -> None:
    with pytest.raises(ValueError, match="list"):
        KeptQuery(lambda keys: CartLine.objects.exclude(pk=keys[0]), list)([])


@pytest.mark.django_db
def test_lists_of_numbers_and_single_ones() -> None:
    plain = Category.objects.order_by("pk")
    roots = [make_category(name).pk for name in ("Uno", "Dos")]
    some: KeptQuery[Category] = KeptQuery(lambda keys: plain.filter(pk__in=keys), list[int])
    one: KeptQuery[Category] = KeptQuery(lambda key: plain.filter(pk=key)[:1], int)
    assert [row.pk for row in some(roots)] == roots
    assert [row.pk for row in one(roots[1])] == roots[1:]


@pytest.mark.django_db(transaction=True)
def test_what_watches_statements_sees_kept_ones_and_a_broken_transaction_refuses_them() -> None:
    asked = named("SELECT 1", {})
    seen: list[str] = []

    def watch(execute: Any, statement: str, *rest: Any) -> Any:
        seen.append(str(statement))
        return execute(statement, *rest)

    with connection.execute_wrapper(watch):
        assert together(asked) == [[(1,)]]
    assert seen == ["SELECT 1"]
    with CaptureQueriesContext(connection) as captured:
        together(asked)
    assert len(captured) == 1
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            together(asked)
    with pytest.raises(DataError):
        together(named("SELECT 1 / 0", {}))
    assert len(seen) == 1


@pytest.mark.django_db(transaction=True)
def test_what_watches_statements_sees_each_write_and_a_broken_transaction_refuses_them() -> None:
    first, second = named("SELECT 1", {}), named("SELECT 2", {})
    seen: list[str] = []

    def watch(execute: Any, statement: str, *rest: Any) -> Any:
        seen.append(str(statement))
        return execute(statement, *rest)

    with transaction.atomic():
        write(first)
        with connection.execute_wrapper(watch):
            write(first, second)
        with CaptureQueriesContext(connection) as captured:
            write(first, second)
        assert len(captured) == 2
    assert seen == ["SELECT 1", "SELECT 2"]
    with transaction.atomic():
        transaction.set_rollback(True)
        with pytest.raises(TransactionManagementError):
            write(first)
    with pytest.raises(DataError), transaction.atomic():
        write(named("SELECT 1 / 0", {}))
