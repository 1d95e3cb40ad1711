"""Answers that are repeated before the other middlewares: the same as theirs, and only while they are right."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from catalog.api import versions
from catalog.listing import version
from catalog.models import Collection, Product
from catalog.tests.factories import CollectionFactory, make_product, put_in, stock_all
from inventory.models import StockLevel
from orders.models import Cart
from shop.accounts.tests.factories import UserFactory
from shop.core.api import unchanged
from shop.core.api.conditional import bodies
from shop.core.api.middleware import ApiRequests
from shop.core.api.unchanged import KeptAnswers, kept_answers
from shop.core.web import throttle
from tests.support.api_client import ApiClient

pytestmark = pytest.mark.django_db
ADDRESS, LIST = "/api/v1/products/abrigo", "/api/v1/products?limit=3"
SITE = "https://app.example.com"


@pytest.fixture(scope="module", autouse=True)
def shop(shared_rows: Any) -> Iterator[None]:
    """Make a product in stock."""
    with shared_rows():
        product = make_product(("Negro",), ("S", "M"), name="Abrigo")
        stock_all(product, 9)
        assert version.adopt_hint()
        cache.clear()
        yield


@pytest.fixture
def usual(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Let versions stand for half a minute; return the paths of the requests that went the usual way."""
    settings.CATALOGUE_CHECKED_EVERY = 30
    settings.CORS_ALLOWED_ORIGINS = [SITE]
    # All within one minute.
    monkeypatch.setattr(throttle, "time", SimpleNamespace(time=lambda: 1_900_000_070.0))
    passed: list[str] = []
    answer = ApiRequests.__call__

    def noted(self: ApiRequests, request: HttpRequest) -> HttpResponse:
        passed.append(request.path)
        return answer(self, request)

    monkeypatch.setattr(ApiRequests, "__call__", noted)
    forget()
    yield passed
    forget()


def forget() -> None:
    """Ask for the version again, and know no answer."""
    look_again()
    kept_answers.clear()
    bodies.clear()


def look_again() -> None:
    versions._seen.clear()


def get(address: str = ADDRESS, **headers: str) -> Any:
    return ApiClient().get(address, **headers)


def left_of(response: Any) -> int:
    """Return how many requests are left in this minute."""
    return int(re.search(r"r=(\d+)", response["RateLimit"])[1])


def all_of(response: Any) -> tuple[int, bytes, dict[str, str]]:
    """Return all of an answer but how many requests are left."""
    return response.status_code, response.content, {**response.headers, "RateLimit": ""}


def test_a_repeated_answer_has_all_that_the_usual_one_has(usual: list[str]):
    etag = get()["ETag"]
    kinds: tuple[dict[str, str], ...] = (
        {},
        {"if_none_match": etag},
        {"origin": SITE},
        {"origin": "https://elsewhere.example.com"},
        {"origin": SITE, "if_none_match": f'"other", W/{etag}'},
        {"accept_language": "pt-br"},
        {"if_none_match": "*"},
        {"cookie": "sessionid=stolen"},
    )
    for headers in kinds:
        forget()
        first = get(**headers)
        usual.clear()
        with CaptureQueriesContext(connection) as captured:
            again = get(**headers)
        assert all_of(again) == all_of(first), headers
        assert (len(captured), usual) == (0, [])
        assert left_of(again) == left_of(first) - 1
        assert again.get("Access-Control-Allow-Origin", "") == (SITE if headers.get("origin") == SITE else "")
    forget()
    get()
    usual.clear()
    # What the client has is a 304 of its own: not the headers of an answer with a body.
    assert all_of(get(if_none_match=etag))[:2] == (304, b"")
    assert usual == [ADDRESS]
    assert all_of(get(if_none_match=etag))[:2] == (304, b"")
    assert (get().status_code, usual) == (200, [ADDRESS])


