"""What holds for every endpoint: the shape of refusals, bodies that are refused, paging, versions."""

import json
from datetime import date
from decimal import Decimal
from types import SimpleNamespace
from typing import Annotated, Any, Literal
from uuid import UUID, uuid4

import pytest
from django.test import Client
from django.utils import translation
from pydantic import Field, ValidationError

from shop.core.api import value_words
from shop.core.api.conditional import Bodies
from shop.core.api.schemas import Input, Picture, Schema, Whole
from shop.core.models import Counter
from shop.core.web import throttle

pytestmark = [pytest.mark.django_db, pytest.mark.urls("shop.core.tests.api.routes")]


def post(path: str, body: object, **headers: str) -> Any:
    text = body if isinstance(body, str | bytes) else json.dumps(body)
    return Client().post(path, text, content_type="application/json", headers=headers)


def test_a_refusal_has_the_shape_of_its_path():
    wrong = {"name": "a", "lines": [{"name": "b", "times": "many"}], "colour": "red"}
    problem = post("/api/tried/count", wrong)
    assert (problem.status_code, problem["Content-Type"]) == (422, "application/problem+json")
    body = problem.json()
    assert (body["code"], body["status"], body["instance"]) == ("invalid", 422, "/api/tried/count")
    assert body["type"].endswith("/api/problems/invalid")
    assert {error["pointer"] for error in body["errors"]} == {"#/lines/0/times", "#/colour"}
    for language, times in (("es", "Escribí un número entero."), ("pt-br", "Informe um número inteiro.")):
        said = post("/api/tried/count", wrong, **{"Accept-Language": language}).json()["errors"]
        assert times in {error["detail"] for error in said}

    contract = post("/api/ventas/tried/count", wrong)
    assert (contract.status_code, contract["Content-Type"]) == (400, "application/json")
    assert set(contract.json()) == {"error"}
    assert "lines/0/times" in contract.json()["error"]
    nothing = Client().post("/api/ventas/tried/count", b"", content_type="application/json")
    assert nothing.json() == {"error": "Este dato es obligatorio."}
    nothing = Client().post("/api/tried/count", b"", content_type="application/json")
    assert [error["pointer"] for error in nothing.json()["errors"]] == ["#"]


@pytest.mark.parametrize(
    "body",
    [
        "{",
        "[]",
        "1",
        '{"name": NaN}',
        '{"name": "a", "name": "b"}',
        '{"name": "\\u0000"}',
        '{"name": "\\ud800"}',
        '{"a\\u0000": 1}',
        b"\xff",
        '{"lines":' + "[" * 100 + "]" * 100 + "}",
        "[" * 100_000,
        '{"times": ' + "9" * 6000 + "}",
    ],
)  # fmt: skip  (one body after the other)
def test_a_body_that_is_no_plain_json_object_is_refused(body: object):
    refused = post("/api/tried/count", body)
    assert refused.status_code == 400
    assert refused.json()["code"] == "malformed"


def test_a_body_that_is_too_large_is_refused_with_a_key_too(settings: Any):
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 100
    for headers in ({}, {"Idempotency-Key": "large"}):
        refused = post("/api/tried/count", {"name": "x" * 200}, **headers)
        assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
    signing_in = Client().post("/api/auth/app/v1/auth/login", "x" * 200, content_type="application/json")
    assert (signing_in.status_code, signing_in.json()["code"]) == (413, "too_large")


def test_pages_of_django_become_problems_and_cookies_are_neither_read_nor_set():
    client = Client()
    client.cookies["sessionid"] = "stolen"
    nothing, wrong = client.get("/api/nowhere"), client.put("/api/tried/count")
    assert (nothing.status_code, nothing.json()["code"]) == (404, "not_found")
    assert (wrong.status_code, wrong.json()["code"], wrong["Allow"]) == (405, "wrong_method", "POST")
    assert not nothing.cookies
    assert nothing["Cache-Control"] == "no-store"
    with pytest.raises(LookupError):
        post("/api/tried/count", {"name": "break"})
    quiet = Client(raise_request_exception=False)
    failed = quiet.post("/api/tried/count", '{"name": "break"}', content_type="application/json")
    assert (failed.status_code, failed.json()["code"]) == (500, "failed")


def test_pages_follow_each_other_by_value_and_key_and_forged_cursors_are_refused():
    names = [f"c{number:03}" for number in range(30)]
    Counter.objects.bulk_create(Counter(name=name, value=number % 3) for number, name in enumerate(names))
    for order, sign in (("up", 1), ("down", -1)):
        seen, address = [], f"/api/tried/counters?limit=7&order={order}"
        while address:
            page = Client().get(address).json()
            seen += [(row["value"], row["name"]) for row in page["items"]]
            address = page["next"]
        assert seen == sorted(seen, key=lambda row: (sign * row[0], row[1]))
        assert len(set(seen)) == 30
    given = Client().get("/api/tried/counters?limit=7").json()["next"].split("cursor=")[1].split("&")[0]
    for forged in ("x", given[:-1], f"{given}&order=down", "a:b:c"):
        refused = Client().get(f"/api/tried/counters?cursor={forged}")
        assert (refused.status_code, refused.json()["code"]) == (400, "bad_cursor")
    assert Client().get("/api/tried/counters?limit=101").status_code == 422


