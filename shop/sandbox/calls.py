"""What an armed fault does to a call of a counterpart's API: a 429 or 500 in its own shape, or no answer at all."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable

from shop.sandbox.engine import Sandbox
from shop.sandbox.router import Request, Response


def targets_of(sandbox: Sandbox, request: Request, references: Iterable[object] = ()) -> tuple[str, ...]:
    """Return everything an armed fault may name this call by: path parts, our ids, and the shop's references.

    ``references`` are those that the call itself carries; what is no text, or empty, is left out.
    """
    parts = [part for part in request.path.split("/") if part]
    found: list[object] = list(parts)
    for part in parts[-3:]:
        for row in sandbox.store.rows("SELECT ref, parent FROM objects WHERE id = ?", part):
            found += [row["ref"], row["parent"]]
    return tuple(item for item in (*found, *references) if isinstance(item, str) and item)


def refuse(sandbox: Sandbox, code: str, request: Request, targets: tuple[str, ...]) -> Response | None:
    """Return the answer of an armed 429 or of a time-out before any effect, or None."""
    line = f"{request.method} {request.path}"
    if limited := sandbox.faults.take("http_429", code, targets=targets, request=line):
        response = sandbox.counterparts[code].trouble(429)
        response.headers["Retry-After"] = str(limited["retry_after"])
        return response
    if hang := sandbox.faults.take("timeout_before", code, targets=targets, request=line):
        return Response(hang=hang["seconds"])
    return None


def crash(
    sandbox: Sandbox, code: str, request: Request, targets: tuple[str, ...], call: Callable[[], Response]
) -> Response:
    """Run ``call``; an armed 500 applies before or after the effect."""
    line = f"{request.method} {request.path}"
    fault = sandbox.faults.take("http_500", code, targets=targets, request=line)
    if fault is None:
        return call()
    if fault["effect"]:
        call()
    return sandbox.counterparts[code].trouble(500)


def hang_up(
    sandbox: Sandbox, code: str, request: Request, targets: tuple[str, ...], response: Response
) -> Response:
    """Drop a finished answer when a time-out after the effect is armed."""
    line = f"{request.method} {request.path}"
    if hang := sandbox.faults.take("timeout_after", code, targets=targets, request=line):
        return Response(hang=hang["seconds"])
    return response


def answer(
    sandbox: Sandbox, code: str, request: Request, targets: tuple[str, ...], call: Callable[[], Response]
) -> Response:
    """Run a call of ``code``'s API under the armed faults: refused, crashed, answered, or dropped."""
    if "slow" in sandbox.faults.kinds and (
        late := sandbox.faults.take("slow", code, targets=targets, request=f"{request.method} {request.path}")
    ):
        time.sleep(late["seconds"])
    refused = refuse(sandbox, code, request, targets)
    if refused:
        return refused
    return hang_up(sandbox, code, request, targets, crash(sandbox, code, request, targets, call))
