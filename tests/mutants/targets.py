"""What is mutated, by the noun it is known as, and which tests judge it."""

from collections.abc import Mapping
from fnmatch import fnmatch
from pathlib import Path
from typing import Final

_SQL: Final = "inventory/sql"
# The core: what moves units, money and states, and who is let in.
CORE: Final[Mapping[str, tuple[str, ...]]] = {
    "reservations": (
        "inventory/reservations/creation.py",
        "inventory/reservations/releasing.py",
        f"{_SQL}/reserve.sql",
        f"{_SQL}/reserve_many.sql",
        f"{_SQL}/sellable_levels.sql",
        f"{_SQL}/release.sql",
        f"{_SQL}/extend.sql",
        f"{_SQL}/reserve_locked.sql",
    ),
    "ledger": ("inventory/ledger/movements.py", f"{_SQL}/record_movements.sql"),
    "counts": (
        "inventory/counts/counting.py",
        "inventory/counts/approval.py",
        f"{_SQL}/expected_quantities.sql",
        f"{_SQL}/ledger_quantities.sql",
    ),
    "transfers": ("inventory/ledger/transfers.py",),
    "carts": ("orders/cart/carts.py", "orders/cart/lines.py", "orders/sql/put_line.sql"),
    "checkout": (
        "orders/checkout/sessions.py",
        "orders/checkout/reservations.py",
        "orders/checkout/frozen_lines.py",
    ),
    "placement": ("orders/checkout/placement.py",),
    "limits": ("orders/cart/limits.py", "orders/checkout/drop_limits.py"),
    "settle": ("payments/settlement/settle.py",),
    "attempts": ("payments/checkout/attempts.py",),
    "refunds": (
        "payments/refunds/refund_requests.py",
        "payments/refunds/sending.py",
        "payments/refunds/sync.py",
        "payments/reconciliation/due_refunds.py",
    ),
    "webhooks": ("payments/webhooks/processing.py",),
    "reconciliation": ("payments/reconciliation/due_attempts.py",),
    "sweep": ("payments/reconciliation/provider_list.py",),
    "disputes": (
        "payments/disputes/disputes.py",
        "payments/disputes/money.py",
        "payments/refunds/blocking.py",
        "payments/reconciliation/due_disputes.py",
    ),
    "matching": ("payments/payouts/matching.py",),
    "status maps": ("payments/gateways/*/mapping.py", "payments/gateways/*/disputes.py"),
    "access": ("catalog/drops/access.py",),
    "waiting": ("catalog/waiting.py", "inventory/reservations/waiting_list.py"),
    "states": ("shop/core/states.py",),
    "outbox": ("shop/core/mail/outbox.py",),
    "roles": ("shop/accounts/staff/roles.py",),
    "cells": ("shop/core/spreadsheets/cells.py",),
}
# The tests that may detect a mutant. Left out: the browser's journeys, the chaos run, and tests of the project's own
# tools, which run the whole shop or none of it.
JUDGING_TESTS: Final = (
    "shop/core/tests",
    "shop/accounts/tests",
    "catalog/tests",
    "inventory/tests",
    "orders/tests",
    "payments/tests",
    "tests/races",
    "tests/test_bad_input.py",
    "tests/test_query_budgets.py",
)


# What tests of a file are called where they do not bear its name.
ALSO_CALLED: Final[Mapping[str, tuple[str, ...]]] = {
    "orders/cart/limits.py": ("drop",),
    "catalog/drops/access.py": ("drop",),
    "catalog/waiting.py": ("waiting",),
    "inventory/reservations/waiting_list.py": ("waiting",),
    "shop/core/mail/outbox.py": ("outbox",),
    "payments/payouts/matching.py": ("payout",),
    "payments/gateways": ("recorded_answers", "status_maps", "conekta", "disputes"),
    "payments/disputes/money.py": ("dispute",),
    "inventory/reservations/releasing.py": ("reserve", "active", "manual"),
    "inventory/reservations/creation.py": ("reserve", "active", "manual", "convert", "merging"),
    "inventory/counts": ("counts",),
    "inventory/ledger/movements.py": ("ledger", "returns", "guards"),
    "orders/checkout/frozen_lines.py": ("checkout",),
    "orders/cart/lines.py": ("carts",),
    "shop/accounts/staff/roles.py": ("roles",),
}


def files_of(root: Path, wanted: list[str]) -> dict[str, list[str]]:
    """Return noun → files (relative to `root`); `wanted` are nouns or files, none meaning the whole core.

    Raises: KeyError for a file or noun that is not there.
    """
    found = {noun: _there(root, patterns) for noun, patterns in CORE.items()}
    if not wanted:
        return found
    chosen: dict[str, list[str]] = {}
    for word in wanted:
        if word in found:
            chosen[word] = found[word]
        elif (root / word).is_file():
            chosen[word] = [word]
        else:
            raise KeyError(word)
    return chosen


def _there(root: Path, patterns: tuple[str, ...]) -> list[str]:
    return [str(path.relative_to(root)) for pattern in patterns for path in sorted(root.glob(pattern))]


def is_of_room(test: str, path: str) -> bool:
    """Say whether a test lies in the app of a file."""
    app = "/".join(path.split("/")[: 2 if path.startswith("shop/") else 1])
    return test.startswith(f"{app}/")


def is_named_after(test: str, path: str) -> bool:
    """Say whether a test's file or folder bears the file's name, as `test_settle.py` that of `settle.py`, or another of it."""
    file = "/".join(Path(test.split("::", maxsplit=1)[0]).parts[-2:])
    if is_of_room(test, path) and fnmatch(file, f"*{Path(path).stem.rstrip('s')}*.py"):
        return True
    others = (word for start, words in ALSO_CALLED.items() if path.startswith(start) for word in words)
    return any(fnmatch(file, f"*{word}*.py") for word in others)
