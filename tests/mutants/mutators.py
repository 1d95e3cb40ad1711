"""Small wrong changes to Python and SQL text, as people make them. Pure: text in, mutants out.

A mutant replaces one piece of the text and leaves the number of lines as it is, so that lines keep their numbers.
"""

import ast
import hashlib
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

COMPARISONS: Final = {
    ast.Lt: ("<", ("<=", ">=")),
    ast.LtE: ("<=", ("<", ">")),
    ast.Gt: (">", (">=", "<=")),
    ast.GtE: (">=", (">", "<")),
    ast.Eq: ("==", ("!=",)),
    ast.NotEq: ("!=", ("==",)),
    ast.In: ("in", ("not in",)),
    ast.NotIn: ("not in", ("in",)),
    ast.Is: ("is", ("is not",)),
    ast.IsNot: ("is not", ("is",)),
}
ARITHMETIC: Final = {
    ast.Add: ("+", "-"),
    ast.Sub: ("-", "+"),
    ast.Mult: ("*", "+"),
    ast.Div: ("/", "*"),
    ast.FloorDiv: ("//", "*"),
    ast.Mod: ("%", "*"),
}
SWAPPED_CALLS: Final = {
    "filter": "exclude",
    "exclude": "filter",
    "min": "max",
    "max": "min",
    "any": "all",
    "all": "any",
    "first": "last",
}
DROPPED_CALLS: Final = frozenset(
    {"select_for_update", "distinct", "exclude", "filter", "strip", "lower", "order_by"}
)
# What a log says is for people to read; no test is asked to notice it.
LOGS: Final = frozenset({"log", "logger", "logging"})
SQL_WORDS: Final = re.compile(r"\b(SELECT|UPDATE|INSERT|DELETE)\b")
SQL_CHANGES: Final = (
    ("sql comparison", re.compile(r"(?<= )<=(?= )"), "<"),
    ("sql comparison", re.compile(r"(?<= )>=(?= )"), ">"),
    ("sql comparison", re.compile(r"(?<= )<(?= )"), "<="),
    ("sql comparison", re.compile(r"(?<= )>(?= )"), ">="),
    ("sql comparison", re.compile(r"(?<= )<>(?= )"), "="),
    ("sql arithmetic", re.compile(r"(?<=\w|\)) \+ "), " - "),
    ("sql arithmetic", re.compile(r"(?<=\w|\)) - "), " + "),
    ("sql and", re.compile(r"\bAND\b"), "OR"),
    (
        "sql condition removed",
        re.compile(
            r"\bAND (?:NOT )?[\w.]+(?: (?:<|>|<=|>=|=|<>) [\w.%()']+)?(?=\s*(?:$|\)| AND))", re.MULTILINE
        ),
        "",
    ),
    ("sql not", re.compile(r"\bNOT (?=EXISTS|\w+\.|\()"), ""),
    ("sql order", re.compile(r" DESC\b"), ""),
    ("sql lock removed", re.compile(r"\bFOR (?:NO KEY )?(?:UPDATE|SHARE)(?: OF \w+)?(?: SKIP LOCKED)?"), ""),
    ("sql least", re.compile(r"\bleast\b"), "greatest"),
    ("sql least", re.compile(r"\bgreatest\b"), "least"),
    ("sql distinct", re.compile(r"\bDISTINCT (?!ON)"), ""),
)


@dataclass(frozen=True, slots=True)
class Mutant:
    """One wrong change: characters `start` to `end` of the file at `path` become `after`.

    `scope` is the function or class it is in (`<module>` at the top); `ordinal` tells equal changes of one scope apart.
    """

    path: str
    line: int
    start: int
    end: int
    kind: str
    before: str
    after: str
    scope: str
    ordinal: int = 0

    @property
    def key(self) -> str:
        """Return a name that stays the same while the code around it changes."""
        parts = (self.path, self.scope, self.kind, self.before, self.after.rstrip("\n"), str(self.ordinal))
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]

    def applied(self, source: str) -> str:
        """Return the changed text."""
        return source[: self.start] + self.after + source[self.end :]


def mutants_of(path: str, source: str) -> list[Mutant]:
    """Return every mutant of a file's text that is valid code and differs from it, in the order of the lines."""
    return [one for one in candidates(path, source) if is_valid(one, source)]


def candidates(path: str, source: str) -> list[Mutant]:
    """Return the mutants of a file's text without trying whether they are valid, which takes a parse of each."""
    found = (
        _of_sql(path, source, 0, len(source), "<module>")
        if path.endswith(".sql")
        else _Python(path, source).all()
    )
    ordinals: Counter[str] = Counter()
    data: dict[tuple[int, int, str], Mutant] = {}
    for mutant in sorted(found, key=lambda one: (one.start, one.end, one.after)):
        if (mutant.start, mutant.end, mutant.after) not in data:
            data[mutant.start, mutant.end, mutant.after] = replace(mutant, ordinal=ordinals[mutant.key])
            ordinals[mutant.key] += 1
    return list(data.values())


