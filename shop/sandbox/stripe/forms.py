"""Decode Stripe's bracket forms (``line_items[0][price_data][currency]=mxn``) and check them.

Text becomes integers and booleans where the specification requires them; lists arrive as ``expand[0]`` or ``expand[]``.
"""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qsl

from shop.sandbox.schema import Violation, read, violations
from shop.sandbox.store import Json, JsonDict
from shop.sandbox.stripe.errors import ApiError

SPECIFICATION = Path(__file__).with_name("specification.json.gz")
_KEY = re.compile(r"\[([^\[\]]*)\]")
_WHOLE_KEY = re.compile(r"^[^\[\]]+(\[[^\[\]]*\])*$")
_INTEGER = re.compile(r"^-?\d{1,18}$")


def decode(text: str) -> JsonDict:
    """Return the nested parameters of a form body or query string (all leaves are text).

    Raises:
        ApiError: a malformed key, or one name used both as a value and as a group.
    """
    tree: JsonDict = {}
    for key, value in parse_qsl(text, keep_blank_values=True):
        if not _WHOLE_KEY.match(key):
            raise ApiError(f"Invalid parameter name: {key}", param=key)
        path = [key.split("[", 1)[0], *_KEY.findall(key)]
        if len(path) > 12:
            raise ApiError(f"Parameter nested too deeply: {key}", param=key)
        _place(tree, path, value, key)
    return {name: _listed(value) for name, value in tree.items()}


def _place(tree: JsonDict, path: list[str], value: str, key: str) -> None:
    node = tree
    for part in path[:-1]:
        node = node.setdefault(part, {})
        if not isinstance(node, dict):
            raise ApiError(f"Invalid parameter: {key}", param=key)
    last = path[-1] if path[-1] != "" else str(len(node))
    if isinstance(node.get(last), dict):
        raise ApiError(f"Invalid parameter: {key}", param=key)
    node[last] = value


def _listed(node: Json) -> Json:
    if not isinstance(node, dict):
        return node
    if node and all(name.isdecimal() or name == "" for name in node):
        ordered = sorted(node.items(), key=lambda item: int(item[0] or 0))
        return [_listed(value) for _, value in ordered]
    return {name: _listed(value) for name, value in node.items()}


_LIST: JsonDict = {
    "ending_before": {"type": "string"},
    "expand": {"type": "array", "items": {"type": "string"}},
    "limit": {"type": "integer"},
    "starting_after": {"type": "string"},
}
# Operations missing in the shortened specification; their parameters as the API reference lists them.
_BESIDE: JsonDict = {
    "GET /v1/charges": {
        "query": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                **_LIST,
                "payment_intent": {"type": "string"},
                "created": {
                    "anyOf": [
                        {
                            "type": "object",
                            "properties": {name: {"type": "integer"} for name in ("gt", "gte", "lt", "lte")},
                            "additionalProperties": False,
                        },
                        {"type": "integer"},
                    ]
                },
            },
        }
    },
    "GET /v1/charges/{charge}": {
        "query": {"type": "object", "additionalProperties": False, "properties": {"expand": _LIST["expand"]}}
    },
}


def checked(operation: str, part: str, params: JsonDict) -> JsonDict:
    """Return ``params`` with proper types when they fit the operation's specification.

    ``operation`` is such as ``POST /v1/refunds``; ``part`` is ``body`` or ``query``.

    Raises:
        ApiError: 400 ``parameter_unknown``, ``parameter_missing``, ``parameter_invalid_integer`` …
    """
    schema = {**read(SPECIFICATION)["operations"], **_BESIDE}[operation].get(part) or {
        "type": "object",
        "additionalProperties": False,
    }
    if "payment_method_types" in params and "payment_method_types" not in schema.get("properties", {}):
        raise ApiError(
            "The `payment_method_types` parameter is no longer supported. Use `allowed_payment_method_types` or"
            " `excluded_payment_method_types` instead.",
            code="payment_method_types_no_longer_supported",
            param="payment_method_types",
        )
    typed: JsonDict = _typed(params, schema)
    for problem in violations(typed, schema):
        raise _refusal(problem)
    _check_metadata(typed)
    return typed


def _typed(value: Json, schema: JsonDict) -> Json:
    options = schema.get("anyOf")
    if options:
        for option in options:
            converted = _typed(value, option)
            if not violations(converted, option):
                return converted
        return value
    kind = schema.get("type")
    if isinstance(value, dict):
        known, rest = schema.get("properties", {}), schema.get("additionalProperties")
        fallback = rest if isinstance(rest, dict) else {}
        return {name: _typed(item, known.get(name, fallback)) for name, item in value.items()}
    if isinstance(value, list):
        return [_typed(item, schema.get("items", {})) for item in value]
    if value == "" and kind in ("array", "object"):
        return [] if kind == "array" else {}
    if kind == "integer" and _INTEGER.match(value):
        return int(value)
    if kind == "number" and re.match(r"^-?\d+(\.\d+)?$", value):
        return float(value)
    if kind == "boolean" and value in ("true", "false"):
        return value == "true"
    return value


def param_name(path: tuple[str, ...]) -> str:
    """Write a path as Stripe names parameters: ``line_items[0][quantity]``."""
    return path[0] + "".join(f"[{part}]" for part in path[1:]) if path else ""


def _refusal(problem: Violation) -> ApiError:
    name = param_name(problem.path)
    if problem.rule == "unknown":
        return ApiError(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)
    if problem.rule == "required":
        return ApiError(f"Missing required param: {name}.", code="parameter_missing", param=name)
    if problem.rule == "type" and problem.message.endswith("integer"):
        return ApiError(f"Invalid integer: {name}", code="parameter_invalid_integer", param=name)
    if problem.rule == "maxLength":
        return ApiError(f"Invalid string: {name} {problem.message}", param=name)
    return ApiError(f"Invalid {name}: {problem.message}", param=name)


def _check_metadata(params: JsonDict) -> None:
    groups = [("metadata", params.get("metadata"))]
    nested = params.get("payment_intent_data")
    if isinstance(nested, dict):
        groups.append(("payment_intent_data[metadata]", nested.get("metadata")))
    for name, group in groups:
        if not isinstance(group, dict):
            continue
        if len(group) > 50:
            raise ApiError("You can have up to 50 metadata keys.", param=name)
        for key, value in group.items():
            if len(key) > 40 or "[" in key or "]" in key:
                raise ApiError("Metadata keys can have up to 40 characters.", param=f"{name}[{key}]")
            if len(str(value)) > 500:
                raise ApiError("Metadata values can have up to 500 characters.", param=f"{name}[{key}]")