def test_what_has_not_changed_is_not_sent_again():
    first = Client().get("/api/tried/same?version=7")
    etag = first["ETag"]
    assert etag.startswith('"7-')
    assert "public" in first["Cache-Control"]
    assert "Accept-Language" in first["Vary"]
    for known in (etag, f'"other", W/{etag}'):
        again = Client().get("/api/tried/same?version=7", headers={"If-None-Match": known})
        assert (again.status_code, again.content, again["ETag"]) == (304, b"", etag)
    kept = Client().get("/api/tried/same?version=7")
    assert (kept.content, kept["ETag"], kept["Content-Type"]) == (first.content, etag, first["Content-Type"])
    for address in ("version=8", "version=7&other=1"):
        other = Client().get(f"/api/tried/same?{address}", headers={"If-None-Match": etag})
        assert (other.status_code, other["ETag"] == etag) == (200, False)
    other = Client().get("/api/tried/same?version=7", headers={"Accept-Language": "pt-br"})
    assert other["ETag"] != etag
    for refused in ("version=7&refuse=1", ""):
        answer = Client().get(f"/api/tried/same?{refused}", headers={"If-None-Match": "*"})
        assert not answer.has_header("ETag")
    assert answer["Cache-Control"] == "private, no-store"


def test_head_is_answered_as_get_without_the_body():
    client = Client()
    read, head = (send("/api/tried/same?version=7") for send in (client.get, client.head))
    assert (head.status_code, head.content) == (200, b"")
    assert int(head["Content-Length"]) == len(read.content) > 0
    for name in ("ETag", "Cache-Control", "Vary", "Content-Type"):
        assert head[name] == read[name], name
    known = client.head("/api/tried/same?version=7", headers={"If-None-Match": read["ETag"]})
    assert (known.status_code, known.content, known["ETag"]) == (304, b"", read["ETag"])
    refused, nothing = client.head("/api/tried/same?version=7&refuse=1"), client.head("/api/nowhere")
    assert (refused.status_code, refused.content) == (
        client.get("/api/tried/same?version=7&refuse=1").status_code,
        b"",
    )
    assert (nothing.status_code, nothing.content, nothing["Content-Type"]) == (
        404,
        b"",
        "application/problem+json",
    )
    wrong = client.head("/api/tried/count")
    assert (wrong.status_code, wrong.content, wrong["Allow"]) == (405, b"", "POST")
    assert client.delete("/api/tried/same")["Allow"] == "GET, HEAD"


def test_what_is_kept_has_a_limit():
    kept = Bodies(most=10)
    for number in range(4):
        kept.keep(str(number), b"12345")
    assert [kept.find(str(number)) for number in range(4)] == [None, None, b"12345", b"12345"]


def test_requests_are_counted_and_what_a_client_claims_about_its_address_is_not(
    settings: Any, monkeypatch: pytest.MonkeyPatch
):
    settings.API_REQUESTS_PER_MINUTE = 3
    # All within one window, by an address that no other test has.
    monkeypatch.setattr(throttle, "time", SimpleNamespace(time=lambda: 1_900_000_010.0))
    client = Client(REMOTE_ADDR="198.51.100.77")
    statuses, last = [], None
    for number in range(5):
        last = client.get("/api/problems/invalid", headers={"X-Forwarded-For": f"203.0.113.{number}"})
        statuses.append(last.status_code)
    assert statuses == [200, 200, 200, 429, 429]
    assert last["RateLimit-Policy"] == '"default";q=3;w=60'
    assert last["RateLimit"].startswith('"default";r=0;t=')
    assert 0 < int(last["Retry-After"]) <= 60
    assert last.json()["code"] == "too_many"


def test_an_app_can_ask_for_a_picture_wherever_pictures_are_kept(settings: Any):
    class Shown(Schema):
        image: Picture

    settings.SITE_URL = "https://shop.example"
    addresses = {
        "/media/a.png": "https://shop.example/media/a.png",
        "https://cdn.example/a.png": None,
        "": None,
    }
    for stored, shown in addresses.items():
        assert Shown(image=stored).model_dump(mode="json") == {"image": shown or stored}


class Tried(Input):
    text: Annotated[str, Field(min_length=2, max_length=3, pattern="^a")]
    whole: Annotated[Whole, Field(ge=1, le=9)]
    sum_: Annotated[Decimal, Field(max_digits=4, decimal_places=1)]
    day: date
    key: UUID
    word: Literal["up", "down"]
    many: Annotated[list[int], Field(max_length=1)]


GOOD: dict[str, Any] = {
    "text": "ab",
    "whole": 1,
    "sum_": "1.5",
    "day": "2026-01-02",
    "key": str(uuid4()),
    "word": "up",
    "many": [],
}
SAID: list[tuple[dict[str, Any], str]] = [
    ({"text": "a"}, "Al menos 2 caracteres."),
    ({"text": "abcd"}, "Como máximo 3 caracteres."),
    ({"text": "bb"}, "Escribí un valor válido."),
    ({"text": 1}, "Escribí un texto."),
    ({"whole": 0}, "Como mínimo 1."),
    ({"whole": 10}, "Como máximo 9."),
    ({"whole": "1"}, "Escribí un número entero."),
    ({"sum_": "1.25"}, "Como máximo 1 dígitos después del punto."),
    ({"sum_": "12345"}, "Como máximo 4 dígitos."),
    ({"sum_": "x"}, "Escribí un número."),
    ({"day": "2026-02-30"}, "Escribí una fecha válida."),
    ({"key": "x"}, "Escribí un UUID válido."),
    ({"word": "left"}, "Uno de estos valores: up, down."),
    ({"many": [1, 2]}, "Como máximo 1."),
    ({"many": 1}, "Escribí una lista de valores."),
]


def test_each_kind_of_bad_value_has_words_in_the_languages_of_the_shop():
    """Those that schemas of this API can answer with; a limit is named."""
    Tried.model_validate(GOOD)
    with translation.override("es"):
        for changes, words in SAID:
            with pytest.raises(ValidationError) as refused:
                Tried.model_validate(GOOD | changes)
            assert [value_words.words_of(dict(found)) for found in refused.value.errors()] == [words], changes