def is_valid(mutant: Mutant, source: str) -> bool:
    """Say whether the changed text is code, another one than before, and as many lines."""
    text = mutant.applied(source)
    if text == source or text.count("\n") != source.count("\n"):
        return False
    if mutant.path.endswith(".sql"):
        return True
    try:
        changed = ast.parse(text)
    except SyntaxError:
        return False
    return ast.dump(changed) != _tree(source)


@lru_cache(maxsize=4)
def _tree(source: str) -> str:
    return ast.dump(ast.parse(source))


def _of_sql(path: str, source: str, start: int, end: int, scope: str) -> Iterator[Mutant]:
    """Change the SQL between two places of a text; comments are left alone."""
    text = re.sub(r"--[^\n]*", lambda found: " " * len(found[0]), source[start:end])
    for kind, pattern, after in SQL_CHANGES:
        for match in pattern.finditer(text):
            if not match[0]:
                continue
            first = start + match.start()
            yield Mutant(
                path,
                source.count("\n", 0, first) + 1,
                first,
                start + match.end(),
                kind,
                _shown(source, first),
                after,
                scope,
            )


def _shown(source: str, start: int) -> str:
    """Return the line of a place, as people see it."""
    first = source.rfind("\n", 0, start) + 1
    last = source.find("\n", start)
    return source[first : last if last >= 0 else len(source)].strip()