def test_other_requests_go_the_usual_way(usual: list[str]):
    plain = get()
    cart = Cart.objects.create()
    for headers in (
        {"accept_language": "pt-br"},
        {"cart_token": cart.token},
        {"authorization": "Bearer forged"},
        {"origin": SITE},
        {"host": "localhost"},
    ):
        usual.clear()
        other = get(**headers)
        assert usual == [ADDRESS], headers
    assert get(authorization="Bearer forged").status_code == 401
    assert get(host="evil.example.com").status_code == 400
    assert get(host="evil.example.com").status_code == 400
    assert get(accept_language="pt-br")["ETag"] != plain["ETag"]
    assert get(host="localhost")["ETag"] == other["ETag"] != plain["ETag"]
    user = ApiClient(UserFactory.create())
    for client_answer in (
        lambda: user.get(ADDRESS),
        lambda: ApiClient().head(ADDRESS),
        lambda: ApiClient().get("/api/v1/products/nothing"),
        lambda: get(f"{ADDRESS}?n={'1' * 2000}"),
    ):
        for _time in range(2):
            usual.clear()
            client_answer()
            assert len(usual) == 1
    usual.clear()
    assert (get().content, usual) == (plain.content, [])


def test_what_changed_is_seen_when_the_version_is_looked_for(usual: list[str]):
    known = [get()["ETag"], get(LIST)["ETag"]]
    drop = CollectionFactory.create(
        name="Drop", kind=Collection.Kind.DROP, starts_at=timezone.now() + timedelta(hours=1)
    )
    changes: tuple[tuple[Callable[[], object], str], ...] = (
        (lambda: StockLevel.objects.update(reserved=8), '"availability":"few"'),
        (lambda: Product.objects.update(summary="Otro"), '"summary":"Otro"'),
        (lambda: put_in(drop, Product.objects.get()), '"phase":"upcoming"'),
    )
    for change, seen in changes:
        change()
        for address, etag in zip((ADDRESS, LIST), known, strict=True):
            assert get(address, if_none_match=etag).status_code == 304
        look_again()
        known = []
        for address in (ADDRESS, LIST):
            new, again = get(address), get(address)
            assert new.content == again.content
            known.append(new["ETag"])
            assert seen in new.content.decode() or (address, seen) == (LIST, '"summary":"Otro"')
    assert not [path for path in usual if path not in {ADDRESS, LIST.partition("?")[0]}]
    Product.objects.update(is_active=False)
    look_again()
    for _time in range(2):
        assert get(if_none_match=known[0]).status_code == 404


def test_nothing_is_repeated_while_the_version_must_be_asked_for(usual: list[str], settings: Any):
    for change in ("CATALOGUE_CHECKED_EVERY", "LOW_STOCK_HINT"):
        get()
        usual.clear()
        setattr(settings, change, {"CATALOGUE_CHECKED_EVERY": 0, "LOW_STOCK_HINT": 9}[change])
        look_again()
        assert [get().status_code, get().status_code] == [200, 200]
        assert len(usual) == 2, change
        settings.CATALOGUE_CHECKED_EVERY = 30


def test_repeated_answers_count_and_a_reached_limit_refuses_once_per_request(
    usual: list[str], settings: Any, monkeypatch: pytest.MonkeyPatch
):
    settings.API_REQUESTS_PER_MINUTE = 3
    counted: list[str] = []
    count = throttle.count

    def noted(scope: str, key: str, **how: int) -> throttle.Counted:
        counted.append(key)
        return count(scope, key, **how)

    monkeypatch.setattr(throttle, "count", noted)
    client = ApiClient(REMOTE_ADDR="198.51.100.81")
    answers = [client.get(ADDRESS) for _number in range(5)]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 429, 429]
    assert [answer["RateLimit"].split(";")[1] for answer in answers] == ["r=2", "r=1", "r=0", "r=0", "r=0"]
    assert answers[2]["RateLimit-Policy"] == '"default";q=3;w=60'
    assert answers[4].json()["code"] == "too_many"
    assert len(usual) == 3
    assert counted == ["address:198.51.100.81"] * 5
    assert ApiClient(REMOTE_ADDR="198.51.100.82").get(ADDRESS).status_code == 200
    assert len(usual) == 3


def test_what_is_kept_has_a_limit(usual: list[str], monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(unchanged, "kept_answers", KeptAnswers(most=2))
    for number in (1, 2, 3):
        get(f"{ADDRESS}?n={number}")
    usual.clear()
    get(f"{ADDRESS}?n=3")
    assert usual == []
    bodies.clear()
    get(f"{ADDRESS}?n=3")
    get(f"{ADDRESS}?n=1")
    assert len(usual) == 2
