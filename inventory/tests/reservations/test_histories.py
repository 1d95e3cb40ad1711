"""Random histories: whatever is held, renewed, expired, released, paid, delivered and corrected, in whatever order, the
stock agrees with its ledger, its reservations, and a simple model of both."""

from collections import defaultdict
from datetime import timedelta
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from inventory import ledger, reservations
from inventory.checks import runner
from inventory.ledger import InsufficientOnHand
from inventory.models import Location, Reservation, StockLevel
from inventory.reservations import InsufficientStock
from inventory.tests.factories import TTL, LocationFactory, let_expire, make_variant
from shop.core.ids import uuid7
from tests.support.soak import amount

ACTOR = "staff:test@example.com"
OWNERS = st.integers(0, 2)
VARIANTS = st.integers(0, 2)
UNITS = st.integers(1, 4)


class Stock(RuleBasedStateMachine):
    """Three shoppers, three variants: one at two places, one at one, one of which some units lie in quarantine.

    The model knows, by variant, the units on hand at places that sell; by shopper and variant, the units held that
    live and those that have expired but are not yet released.
    """

    def __init__(self) -> None:
        super().__init__()
        self.savepoint = transaction.savepoint()
        self.carts = [uuid7() for _n in range(3)]
        self.checkouts = [uuid7() for _n in range(3)]
        near, far = LocationFactory.create(priority=1), LocationFactory.create(priority=2)
        aside = LocationFactory.create(kind=Location.Kind.QUARANTINE)
        self.variants = [make_variant().pk for _n in range(3)]
        self.levels = [
            stocked_at(self.variants[0], near, 3),
            stocked_at(self.variants[0], far, 2),
            stocked_at(self.variants[1], near, 4),
            stocked_at(self.variants[2], near, 2),
        ]
        stocked_at(self.variants[2], aside, 9)
        self.on_hand = dict(zip(self.variants, (5, 4, 2), strict=True))
        self.live: defaultdict[tuple[int, UUID], int] = defaultdict(int)
        self.expired: defaultdict[tuple[int, UUID], int] = defaultdict(int)

    def teardown(self) -> None:
        transaction.savepoint_rollback(self.savepoint)

    def living(self, variant_id: UUID, *, but: int | None = None) -> int:
        return sum(units for (owner, key), units in self.live.items() if key == variant_id and owner != but)

    def expired_may_be_gone(self, variant_id: UUID) -> None:
        """A verb that was short of units may release expired reservations of the variant: all of them, or none."""
        keys = [(owner, variant_id) for owner in range(3)]
        found = [reserved_units(self.carts[owner], variant_id, expired=True) for owner, _key in keys]
        assert found in ([self.expired[key] for key in keys], [0, 0, 0])
        self.expired.update(zip(keys, found, strict=True))

    @rule(owner=OWNERS, variant=VARIANTS, units=UNITS)
    def reserve(self, owner: int, variant: int, units: int) -> None:
        variant_id = self.variants[variant]
        before = self.living(variant_id)
        enough = self.on_hand[variant_id] - before >= units
        try:
            reservations.reserve(
                variant_id=variant_id,
                quantity=units,
                ttl=TTL,
                cart_id=self.carts[owner],
                checkout_id=self.checkouts[owner],
                purpose="checkout",
                actor=ACTOR,
            )
            self.live[owner, variant_id] += units
            left = None
        except InsufficientStock as refused:
            left = refused.lines[0].available
        assert left == (None if enough else self.on_hand[variant_id] - before)
        self.expired_may_be_gone(variant_id)

    @rule(owner=OWNERS, units=st.lists(st.integers(0, 3), min_size=3, max_size=3))
    def reserve_many(self, owner: int, units: list[int]) -> None:
        wanted = {key: n for key, n in zip(self.variants, units, strict=True) if n}
        short = {key for key, n in wanted.items() if self.on_hand[key] - self.living(key) < n}
        try:
            with transaction.atomic():
                reservations.reserve_many(
                    wanted=wanted,
                    ttl=TTL,
                    cart_id=self.carts[owner],
                    checkout_id=self.checkouts[owner],
                    purpose="checkout",
                    actor=ACTOR,
                )
            refused_lines = set()
            for key, n in wanted.items():
                self.live[owner, key] += n
        except InsufficientStock as refused:
            refused_lines = {line.variant_id for line in refused.lines}
        assert refused_lines == short
        for key in wanted:
            self.expired_may_be_gone(key)

    @rule(owner=OWNERS, variant=VARIANTS)
    def let_expire(self, owner: int, variant: int) -> None:
        key = owner, self.variants[variant]
        let_expire(cart_id=self.carts[owner], variant_id=key[1])
        self.expired[key] += self.live.pop(key, 0)

    @rule()
    def expire(self) -> None:
        reservations.expire_due(limit=2)
        self.expired.clear()

    @rule(owner=OWNERS)
    def renew(self, owner: int) -> None:
        result = reservations.renew(cart_id=self.carts[owner], ttl=TTL, actor=ACTOR)
        assert set(result.expired) == {
            key for who, key in self.expired if who == owner and self.expired[who, key]
        }

    @rule(owner=OWNERS)
    def extend(self, owner: int) -> None:
        """A payment extends what expired but is not yet released."""
        until = Reservation.objects.order_by("-expires_at").values_list("expires_at", flat=True).first()
        if until:
            reservations.extend(
                checkout_id=self.checkouts[owner], until=until + timedelta(days=3), actor=ACTOR
            )
            for key in self.variants:
                self.live[owner, key] += self.expired.pop((owner, key), 0)

    @rule(owner=OWNERS, variant=VARIANTS, units=st.one_of(st.none(), UNITS))
    def release(self, owner: int, variant: int, units: int) -> None:
        key = owner, self.variants[variant]
        before = self.live[key] + self.expired[key]
        freed = reservations.release(
            cart_id=self.carts[owner], variant_id=key[1], quantity=units, reason="test", actor=ACTOR
        )
        assert freed == (before if units is None else min(units, before))
        self.live[key] = reserved_units(self.carts[owner], key[1], expired=False)
        self.expired[key] = reserved_units(self.carts[owner], key[1], expired=True)
        assert self.live[key] + self.expired[key] == before - freed

    @rule(owner=OWNERS, units=st.lists(st.integers(0, 3), min_size=3, max_size=3))
    def pay(self, owner: int, units: list[int]) -> None:
        wanted = {key: n for key, n in zip(self.variants, units, strict=True) if n}
        short = {key for key, n in wanted.items() if self.on_hand[key] - self.living(key, but=owner) < n}
        order_id = uuid7()
        try:
            for _repetition in range(2):
                with transaction.atomic():
                    reservations.convert(
                        checkout_id=self.checkouts[owner],
                        wanted=wanted,
                        order_id=order_id,
                        reference="",
                        actor=ACTOR,
                    )
            refused_lines = set()
            for key in self.variants:
                self.on_hand[key] -= wanted.get(key, 0)
                self.live.pop((owner, key), None)
                self.expired.pop((owner, key), None)
        except InsufficientStock as refused:
            refused_lines = {line.variant_id for line in refused.lines}
        assert refused_lines == short
        for key in self.variants:
            self.expired_may_be_gone(key)

    @rule(level=st.integers(0, 3), units=UNITS)
    def receive(self, level: int, units: int) -> None:
        place = self.levels[level]
        ledger.receive(
            variant_id=place.variant_id, location_id=place.location_id, quantity=units, actor=ACTOR
        )
        self.on_hand[place.variant_id] += units

    @rule(level=st.integers(0, 3), difference=st.integers(-4, 4).filter(bool))
    def adjust(self, level: int, difference: int) -> None:
        place = StockLevel.objects.get(pk=self.levels[level].pk)
        try:
            ledger.adjust(
                variant_id=place.variant_id,
                location_id=place.location_id,
                difference=difference,
                note="count",
                actor=ACTOR,
            )
        except InsufficientOnHand:
            assert place.available + difference < 0
        else:
            assert place.available + difference >= 0
            self.on_hand[place.variant_id] += difference

    @invariant()
    def the_stock_agrees_with_itself(self) -> None:
        assert runner.check() == []

    @invariant()
    def the_stock_agrees_with_the_model(self) -> None:
        for owner, cart_id in enumerate(self.carts):
            found = {
                key: reservation.quantity
                for key, reservation in reservations.find_active(cart_id=cart_id).items()
            }
            assert found == {key: units for (who, key), units in self.live.items() if who == owner and units}
        for key, units in self.on_hand.items():
            levels = StockLevel.objects.filter(variant_id=key).exclude(location__kind="quarantine")
            assert sum(levels.values_list("on_hand", flat=True)) == units


def stocked_at(variant_id: UUID, location: Location, units: int) -> StockLevel:
    movement = ledger.receive(variant_id=variant_id, location_id=location.pk, quantity=units, actor=ACTOR)
    return StockLevel.objects.get(pk=movement.level_id)


def reserved_units(cart_id: UUID, variant_id: UUID, *, expired: bool) -> int:
    everything = sum(
        Reservation.objects.filter(cart_id=cart_id, variant_id=variant_id, status="active").values_list(
            "quantity", flat=True
        )
    )
    living = reservations.find_active(cart_id=cart_id).get(variant_id)
    units = living.quantity if living else 0
    return everything - units if expired else units


@pytest.mark.django_db
@pytest.mark.slow
def test_every_history_keeps_the_stock_true():
    run_state_machine_as_test(
        Stock,
        settings=settings(
            max_examples=amount("histories of stock", usual=8, soak=150),
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=list(HealthCheck),
            database=None,
            derandomize=True,
        ),
    )
