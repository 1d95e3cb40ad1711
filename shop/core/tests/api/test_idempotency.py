"""Idempotency-Key: once however often it is sent, at once, and when the process is killed between."""

import json
import threading
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now
from django.test import Client

from shop.core.api import idempotency
from shop.core.models import Counter, StoredAnswer

pytestmark = [pytest.mark.urls("shop.core.tests.api.routes")]


# The shortest that a guest's key may be, before its last letter.
GUESTS = "of-a-guest-long"


def post(
    name: str,
    key: str,
    *,
    path: str = "/api/tried/count",
    client: Client | None = None,
    before: str = GUESTS,
    **more: object,
) -> Any:
    body = json.dumps({"name": name, **more})
    return (client or Client()).post(
        path, body, content_type="application/json", headers={"Idempotency-Key": before + key}
    )


def value(name: str) -> int:
    return sum(Counter.objects.filter(name=name).values_list("value", flat=True))


@pytest.mark.django_db
def test_the_first_answer_is_given_again():
    first = post("a", "k1")
    again = post("a", f'"{GUESTS}k1"', before="")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.content == again.content
    assert (again["Idempotent-Replayed"], again["Content-Type"]) == ("true", first["Content-Type"])
    assert value("a") == 1
    assert b"value" not in StoredAnswer.objects.get().body.encode()
    other = post("a", "k1", times=2)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")
    assert post("a", "k1", path="/api/tried/outside").json()["value"] == 2, "another address, another act"
    for bad in ("", '"' + "a" * 254 + '"', "ñ" * 16, "a" * 256, "an address and a name"):
        assert post("a", bad, before="").status_code == 400
    for short in (GUESTS, f'"{GUESTS}"'):
        assert post("a", short, before="").status_code == 422, "it may be another guest's of the same address"
    assert value("a") == 2


@pytest.mark.django_db
def test_decided_refusals_are_kept_with_nothing_done_and_others_leave_the_key_free():
    assert [post("refuse", "k").status_code for _turn in range(2)] == [409, 409]
    assert value("refuse") == 0
    assert post("later", "l").status_code == 429
    assert value("later") == 0
    with pytest.raises(LookupError):
        post("break", "b")
    assert list(StoredAnswer.objects.values_list("key", flat=True)) == [f"{GUESTS}k"]


@pytest.mark.django_db
def test_one_that_was_killed_is_done_again_when_it_certainly_has_ended(monkeypatch: pytest.MonkeyPatch):
    """Killed within the act the transaction is gone; the row is left as running."""
    for path, name in (("/api/tried/count", "in"), ("/api/tried/outside", "out")):
        with monkeypatch.context() as patch:
            patch.setattr(idempotency, "_store", lambda *arguments: (_ for _ in ()).throw(SystemExit))
            with pytest.raises(SystemExit):
                post(name, "k", path=path)
        running = post(name, "k", path=path)
        assert (running.status_code, running["Retry-After"]) == (409, "1")
        StoredAnswer.objects.update(claimed_at=Now() - idempotency.RE_DRIVEN_AFTER * 2)
        assert post(name, "k", path=path).status_code == 201
    assert (value("in"), value("out")) == (1, 2), (
        "an act outside of a transaction has to find what it did itself"
    )


def at_once(times: int) -> list[int]:
    start, statuses = threading.Barrier(times), list[int]()

    def act() -> None:
        try:
            start.wait(60)
            statuses.append(post("a", "k").status_code)
        finally:
            connection.close()

    threads = [threading.Thread(target=act) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    return statuses


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_one_key_sent_six_times_at_once_acts_once():
    statuses = at_once(6)
    assert value("a") == 1
    assert set(statuses) <= {201, 409}
    assert 201 in statuses


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_control_without_the_row_each_of_them_acts(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(idempotency, "begin", lambda request, key: StoredAnswer())
    monkeypatch.setattr(idempotency, "_store", lambda *arguments: None)
    at_once(6)
    assert value("a") == 6
