"""Lists, filters and expansion: what all of Stripe's resources share."""

from __future__ import annotations

from collections.abc import Callable

from shop.sandbox.engine import Sandbox
from shop.sandbox.store import Json, JsonDict, Record
from shop.sandbox.stripe import intents
from shop.sandbox.stripe.errors import ApiError, missing

EXPANDABLE = {
    "payment_intent": intents.KIND,
    "latest_charge": intents.CHARGE,
    "charge": intents.CHARGE,
}
MAX_DEPTH = 4


def page(
    records: list[Record], params: JsonDict, url: str, view: Callable[[Record], JsonDict] = lambda r: r.body
) -> JsonDict:
    """Return one page of ``records`` (newest first) by ``limit``, ``starting_after`` and ``ending_before``.

    Raises:
        ApiError: limit out of 1–100, or a cursor that is not in the list.
    """
    limit = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise ApiError("Invalid limit: must be between 1 and 100", param="limit")
    chosen = [record for record in records if _created_fits(record.body, params.get("created"))]
    has_more: bool
    if params.get("ending_before"):
        index = _position(chosen, params["ending_before"], "ending_before")
        start = max(0, index - limit)
        chosen, has_more = chosen[start:index], start > 0
    else:
        cursor = params.get("starting_after")
        start = _position(chosen, cursor, "starting_after") + 1 if cursor else 0
        has_more = len(chosen) > start + limit
        chosen = chosen[start : start + limit]
    return {"object": "list", "data": [view(record) for record in chosen], "has_more": has_more, "url": url}


def _position(records: list[Record], cursor: str, param: str) -> int:
    for index, record in enumerate(records):
        if record.id == cursor:
            return index
    raise missing("object", cursor, param)


def _created_fits(body: JsonDict, wanted: Json) -> bool:
    if wanted is None:
        return True
    created = body["created"]
    if isinstance(wanted, int):
        return bool(created == wanted)
    tests = {
        "gt": lambda limit: created > limit,
        "gte": lambda limit: created >= limit,
        "lt": lambda limit: created < limit,
        "lte": lambda limit: created <= limit,
    }
    return all(tests[name](limit) for name, limit in wanted.items())


def expand(
    sandbox: Sandbox,
    body: JsonDict,
    wishes: list[str],
    *,
    lines: Callable[[JsonDict], JsonDict] | None = None,
) -> JsonDict:
    """Return ``body`` with the wished ids replaced by objects (``payment_intent.latest_charge``).

    ``lines`` builds a session's ``line_items``.

    Raises:
        ApiError: a property that cannot be expanded, or more than four levels.
    """
    grown = dict(body)
    for wish in wishes:
        path = wish.split(".")
        if len(path) > MAX_DEPTH:
            raise ApiError("You cannot expand more than 4 levels of a property.", param="expand")
        if path[0] == "line_items" and lines is not None:
            grown["line_items"] = lines(body)
        else:
            _expand_path(sandbox, grown, path, wish)
    return grown


def _expand_path(sandbox: Sandbox, node: JsonDict, path: list[str], wish: str) -> None:
    name, rest = path[0], path[1:]
    if name == "data" and isinstance(node.get("data"), list) and rest:
        node["data"] = [dict(item) for item in node["data"]]
        for item in node["data"]:
            _expand_path(sandbox, item, rest, wish)
        return
    if name not in EXPANDABLE or name not in node:
        raise ApiError(f"This property cannot be expanded ({wish}).", param="expand")
    value = node[name]
    if value is None:
        return
    if isinstance(value, str):
        record = sandbox.store.get(EXPANDABLE[name], value)
        if record is None:
            return
        value = dict(record.body)
        node[name] = value
    if rest:
        _expand_path(sandbox, value, rest, wish)
