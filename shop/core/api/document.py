"""The OpenAPI document (3.1): what ninja writes, and what holds for every operation of this API.

An endpoint declares the refusals of its own (`refusals(404, 409)`); those of tokens, limits, bad input, keys and a busy
shop are added here, in the shape that the operation's path has (`shop.core.api.problems`).
"""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any, Final

from ninja import NinjaAPI
from ninja.openapi.schema import OpenAPISchema
from ninja.operation import Operation
from pydantic import BaseModel

from shop.core.api import problems
from shop.core.api.problems import Shape, shape_of
from shop.core.api.schemas import ErrorBody, MessageBody, ProblemBody
from shop.core.json_types import JsonObject

_BODIES: Final[dict[str, type[BaseModel]]] = {"": ProblemBody, "error": ErrorBody, "message": MessageBody}
_SECONDS: Final[JsonObject] = {
    "schema": {"type": "integer", "minimum": 0},
    "description": "Seconds until then.",
}
_KEY: Final[JsonObject] = {
    "in": "header",
    "name": "Idempotency-Key",
    "required": False,
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": r"^[\x21-\x7e]+$"},
    "description": "The same key and body again within a day: done once, answered the same (Idempotent-Replayed)."
    " Without a token 16 characters or more: a new UUID for each act.",
}


def refusals(*statuses: int) -> dict[int, Any]:
    """Return the part of an endpoint's `response` for its own refusals; their body follows from its path."""
    return dict.fromkeys(statuses)


class _UnambiguousSchema(OpenAPISchema):
    """A document in which a name stands for one schema."""

    def add_schema_definitions(self, definitions: JsonObject) -> None:
        """Add schemas by name. Raises: ValueError for a name that stands for another one already."""
        for name, definition in definitions.items():
            if self.schemas.setdefault(name, definition) != definition:
                raise ValueError(f"Two schemas of the API are called {name}: rename one, or use `values`.")


class DocumentedApi(NinjaAPI):
    """A NinjaAPI whose document says of every operation how it refuses."""

    def get_openapi_schema(
        self, *, path_prefix: str | None = None, path_params: JsonObject | None = None
    ) -> OpenAPISchema:
        schema = _UnambiguousSchema(self, path_prefix or problems.PREFIX)
        for path, method, operation in self.operations():
            details = schema["paths"][path][method]
            _complete(path, method, details, operation)
        if schema["components"].get("securitySchemes"):
            schema["components"]["securitySchemes"] = {"Bearer": {"type": "http", "scheme": "bearer"}}
        for body in _BODIES.values():
            definition = body.model_json_schema(
                ref_template="#/components/schemas/{model}", mode="serialization"
            )
            schema["components"]["schemas"].update(definition.pop("$defs", {}))
            schema["components"]["schemas"][body.__name__] = definition
        return schema

    def operations(self) -> Iterator[tuple[str, str, Operation]]:
        """Return every documented operation: its path in the document, its method in small letters, itself."""
        for router in self._get_bound_routers():
            for path, view in router.path_operations.items():
                full = full_path("/".join(part for part in (router.prefix, path) if part))
                for operation in view.operations:
                    if operation.include_in_schema:
                        for method in operation.methods:
                            yield full, method.lower(), operation


def full_path(path: str) -> str:
    """Return a path as the document has it: below `/api`, without doubled slashes and without converters."""
    parts = f"{problems.PREFIX}{path}".replace("//", "/").replace("//", "/")
    out, rest = "", parts
    while "{" in rest:
        before, _brace, after = rest.partition("{")
        inner, _end, rest = after.partition("}")
        out += f"{before}{{{inner.rpartition(':')[2]}}}"
    return out + rest


def _complete(path: str, method: str, details: JsonObject, operation: Operation) -> None:
    shape = shape_of(path)
    responses: JsonObject = {str(status): answer for status, answer in details["responses"].items()}
    declared = {int(status) for status in responses if int(status) >= HTTPStatus.BAD_REQUEST}
    for status in declared | _general(details, operation, shape):
        responses[str(status)] = _refusal(status, shape)
    if getattr(operation.view_func, "takes_idempotency_key", False):
        details.setdefault("parameters", []).append(_KEY)
    if getattr(operation.view_func, "is_conditional", False):
        responses["304"] = {"description": "Not changed since it was read"}
    details["responses"] = dict(sorted(responses.items()))
    if permissions := _permissions(operation):
        details["description"] += f"\n\nFor staff with the permission `{'`, `'.join(permissions)}`."
    if operation.auth_callbacks:
        is_optional = any(getattr(check, "is_optional", False) for check in operation.auth_callbacks)
        details["security"] = [{}, {"Bearer": []}] if is_optional else [{"Bearer": []}]


def _general(details: JsonObject, operation: Operation, shape: Shape) -> set[int]:
    """Return the refusals that follow from what an operation is: its token, its values, its body, its key."""
    statuses = set(shape.needs)
    if operation.auth_callbacks:
        statuses.add(401)
    if _permissions(operation):
        statuses.add(403)
    if any(parameter["in"] == "path" for parameter in details.get("parameters", ())):
        statuses.add(404)
    takes_key = getattr(operation.view_func, "takes_idempotency_key", False)
    if details.get("parameters") or "requestBody" in details:
        statuses.add(shape.invalid)
    if "requestBody" in details:
        statuses |= {400, 413}
    if set(operation.methods) - {"GET"}:
        statuses.add(415)
    if takes_key:
        statuses |= {400, 409, 422}
    if any(parameter["name"] == "cursor" for parameter in details.get("parameters", ())):
        statuses.add(400)
    return statuses


def _permissions(operation: Operation) -> list[str]:
    """Return the permissions that an operation for the staff asks for."""
    return [check.permission for check in operation.auth_callbacks if hasattr(check, "permission")]


def _refusal(status: int, shape: Shape) -> JsonObject:
    body = _BODIES[shape.key].__name__
    answer: JsonObject = {
        "description": HTTPStatus(status).phrase,
        "content": {shape.media_type: {"schema": {"$ref": f"#/components/schemas/{body}"}}},
    }
    if status in {429, 503}:
        answer["headers"] = {"Retry-After": _SECONDS}
    if status == HTTPStatus.UNAUTHORIZED:
        answer["headers"] = {"WWW-Authenticate": {"schema": {"type": "string"}}}
    return answer
