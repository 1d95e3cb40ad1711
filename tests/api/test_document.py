"""The document: valid, as it was committed, and complete about keys, refusals and who may call."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from openapi_spec_validator import validate

from shop.core.api import problems
from shop.core.json_types import JsonObject

COMMITTED = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


@pytest.fixture(scope="module")
def document() -> JsonObject:
    from shop.api import api

    found: JsonObject = json.loads(json.dumps(api.get_openapi_schema()))
    return found


def each(document: JsonObject) -> list[tuple[str, str, JsonObject]]:
    return [
        (path, method, details)
        for path, item in document["paths"].items()
        for method, details in item.items()
    ]


def test_it_is_valid_and_the_one_that_was_committed(document: JsonObject):
    assert document["openapi"].startswith("3.1.")
    validate(document)
    assert json.loads(COMMITTED.read_text()) == document, "make openapi"


def test_every_creating_post_takes_an_idempotency_key(document: JsonObject):
    lacking = [
        path
        for path, method, details in each(document)
        if method == "post"
        and "201" in details["responses"]
        and "Idempotency-Key" not in {one["name"] for one in details.get("parameters", ())}
    ]
    assert not lacking


def test_every_operation_says_who_may_call_it_and_how_it_refuses(document: JsonObject):
    for path, method, details in each(document):
        where = f"{method} {path}"
        assert ("401" in details["responses"]) == ("security" in details), where
        assert {"429", "503"} <= set(details["responses"]), where
        assert details.get("description"), where
        shape = problems.shape_of(path)
        for status, answer in details["responses"].items():
            if status.startswith(("4", "5")):
                assert list(answer["content"]) == [shape.media_type], f"{where} {status}"
        if "/staff/" in path:
            assert details["security"] == [{"Bearer": []}], where
            assert "403" in details["responses"], where


def test_the_page_needs_nothing_that_the_policy_refuses():
    page = Client().get("/api/docs")
    assert page.status_code == 200
    html = page.content.decode()
    assert "<style" not in html
    assert 'script src="/static/' in html
    assert 'type="application/json"' in html
    served: Any = Client().get("/api/openapi.json")
    assert served.json()["openapi"].startswith("3.1.")
