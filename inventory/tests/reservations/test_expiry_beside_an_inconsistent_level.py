"""One inconsistent level does not keep the expired reservations of the others."""

import pytest
from django.db import IntegrityError

from inventory import reservations
from inventory.checks import runner
from inventory.models import Reservation, StockLevel
from inventory.tests.factories import TTL, let_expire, stocked
from shop.core.ids import uuid7

pytestmark = pytest.mark.django_db(transaction=True)


def reserved(units: int = 2) -> StockLevel:
    level = stocked(5)
    reservations.reserve(
        variant_id=level.variant_id, quantity=units, ttl=TTL, cart_id=uuid7(), actor="shopper"
    )
    return level


def test_the_others_are_released_and_the_lie_stands_until_somebody_repairs_it(caplog):
    liar, *others = reserved(), reserved(), reserved(1)
    let_expire()
    StockLevel.objects.filter(pk=liar.pk).update(reserved=1)

    assert reservations.expire_due() == 2
    assert reservations.expire_due() == 0

    assert str(liar.pk) in caplog.text
    for level in others:
        level.refresh_from_db()
        assert level.reserved == 0
    assert Reservation.objects.get(status="active").level_id == liar.pk
    assert [violation.level_id for violation in runner.check()] == [liar.pk]
    StockLevel.objects.filter(pk=liar.pk).update(reserved=2)
    assert reservations.expire_due() == 1


def test_what_no_figure_explains_is_not_passed_over(monkeypatch):
    from inventory.reservations import expiry

    reserved()
    let_expire()

    def fails(*_args: object, **_fields: object) -> int:
        raise IntegrityError("something else")

    monkeypatch.setattr(expiry, "_end_expired", fails)
    with pytest.raises(IntegrityError, match="something else"):
        reservations.expire_due()
