"""Rows that are due are claimed through `shop.core.due`, and nowhere by hand."""

import ast
from pathlib import Path

from .test_house_rules import name, sources

KIT = "shop/core/due/"


def claims(path: Path) -> list[int]:
    """Return the lines where a module asks for `SKIP LOCKED` or counts tries while it moves a row's moment into the future."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.Call):
            continue
        words = {word.arg: ast.unparse(word.value) for word in node.keywords if word.arg}
        leases = [word for word, value in words.items() if value.startswith("Now() + ")]
        counts = [word for word, value in words.items() if value.startswith(f"F({word!r}) + ")]
        if "skip_locked" in words or (leases and counts):
            found.append(node.lineno)
    return found


def test_nobody_claims_rows_by_hand() -> None:
    modules = [path for path in sources(tests=False) if not name(path).startswith(KIT)]
    assert not [f"{name(path)}:{line}" for path in modules for line in claims(path)]


def test_a_claim_by_hand_is_seen(tmp_path: Path) -> None:
    """A control."""
    wrong = tmp_path / "wrong.py"
    wrong.write_text(
        "rows.select_for_update(skip_locked=True)\nrows.update(next_try_at=Now() + LEASE, tries=F('tries') + 1)\n"
    )
    assert len(claims(wrong)) == 2
