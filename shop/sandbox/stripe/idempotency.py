"""Stripe's idempotency keys: the first executed answer is kept and replayed, also a 500."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable

from shop.sandbox.engine import Sandbox
from shop.sandbox.router import Request, Response
from shop.sandbox.store import JsonDict
from shop.sandbox.stripe.errors import ApiError
from shop.sandbox.stripe.options import CODE

KEPT_SECONDS = 24 * 3600.0


def run_once(sandbox: Sandbox, request: Request, params: JsonDict, call: Callable[[], Response]) -> Response:
    """Run ``call`` unless its key has an answer already; replay that answer instead.

    Validation failures are not kept (``ApiError.executed`` is False): the key may be used again.

    Raises:
        ApiError: 400 ``idempotency_error`` for other parameters, 409 while the first call still runs.
    """
    key = request.headers.get("idempotency-key", "")
    if not key:
        return call()
    if len(key) > 255:
        raise ApiError("Idempotency-Key can have up to 255 characters.", kind="idempotency_error")
    wanted = json.dumps([request.method, request.path, params], sort_keys=True)
    fingerprint = hashlib.sha256(wanted.encode()).hexdigest()
    stored = _begin(sandbox, key, fingerprint)
    if stored is not None:
        return _replay(stored, key, fingerprint)
    try:
        response = call()
    except ApiError as error:
        if not error.executed:
            _forget(sandbox, key)
            raise
        response = error.response()
    except BaseException:
        _forget(sandbox, key)
        raise
    sandbox.store.run(
        "UPDATE idempotency SET state = 'done', status = ?, body = ? WHERE provider = ? AND key = ?",
        *(response.status, response.body.decode(), CODE, key),
    )
    return response


def _begin(sandbox: Sandbox, key: str, fingerprint: str) -> sqlite3.Row | None:
    with sandbox.store.transaction():
        oldest = sandbox.clock.now() - KEPT_SECONDS
        sandbox.store.run("DELETE FROM idempotency WHERE provider = ? AND created_at < ?", CODE, oldest)
        found = sandbox.store.rows("SELECT * FROM idempotency WHERE provider = ? AND key = ?", CODE, key)
        if found:
            return found[0]
        sandbox.store.run(
            "INSERT INTO idempotency (provider, key, fingerprint, state, created_at) VALUES (?, ?, ?, 'running', ?)",
            *(CODE, key, fingerprint, sandbox.clock.now()),
        )
    return None


def _replay(stored: sqlite3.Row, key: str, fingerprint: str) -> Response:
    if stored["fingerprint"] != fingerprint:
        raise ApiError(
            "Keys for idempotent requests can only be used with the same parameters they were first used with."
            f" Try using a key other than '{key}' if you meant to execute a different request.",
            kind="idempotency_error",
        )
    if stored["state"] != "done":
        raise ApiError(
            "There is currently another in-progress request using this Stripe-Idempotent-Key.",
            status=409,
            code="idempotency_key_in_use",
        )
    headers = {"Idempotent-Replayed": "true"}
    return Response(stored["status"], stored["body"].encode(), headers=headers)


def _forget(sandbox: Sandbox, key: str) -> None:
    sandbox.store.run("DELETE FROM idempotency WHERE provider = ? AND key = ?", CODE, key)


def forget_unfinished(sandbox: Sandbox) -> None:
    """Drop the keys of calls that a stop of the sandbox interrupted."""
    sandbox.store.run("DELETE FROM idempotency WHERE provider = ? AND state = 'running'", CODE)
