"""Requests made of the API's own document, and what is wrong with their answers, by Schemathesis.

In process: the requests go to the WSGI application, within the test's transaction; each is undone before the next.
"""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import Any, Final
from urllib.parse import urlencode

import jsonschema
import schemathesis
from django.core import signals
from django.core.handlers.wsgi import WSGIHandler
from django.db import close_old_connections, transaction
from django.test import Client
from schemathesis import GenerationMode
from schemathesis.config import SchemathesisConfig
from schemathesis.core.parameters import ParameterLocation

# Refusals of business, which the document names for each operation.
_REFUSED: Final = ["2xx", "401", "403", "404", "409", "410", "422", "428", "429", "503"]
_CONTRACTS: Final = ("/api/ventas/", "/api/sales/", "/api/users/", "/api/admin/", "/api/stock/")


@cache
def schema() -> Any:
    """Return the document as Schemathesis reads it, bound to the shop's application."""
    from shop.api import api

    config = {
        "checks": {"positive_data_acceptance": {"expected-statuses": _REFUSED}},
        # A contract refuses bad values by 400, a list's cursor that nobody gave out is refused everywhere.
        "operations": [
            {
                "include-path": path,
                "checks": {"positive_data_acceptance": {"expected-statuses": [*_REFUSED, "400"]}},
            }
            for path, item in api.get_openapi_schema()["paths"].items()
            if path.startswith(_CONTRACTS) or "cursor" in json.dumps(item)
        ],
    }
    document = json.loads(json.dumps(api.get_openapi_schema()))
    found = schemathesis.openapi.from_dict(document, config=SchemathesisConfig.from_dict(config))
    found.app = WSGIHandler()
    return found


def operations() -> list[Any]:
    """Return every operation of the document, sorted."""
    return sorted((found.ok() for found in schema().get_all_operations()), key=lambda found: found.label)


def cases_of(operation: Any, *, most: int) -> list[Any]:
    """Return up to `most` cases of an operation, spread evenly over all that cover its values, good and bad."""
    generation = schema().config.generation_for(operation=operation, phase="coverage")
    found = list(
        schema().iter_coverage_cases(
            operation, generation_modes=list(GenerationMode), generation_config=generation
        )
    )
    step = max(1, len(found) / most)
    return [found[int(place * step)] for place in range(min(most, len(found)))]


def good_case(operation: Any) -> Any:
    """Return one request that the document allows, without a key: a guest's must be longer than an account's."""
    generation = schema().config.generation_for(operation=operation, phase="coverage")
    case = next(
        schema().iter_coverage_cases(
            operation, generation_modes=[GenerationMode.POSITIVE], generation_config=generation
        )
    )
    if case.headers:
        case.headers.pop("Idempotency-Key", None)
    return case


def status_of(case: Any, headers: Mapping[str, str]) -> int:
    """Send a case, undo what it did, and return the status of its answer."""
    with _kept_connection():
        mark = transaction.savepoint()
        try:
            return int(case.call(headers=dict(headers)).status_code)
        finally:
            transaction.savepoint_rollback(mark)


def refusal(
    case: Any, statuses: set[int], headers: Mapping[str, str], *, data: bytes = b"", content_type: str = ""
) -> str:
    """Send a case, or `data` in the place of its body; return what is wrong with its refusal, "" if it is one of these.

    A refusal has one of the statuses, the media type that the document names for it, and a body that fits its schema.
    """
    query = urlencode(case.query or {}, doseq=True)
    sent: Any = Client().generic(
        case.method,
        f"{case.formatted_path}?{query}",
        data or (json.dumps(case.body) if isinstance(case.body, dict) else b""),
        content_type=content_type or "application/json",
        headers=dict(headers),
    )
    where = f"{case.method} {case.formatted_path}: {sent.status_code} {sent.content[:200]!r}"
    if sent.status_code not in statuses:
        return where
    answer = case.operation.definition.raw["responses"][str(sent.status_code)]
    (media_type, content), *others = answer["content"].items()
    if others or sent["Content-Type"] != media_type:
        return f"{where} {sent['Content-Type']}"
    document = schema().raw_schema
    try:
        jsonschema.validate(sent.json(), {**document, **content["schema"]})
    except jsonschema.ValidationError as error:
        return f"{where} {error.message}"
    lacking = {"Retry-After"} if sent.status_code == 429 else set()
    return "" if lacking <= set(sent.headers) else f"{where} without {lacking}"


def has_good_path(case: Any) -> bool:
    """Say whether a case has parameters in its path, and good ones."""
    path = case.meta.components.get(ParameterLocation.PATH)
    return bool(case.path_parameters) and (path is None or path.mode == GenerationMode.POSITIVE)


def put_into_path(case: Any, known: Mapping[str, str]) -> None:
    """Let a case be about these objects.

    Schemathesis reads the path by its schema once more: numbers go in as such, and a name that the path lacks would
    make a good case a bad one, which may not be accepted.
    """
    types = {
        one["name"]: one["schema"].get("type")
        for one in case.operation.definition.raw.get("parameters", [])
        if one["in"] == "path"
    }
    values = {
        name: int(value) if types[name] == "integer" else value
        for name, value in known.items()
        if name in types
    }
    case.path_parameters = {**(case.path_parameters or {}), **values}


def findings(case: Any, headers: Mapping[str, str]) -> str:
    """Send a case, undo what it did, and return what its answer violates; "": nothing."""
    with _kept_connection():
        mark = transaction.savepoint()
        try:
            response = case.call(headers=dict(headers))
            case.validate_response(response, headers=dict(headers))
        except BaseExceptionGroup as group:
            return f"{case.method} {case.formatted_path} {case.body!r}: " + "; ".join(
                str(error)[:400] for error in group.exceptions
            )
        finally:
            transaction.savepoint_rollback(mark)
    return ""


@contextmanager
def _kept_connection() -> Iterator[None]:
    """Let a request leave the test's connection open, as Django's own test client does."""
    both = (signals.request_started, signals.request_finished)
    for signal in both:
        signal.disconnect(close_old_connections)
    try:
        yield
    finally:
        for signal in both:
            signal.connect(close_old_connections)
