"""Money, identifiers, counters, health and refused text."""

import time
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from shop.core import health, ids, money
from shop.core.models import Counter, JobRun


@pytest.mark.parametrize("act", [money.decimal, money.quantize, money.display])
def test_a_float_is_no_amount(act):
    with pytest.raises(money.FloatMoneyError):
        act(0.1)


def test_a_float_is_refused_also_when_the_same_amount_was_written_before():
    money.display(5)
    with pytest.raises(money.FloatMoneyError):
        money.display(5.0)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("value", "currency", "expected"),
    [
        ("1.005", "ARS", "1.01"),
        ("1.004", "ARS", "1.00"),
        ("-1.005", "ARS", "-1.01"),
        ("100.5", "CLP", "101.00"),
        ("100.49", "COP", "100.49"),
        (7, "USD", "7.00"),
    ],
)
def test_rounding_is_half_up_to_the_currencys_unit_with_two_places(value, currency, expected):
    assert str(money.quantize(value, currency)) == expected


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_rounding_an_amount_twice_changes_nothing(amount):
    assert money.quantize(money.quantize(amount, "ARS"), "ARS") == money.quantize(amount, "ARS") == amount


@pytest.mark.parametrize(
    ("value", "currency", "language", "expected"),
    [
        ("84900", "ARS", "es", "$ 84.900"),
        ("84900.50", "ARS", "es", "$ 84.900,50"),
        ("84900", "ARS", "en", "$ 84,900"),
        ("1234.5", "BRL", "pt-br", "R$ 1.234,50"),
        ("-100", "ARS", "es", "-$ 100"),
    ],
)
def test_amounts_are_written_for_people(value, currency, language, expected):
    with translation.override(language):
        written = money.display(Decimal(value), currency)

    assert written.replace("\xa0", " ") == expected


def test_keys_sort_by_the_time_of_their_making_and_are_version_7():
    first = ids.uuid7()
    time.sleep(0.002)
    second = ids.uuid7()

    assert isinstance(first, uuid.UUID)
    assert first.version == 7
    assert first < second


def test_tokens_and_codes_are_long_enough_and_readable():
    tokens = {ids.token() for _ in range(50)}
    assert len(tokens) == 50
    assert all(len(token) == 32 for token in tokens)

    code = ids.readable_code(12)
    assert len(code) == 12
    assert not set(code) & set("01OIil")


@pytest.mark.django_db
def test_a_counter_only_counts():
    assert [Counter.increment("refused") for _ in range(3)] == [1, 2, 3]
    assert Counter.increment("other") == 1


TOKEN = "a-monitors-own-token-0123456789abcdef"


@pytest.fixture
def monitor(settings: Settings) -> Client:
    """Make the request of a monitor with the token."""
    settings.HEALTH_TOKEN = TOKEN
    return Client(headers={"authorization": f"Bearer {TOKEN}"})


@pytest.mark.django_db
def test_health_tells_anybody_up_and_nothing_else(django_assert_num_queries):
    with django_assert_num_queries(1):
        answer = Client().get("/healthz/")

    assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


@pytest.mark.django_db
def test_the_details_of_health_are_for_the_staff_and_monitors(monitor, settings, admin_client):
    never = {"age_seconds": None, "ok": None, "violations": None}
    for knows in (monitor, admin_client):
        data = knows.get("/healthz/detalle/").json()
        assert (data["status"], data["database"], data["stock_check"]) == ("ok", True, never)
    for stranger in (Client(), Client(headers={"authorization": "Bearer guess"})):
        assert stranger.get("/healthz/detalle/").status_code == 404
    settings.HEALTH_TOKEN = ""
    assert Client(headers={"authorization": "Bearer "}).get("/healthz/detalle/").status_code == 404


@pytest.mark.django_db
def test_a_part_that_is_ill_or_cannot_be_asked_degrades_the_shop_and_stops_no_server(monkeypatch, monitor):
    def fail() -> dict[str, bool]:
        raise OSError("away")

    for part, data in (
        (lambda: {"is_degraded": True, "dead": 2}, {"is_degraded": True, "dead": 2}),
        (fail, {"is_degraded": True}),
    ):
        monkeypatch.setattr(health, "_parts", {"inbox": part})
        answer = monitor.get("/healthz/detalle/")
        assert answer.status_code == 200
        assert (answer.json()["status"], answer.json()["inbox"]) == ("degraded", data)
        assert Client().get("/healthz/").json() == {"status": "ok"}
    monkeypatch.setattr(health, "_parts", {"inbox": lambda: {"is_degraded": False}})
    assert monitor.get("/healthz/detalle/").json()["status"] == "ok"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("is_ok", "result", "ok", "violations"),
    [(True, {"violations": 0}, True, 0), (True, {"violations": 3}, False, 3), (False, {}, False, None)],
)
def test_health_tells_age_and_outcome_of_the_last_stock_check(monitor, is_ok, result, ok, violations):
    ended = timezone.now() - timedelta(minutes=5)
    JobRun.objects.create(job="check_invariants", is_ok=is_ok, finished_at=ended, result=result)
    JobRun.objects.create(job="check_invariants")  # A running one has no result yet.

    answer = monitor.get("/healthz/detalle/")

    assert answer.status_code == 200
    found = answer.json()["stock_check"]
    assert (found["ok"], found["violations"]) == (ok, violations)
    assert 300 <= found["age_seconds"] < 400


@pytest.mark.django_db
def test_without_a_database_health_answers_503(monkeypatch):
    def refuse(*args: object) -> None:
        raise OSError("no database")

    monkeypatch.setattr("django.db.backends.base.base.BaseDatabaseWrapper.cursor", refuse)

    answer = Client().get("/healthz/")
    assert (answer.status_code, answer.json()) == (503, {"status": "down"})


@pytest.mark.django_db
@pytest.mark.parametrize(
    "address", ["/cuenta/login/?next=%00", "/cuenta/login/?%00=1", "/cuenta/login/?a=1&a=%00"]
)
def test_a_nul_byte_in_the_address_is_a_bad_request(address):
    assert Client().get(address).status_code == 400


@pytest.mark.django_db
def test_a_nul_byte_in_a_form_is_a_bad_request():
    assert Client().post("/cuenta/login/", {"login": "a\x00@b.co", "password": "x"}).status_code == 400


@pytest.mark.django_db
def test_a_stale_form_is_explained():
    answer = Client(enforce_csrf_checks=True).post("/cuenta/login/", {"login": "a@b.co", "password": "x"})

    assert answer.status_code == 403
    assert "<html" in answer.content.decode()
