"""Manual reservations: made by the staff for somebody, with a reason and an end; shown, extended, released."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from inventory import reservations
from inventory.checks import runner
from inventory.models import Location, Reservation, StockLevel
from inventory.reservations import manual
from inventory.tests.factories import LocationFactory, let_expire, make_drop, make_variant, stocked
from shop.accounts.tests.staff_clients import boss, carried, clerk, token
from shop.core.models import Event

pytestmark = pytest.mark.django_db
ACTOR = "staff:clerk@example.com"
LIST = "admin:inventory_reservation_changelist"


def soon(**delta: Any) -> datetime:
    return timezone.now() + timedelta(**delta or {"hours": 3})


def keep(level: StockLevel, units: int, **values: Any) -> list[Reservation]:
    usual: dict[str, Any] = {
        "variant_id": level.variant_id,
        "quantity": units,
        "owner": "Caro (prensa)",
        "reason": "nota del jueves",
        "until": soon(),
        "actor": ACTOR,
    }
    return manual.reserve(**usual | values)


def reserved(level: StockLevel) -> int:
    return StockLevel.objects.get(pk=level.pk).reserved


def test_units_are_kept_aside_with_owner_reason_and_end():
    level, until = stocked(5), soon(days=2)
    (reservation,) = keep(level, 3, until=until)
    assert (reservation.purpose, reservation.owner, reservation.note, reservation.actor) == (
        "manual",
        "Caro (prensa)",
        "nota del jueves",
        ACTOR,
    )
    assert (reservation.expires_at, reservation.status, reserved(level)) == (until, "active", 3)
    assert Event.objects.get(subject_id=reservation.pk).kind == "kept aside"
    with pytest.raises(reservations.InsufficientStock):
        keep(level, 3)
    assert reserved(level) == 3
    assert runner.check() == []


def test_two_places_give_together_and_one_place_alone_is_asked_for():
    variant = make_variant()
    first, second = stocked(3, variant=variant), stocked(2, variant=variant)
    assert sorted(reservation.quantity for reservation in keep(first, 4)) == [1, 3]
    with pytest.raises(reservations.InsufficientStock) as refused:
        keep(second, 2, location_id=second.location_id)
    assert refused.value.lines[0].available in {0, 1}
    assert runner.check() == []


def test_the_shop_keeps_its_own_units_before_a_drop_opens_and_from_quarantine():
    level = stocked(5)
    make_drop(level.variant.product, starts_at=soon(), ends_at=None)
    assert keep(level, 1)
    hidden = stocked(2, location=LocationFactory.create(kind=Location.Kind.QUARANTINE))
    with pytest.raises(reservations.InsufficientStock):
        keep(hidden, 1)
    assert keep(hidden, 1, location_id=hidden.location_id)


def test_it_expires_by_itself():
    level = stocked(5)
    keep(level, 3)
    let_expire()
    reservations.expire_due()
    assert reserved(level) == 0
    assert Reservation.objects.get().status == "released"


def test_it_is_prolonged_while_it_lives_and_only_then():
    level, until = stocked(5), soon(days=4)
    (reservation,) = keep(level, 3)
    after = manual.extend(reservation_id=reservation.pk, until=until, reason="viene el lunes", actor=ACTOR)
    assert after.expires_at == until
    with pytest.raises(manual.NotInTheFuture):
        manual.extend(reservation_id=reservation.pk, until=timezone.now(), reason="x", actor=ACTOR)
    assert Reservation.objects.get().expires_at == until
    let_expire()
    with pytest.raises(manual.ReservationEnded):
        manual.extend(reservation_id=reservation.pk, until=soon(), reason="x", actor=ACTOR)


def test_it_is_let_go_once():
    level = stocked(5)
    (reservation,) = keep(level, 3)
    assert manual.release(reservation_id=reservation.pk, reason="no vino", actor=ACTOR) == 3
    assert manual.release(reservation_id=reservation.pk, reason="no vino", actor=ACTOR) == 0
    assert reserved(level) == 0
    reservation.refresh_from_db()
    assert (reservation.status, reservation.end_reason, reservation.ended_by) == (
        "released",
        "no vino",
        ACTOR,
    )


@pytest.mark.parametrize("values", [{"units": 0}, {"owner": " "}, {"reason": ""}])
def test_it_says_how_many_for_whom_and_why(values):
    level = stocked(5)
    with pytest.raises(ValueError, match=r"at least one|whom"):
        keep(level, **{"units": 1} | values)
    assert reserved(level) == 0


def test_it_cannot_end_in_the_past():
    level = stocked(5)
    with pytest.raises(manual.NotInTheFuture):
        keep(level, 1, until=timezone.now() - timedelta(seconds=1))
    assert reserved(level) == 0
    assert not Reservation.objects.exists()


def test_staff_keep_prolong_and_release_in_the_back_office():
    level, client = stocked(5), clerk("warehouse")
    page = reverse(LIST) + "keep/"
    data = {
        "token": token(client, page),
        "sku": level.variant.sku,
        "location": "",
        "quantity": "2",
        "owner": "Caro",
        "reason": "prensa",
        "until": timezone.localtime(soon()).strftime("%Y-%m-%dT%H:%M"),
    }
    assert [client.post(page, data).status_code for _ in range(2)] == [302, 302]
    reservation = Reservation.objects.get()
    assert (reservation.quantity, reservation.owner) == (2, "Caro")
    listed = client.get(reverse(LIST) + "?purpose__exact=manual&now=live")
    assert "Caro" in listed.content.decode()

    until = timezone.localtime(soon(days=3)).replace(second=0, microsecond=0)
    prolong = reverse(LIST) + f"{reservation.pk}/prolong/"
    answer = client.post(
        prolong,
        carried(client, prolong) | {"until": until.strftime("%Y-%m-%dT%H:%M"), "reason": "viene el lunes"},
    )
    assert answer.status_code == 302
    reservation.refresh_from_db()
    assert reservation.expires_at == until

    let_go = reverse(LIST) + f"{reservation.pk}/let-go/"
    assert client.post(let_go, carried(client, let_go) | {"reason": "no vino"}).status_code == 302
    assert reserved(level) == 0


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("quantity", "6"),
        ("quantity", "0"),
        ("owner", ""),
        ("reason", ""),
        ("until", "2001-01-01T10:00"),
        ("until", "2999-01-01T10:00"),
        ("until", "x"),
        ("sku", "NOPE"),
    ],
)
def test_errors_stand_beside_their_field(field, value):
    level = stocked(5)
    data = {
        "token": "t",
        "sku": level.variant.sku,
        "location": str(level.location_id),
        "quantity": "2",
        "owner": "Caro",
        "reason": "prensa",
        "until": timezone.localtime(soon()).strftime("%Y-%m-%dT%H:%M"),
        field: value,
    }
    answer = boss().post(reverse(LIST) + "keep/", data)
    assert answer.status_code == 422
    assert list(answer.context["form"].errors) == [field]
    assert not Reservation.objects.exists()


def test_whoever_may_only_look_keeps_nothing():
    client, level = clerk("catalogue"), stocked(5)
    (reservation,) = keep(level, 1)
    for address in ("keep/", f"{reservation.pk}/prolong/", f"{reservation.pk}/let-go/"):
        assert client.get(reverse(LIST) + address).status_code == 403
