"""The control page's lists: the objects of all counterparts with their next actions, and the notifications."""

from __future__ import annotations

import time

from shop.sandbox.engine import Sandbox
from shop.sandbox.store import JsonDict
from shop.sandbox.table import TableRow


def rows(sandbox: Sandbox, limit: int = 40) -> list[TableRow]:
    """Return the latest objects of all counterparts, newest first, with labelled buttons."""
    found = [row for counterpart in sandbox.counterparts.values() for row in counterpart.rows(sandbox, limit)]
    called = labels(sandbox)
    for row in found:
        row.buttons = [(name, subject, called[name]) for name, subject in row.actions]
    return sorted(found, key=lambda row: row.at, reverse=True)[:limit]


def labels(sandbox: Sandbox) -> dict[str, str]:
    """Return the label of every action."""
    return {
        name: action.label
        for counterpart in sandbox.counterparts.values()
        for name, action in counterpart.actions.items()
    }


def deliveries(sandbox: Sandbox, limit: int = 60) -> list[JsonDict]:
    """Return the latest deliveries with their tries, newest first."""
    found = []
    for row in sandbox.store.rows("SELECT * FROM deliveries ORDER BY id DESC LIMIT ?", limit):
        delivery: JsonDict = dict(row)
        counterpart = sandbox.counterparts.get(row["provider"])
        if counterpart is None:
            # The state file is older than the folder's removal.
            continue
        delivery["what"] = counterpart.describe_delivery(sandbox, delivery)
        delivery["sender"] = counterpart.name
        delivery["tries"] = sandbox.outbox.tries(row["id"])
        delivery["clock"] = time.strftime("%d/%m %H:%M:%S", time.localtime(row["created_at"]))
        delivery["in_seconds"] = max(0, round(row["due_at"] - sandbox.clock.due_now(), 1))
        found.append(delivery)
    return found
