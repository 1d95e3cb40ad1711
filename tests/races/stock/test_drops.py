"""The last use of a code asked for by twenty, one returned unit and ten who wait, one customer paying twice at once.

Each with a control: the same threads without the guard must get more than there is.
"""

from datetime import timedelta
from functools import partial
from threading import Barrier
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils import timezone

from catalog import waiting
from catalog.drops import access
from catalog.models import AccessCode, AccessGrant, Collection, Variant, WaitingEntry
from inventory import locking, reservations
from inventory.models import Reservation, StockLevel
from inventory.reservations import waiting_list
from inventory.sql import load
from inventory.tests.factories import TTL, make_drop, make_variant, stocked
from orders.cart import limits
from orders.checkout import sessions
from orders.checkout.sessions import NotReady
from orders.models import CheckoutSession
from orders.tests.factories import ACTOR, make_cart, make_session
from orders.tests.factories import make_variant as make_goods
from shop.core.ids import uuid7
from shop.core.models import EmailLog
from tests.races.tools.concurrency import PATIENCE, count, surprises, together
from tests.races.tools.rendezvous import meet_at_a_lock, without

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
THREADS, USES = 20, 3
HOUR = timedelta(hours=1)


def upcoming_drop() -> Collection:
    now = timezone.now()
    return make_drop(make_variant().product, starts_at=now + HOUR, ends_at=now + 2 * HOUR)


def redeem(drop: Collection, code: AccessCode) -> AccessGrant:
    return access.redeem(collection=drop, code=code.code, cart_id=uuid7(), user_id=None, actor="shopper")


@pytest.mark.parametrize("uses", [1, USES])
def test_the_last_uses_of_a_code_go_to_as_many(uses):
    for _round in range(5):
        drop = upcoming_drop()
        code = AccessCode.objects.create(collection=drop, code="ULTIMO", max_uses=uses)
        answers = together([partial(redeem, drop, code)] * THREADS)
        assert surprises(answers, access.CodeRefused) == []
        assert count(answers, AccessGrant) == uses
        assert AccessGrant.objects.filter(code=code).count() == uses
        code.refresh_from_db()
        assert code.uses == uses


def test_one_visitor_who_presses_twenty_times_spends_one_use():
    drop, cart_id = upcoming_drop(), uuid7()
    code = AccessCode.objects.create(collection=drop, code="IMPACIENTE", max_uses=5)
    act = partial(
        access.redeem, collection=drop, code=code.code, cart_id=cart_id, user_id=None, actor="shopper"
    )
    answers = together([act] * THREADS)
    assert surprises(answers) == []
    code.refresh_from_db()
    assert code.uses == 1


def test_control_counting_first_lets_too_many_in():
    """Read the uses, then write one more: the race that the guarded UPDATE prevents."""
    drop = upcoming_drop()
    code = AccessCode.objects.create(collection=drop, code="INGENUO", max_uses=1)
    seen = Barrier(2, timeout=PATIENCE)

    def naively() -> AccessGrant | None:
        kept = AccessCode.objects.get(pk=code.pk)
        if kept.max_uses is not None and kept.uses >= kept.max_uses:
            return None
        seen.wait()
        AccessCode.objects.filter(pk=code.pk).update(uses=kept.uses + 1)
        return AccessGrant.objects.create(collection=drop, cart_id=uuid7(), code=code)

    assert count(together([naively] * 2), AccessGrant) == 2


# -- The waiting list -------------------------------------------------------------------------------------------------


def line_of(variant: Variant, people: Any) -> list[Any]:
    start = timezone.now() - HOUR
    return [
        WaitingEntry.objects.create(
            variant=variant,
            email=f"p{number}@example.com",
            status=WaitingEntry.Status.CONFIRMED,
            confirmed_at=start + timedelta(seconds=number),
            expires_at=timezone.now() + HOUR,
        )
        for number in range(people)
    ]


def in_order(variant: Variant) -> list[Any]:
    data = WaitingEntry.objects.filter(variant=variant, status=WaitingEntry.Status.NOTIFIED)
    return list(data.order_by("confirmed_at").values_list("email", flat=True))


@pytest.mark.parametrize("units", [1, 3])
def test_units_that_come_back_go_to_the_first_of_ten_whoever_serves(units):
    for _round in range(5):
        variant = make_variant()
        line_of(variant, 10)
        stocked(units, variant=variant)
        answers = together([waiting_list.serve] * 8)
        assert surprises(answers) == []
        assert in_order(variant) == [f"p{number}@example.com" for number in range(units)]
        assert Reservation.objects.filter(variant=variant, status="active").count() == units
        assert EmailLog.objects.filter(kind="back_in_stock").count() == units
        EmailLog.objects.all().delete()