class _Python:
    """Walks one file: bodies of functions, and the tables of modules and classes."""

    def __init__(self, path: str, source: str) -> None:
        self.path, self.source = path, source
        self.tree = ast.parse(source)
        self.starts = [0]
        for line in source.splitlines(keepends=True):
            self.starts.append(self.starts[-1] + len(line))
        self.lines = source.splitlines(keepends=True)
        self.found: list[Mutant] = []

    def all(self) -> list[Mutant]:
        self._top(self.tree.body, "<module>")
        return self.found

    def _top(self, body: list[ast.stmt], scope: str) -> None:
        for node in body:
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                name = node.name if scope == "<module>" else f"{scope}.{node.name}"
                self._body(node.body, name)
            elif isinstance(node, ast.ClassDef) and node.name != "Meta":
                self._top(node.body, node.name)
            elif isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
                self._table(node.value, scope)

    def _table(self, value: ast.expr, scope: str) -> None:
        """Change a table or a constant; other values at the top (fields, loggers, patterns) are left alone."""
        inner = value.args[0] if _named(value) in {"frozenset", "set", "tuple"} and value.args else value  # type: ignore[attr-defined]
        if isinstance(inner, ast.Dict | ast.Set | ast.Tuple | ast.List) or _named(value) == "timedelta":
            for node in ast.walk(value):
                self._expression(node, scope)
        elif isinstance(value, ast.Constant):
            self._expression(value, scope)

    def _body(self, body: list[ast.stmt], scope: str) -> None:
        for node in body:
            self._statement(node, scope)
            for child in ast.iter_child_nodes(node):
                if isinstance(child, ast.stmt):
                    self._body([child], scope)
                elif isinstance(child, ast.ExceptHandler):
                    if child.type is not None:
                        self._change(child.type, "exception type", "ZeroDivisionError", scope)
                    self._body(child.body, scope)
                elif isinstance(child, ast.expr | ast.withitem | ast.match_case) and not _is_log(node):
                    for inner in ast.walk(child):
                        self._expression(inner, scope)

    def _statement(self, node: ast.stmt, scope: str) -> None:
        if isinstance(node, ast.Expr):
            is_words = isinstance(node.value, ast.Constant)
            if not is_words and not _is_log(node):
                self._change(node, "statement removed", "pass", scope)
        elif isinstance(node, ast.Raise | ast.AugAssign | ast.Delete | ast.Continue | ast.Break) or (
            isinstance(node, ast.Assign) and not isinstance(node.targets[0], ast.Name)
        ):
            self._change(node, "statement removed", "pass", scope)
        elif (
            isinstance(node, ast.Return)
            and node.value is not None
            and not isinstance(node.value, ast.Constant)
        ):
            self._change(node.value, "return changed", "None", scope)
        elif isinstance(node, ast.If | ast.While):
            self._change(node.test, "guard never", "(False)", scope)
            if isinstance(node, ast.If):
                self._change(node.test, "guard always", "(True)", scope)

    def _expression(self, node: ast.AST, scope: str) -> None:
        if isinstance(node, ast.Compare):
            for left, operator, right in zip(
                [node.left, *node.comparators], node.ops, node.comparators, strict=False
            ):
                sign, others = COMPARISONS[type(operator)]
                for other in others:
                    self._between(left, right, "comparison", sign, other, scope)
        elif isinstance(node, ast.BoolOp):
            sign, other = ("and", "or") if isinstance(node.op, ast.And) else ("or", "and")
            for left, right in zip(node.values, node.values[1:], strict=False):
                self._between(left, right, "and or", sign, other, scope)
        elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            self._change(node, "not removed", f"({self._text(node.operand)})", scope)
        elif isinstance(node, ast.IfExp):
            self._change(node.test, "choice turned", f"(not ({self._text(node.test)}))", scope)
        elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC and not _is_text(node.left):
            sign, other = ARITHMETIC[type(node.op)]
            self._between(node.left, node.right, "arithmetic", sign, other, scope)
        elif isinstance(node, ast.Constant):
            self._constant(node, scope)
        elif isinstance(node, ast.Call):
            self._call(node, scope)
        elif isinstance(node, ast.Dict | ast.Set | ast.List | ast.Tuple):
            self._entries(node, scope)

    def _constant(self, node: ast.Constant, scope: str) -> None:
        if isinstance(node.value, bool):
            self._change(node, "constant", str(not node.value), scope)
        elif isinstance(node.value, int):
            self._change(node, "constant", str(node.value + 1), scope)
        elif isinstance(node.value, str) and SQL_WORDS.search(node.value):
            start, end = self._span(node)
            self.found.extend(_of_sql(self.path, self.source, start, end, scope))

    def _call(self, node: ast.Call, scope: str) -> None:
        name = _named(node)
        if name in SWAPPED_CALLS and (
            isinstance(node.func, ast.Name) or name in {"filter", "exclude", "first"}
        ):
            end = self._span(node.func)[1]
            self._add(end - len(name), end, "call swapped", SWAPPED_CALLS[name], scope)
        if isinstance(node.func, ast.Attribute) and name in DROPPED_CALLS:
            self._add(self._span(node.func.value)[1], self._span(node)[1], "call removed", "", scope)
        if name == "order_by":
            for argument in node.args:
                if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                    turned = argument.value[1:] if argument.value.startswith("-") else f"-{argument.value}"
                    self._change(argument, "order turned", f'"{turned}"', scope)
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        for place, keyword in enumerate(node.keywords):
            if keyword.arg is None:
                continue
            index = len(node.args) + place
            if index:
                span = self._span(given[index - 1])[1], self._span(keyword.value)[1]
            elif len(given) > 1:
                span = self._span(keyword)[0], self._span(node.keywords[place + 1])[0]
            else:
                span = self._span(keyword)
            self._add(*span, "argument dropped", "", scope)

    def _entries(self, node: ast.Dict | ast.Set | ast.List | ast.Tuple, scope: str) -> None:
        entries = node.values if isinstance(node, ast.Dict) else node.elts
        if len(entries) < 2 or isinstance(getattr(node, "ctx", None), ast.Store):
            return
        firsts = node.keys if isinstance(node, ast.Dict) else entries
        for place, entry in enumerate(entries):
            first = firsts[place]
            if first is None or isinstance(entry, ast.Starred):
                continue
            after = firsts[place + 1] if place + 1 < len(entries) else None
            if after is not None:
                self._add(self._span(first)[0], self._span(after)[0], "entry removed", "", scope)
            elif place:  # The first before a `**rest` is left alone: its end is not known.
                self._add(self._span(entries[place - 1])[1], self._span(entry)[1], "entry removed", "", scope)

    # -- Places -----------------------------------------------------------------------------------------------------
    def _span(self, node: ast.AST) -> tuple[int, int]:
        return (
            self._place(node.lineno, node.col_offset),  # type: ignore[attr-defined]
            self._place(node.end_lineno, node.end_col_offset),  # type: ignore[attr-defined]
        )

    def _place(self, line: int, column: int) -> int:
        """Return the character of a line and a column, which `ast` counts in bytes."""
        return self.starts[line - 1] + len(self.lines[line - 1].encode()[:column].decode())

    def _text(self, node: ast.AST) -> str:
        start, end = self._span(node)
        return self.source[start:end]

    def _change(self, node: ast.AST, kind: str, after: str, scope: str) -> None:
        self._add(*self._span(node), kind, after, scope)

    def _between(self, left: ast.AST, right: ast.AST, kind: str, sign: str, after: str, scope: str) -> None:
        """Change an operator: the text between its two sides."""
        start, end = self._span(left)[1], self._span(right)[0]
        match = re.search(r"\s+".join(map(re.escape, sign.split())), self.source[start:end])
        if match:
            self._add(start + match.start(), start + match.end(), kind, after, scope)

    def _add(self, start: int, end: int, kind: str, after: str, scope: str) -> None:
        missing = self.source.count("\n", start, end) - after.count("\n")
        if missing > 0 and after.startswith("("):
            after = f"{after[:-1]}{chr(10) * missing})"
        elif missing > 0:
            after = f"{after}{chr(10) * missing}"
        line = self.source.count("\n", 0, start) + 1
        before = " ".join(self.source[start:end].split())[:120] or _shown(self.source, start)
        self.found.append(Mutant(self.path, line, start, end, kind, before, after, scope))


def _named(node: ast.AST) -> str:
    """Return the last name of what is called, or ""."""
    if not isinstance(node, ast.Call):
        return ""
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _is_log(node: ast.AST) -> bool:
    value = node.value if isinstance(node, ast.Expr) else None
    owner = (
        value.func.value if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) else None
    )
    return isinstance(owner, ast.Name) and owner.id in LOGS


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str))
