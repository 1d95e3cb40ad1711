"""What mypy's `strict` leaves open: `Any` where a type is known, and the types of the tests' own helpers."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
APPS = ("shop", "catalog", "inventory", "orders", "payments", "tests")


# Lines that name `Any`, imports among them, in a thousand. Lower it when there are fewer; the ways are in CONTRIBUTING.md.
MOST_ANY = 8.8


def test_any_does_not_grow() -> None:
    apps = [path for app in APPS for path in (ROOT / app).rglob("*.py")]
    lines = [
        line
        for path in apps
        if not {"tests", "migrations"} & {*path.parts}
        for line in path.read_text().splitlines()
    ]
    found = sum(1 for line in lines if re.search(r"\bAny\b", line))
    assert len(lines) > 50_000  # A control: they are read.
    assert 1000 * found / len(lines) <= MOST_ANY


def test_helpers_and_fixtures_of_tests_have_types() -> None:
    tests = [path for app in APPS for path in (ROOT / app).rglob("*.py") if "tests" in path.parts]
    found = [f"{path.relative_to(ROOT)}:{place}" for path in tests for place in untyped(path.read_text())]
    assert not found


def test_a_helper_without_types_is_seen() -> None:
    """A control."""
    assert list(untyped("def make(name): ...\ndef one() -> int: ...\ndef test_it(level): ...")) == ["1 make"]


def untyped(text: str) -> Iterator[str]:
    """Yield the line and name of each function, but for the tests themselves, that leaves out a type."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and not node.name.startswith("test"):
            own = node.args
            given = [*own.posonlyargs, *own.args, *own.kwonlyargs, own.vararg, own.kwarg]
            named = [one for one in given if one is not None and one.arg not in {"self", "cls"}]
            if node.returns is None or any(one.annotation is None for one in named):
                yield f"{node.lineno} {node.name}"