def test_a_shopper_and_the_line_never_share_a_unit():
    for _round in range(5):
        variant = make_variant()
        line_of(variant, 10)
        level = stocked(1, variant=variant)
        buy = partial(
            reservations.reserve, variant_id=variant.pk, quantity=1, ttl=TTL, cart_id=uuid7(), actor=ACTOR
        )
        answers = together([waiting_list.serve, buy] * 5)
        assert surprises(answers, reservations.InsufficientStock) == []
        level.refresh_from_db()
        assert level.reserved == 1
        assert count(answers, Reservation) + len(in_order(variant)) == 1


def a_shopper_and_the_line_at_the_last_unit() -> tuple[list[Any], StockLevel]:
    """Let both read the unit as free, and only then let one of them take it; return the answers and the level."""
    variant = make_variant()
    line_of(variant, 2)
    level = stocked(1, variant=variant)
    buy = partial(
        reservations.reserve, variant_id=variant.pk, quantity=1, ttl=TTL, cart_id=uuid7(), actor=ACTOR
    )
    serve = partial(waiting_list.offer_next, variant.pk, actor="job:serve_waiting")
    lock = partial(locking.lock_levels, variant_ids=[variant.pk])
    return meet_at_a_lock([serve, buy], lock=lock), level


def test_a_shopper_and_the_line_that_have_both_seen_the_last_unit_never_share_it():
    for _round in range(3):
        (served, bought), level = a_shopper_and_the_line_at_the_last_unit()
        assert surprises([served, bought], reservations.InsufficientStock) == []
        assert [isinstance(served, WaitingEntry), isinstance(bought, Reservation)].count(True) == 1
        level.refresh_from_db()
        assert level.reserved == 1


def test_control_without_the_guard_a_shopper_and_the_line_have_the_same_unit():
    """The verbs themselves over the shop's own function, without its guard and the check constraint behind it."""
    guard = " AND level.on_hand - level.reserved >= in_quantity;"
    guarded = load("reserve")
    assert guard in guarded
    try:
        with without("stocklevel_reserved_within_on_hand"):
            install(guarded.replace(guard, ";"))
            (served, bought), level = a_shopper_and_the_line_at_the_last_unit()
            promised = Reservation.objects.filter(level=level, status="active").count()
            StockLevel.objects.filter(pk=level.pk).update(reserved=1)
    finally:
        install(guarded)
    assert isinstance(served, WaitingEntry)
    assert isinstance(bought, Reservation)
    assert promised == 2, "one unit"


def install(function: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute(function)


def test_control_without_taking_turns_the_second_in_line_is_served_first():
    """Two workers, the first stopped at the head of the list: skipping its lock serves out of order."""
    variant = make_variant()
    first, second = line_of(variant, 2)
    stocked(1, variant=variant)
    with transaction.atomic():
        WaitingEntry.objects.select_for_update().get(pk=first.pk)

        def impatient() -> UUID:
            with transaction.atomic():
                skipped = waiting.line(variant.pk).select_for_update(skip_locked=True).first()
                assert skipped is not None
                reservations.reserve(
                    variant_id=variant.pk, quantity=1, ttl=TTL, cart_id=skipped.pk, actor="job:control"
                )
                return skipped.pk

        assert together([impatient]) == [second.pk]


# -- The limit of one customer ----------------------------------------------------------------------------------------


def two_purchases() -> list[Any]:
    """One customer with two carts and a limit of one, both ready to be paid."""
    variant = make_goods(max_per_order=1)
    now = timezone.now()
    make_drop(variant.product, starts_at=now - HOUR, ends_at=now + HOUR)
    return [make_session(make_cart((variant, 1))) for _n in range(2)]


def pay(session: CheckoutSession, meanwhile: Any = lambda: None) -> CheckoutSession:
    with transaction.atomic():
        frozen = sessions.freeze_for_payment(session, ACTOR)
        meanwhile()
        until = timezone.now() + HOUR
        return sessions.mark_awaiting(frozen, reserve_until=until, expires_at=until, actor=ACTOR)


def test_one_customer_who_pays_twice_at_once_pays_once():
    for _round in range(3):
        answers = together([partial(pay, session) for session in two_purchases()])
        assert surprises(answers, NotReady) == []
        assert count(answers, CheckoutSession) == 1


def test_control_without_taking_turns_both_are_paid(monkeypatch):
    monkeypatch.setattr(limits, "take_turns", lambda customer: None)
    both = Barrier(2, timeout=PATIENCE)
    answers = together([partial(pay, session, both.wait) for session in two_purchases()])
    assert count(answers, CheckoutSession) == 2
