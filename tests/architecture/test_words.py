"""The field's words in names and in prose: private words of the past are refused, each with the term that replaced it.

Names are those of modules, functions, classes, parameters and variables, of templates and of SQL files; prose is what
docstrings, comments and the documents say. The terms are explained in docs/glossary.md.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from .test_house_rules import ROOT, name, sources

# A part of a name (`has_lapsed`, `StrayRow`), and the field's word for it.
# A part of a name (`has_lapsed`, `StrayRow`), and the field's word for it.
REFUSED_IN_NAMES: Final[Mapping[str, str]] = {
    "bury": "close",
    "diary": "log",
    "doomed": "killed",
    "held": "reserved; locked; under review",
    "hindrances": "blockers",
    "hold": "reservation",
    "holds": "reservations",
    "house": "stack",
    "knock": "request",
    "lapse": "expire",
    "lapsed": "expired",
    "lapses": "expires",
    "lying": "inconsistent",
    "mend": "repair",
    "mended": "repaired",
    "mends": "repairs",
    "purse": "time budget",
    "road": "path",
    "roads": "paths",
    "shelf": "bin",
    "shelter": "fallback folder",
    "shelves": "bins",
    "slip": "cash voucher",
    "slips": "cash vouchers",
    "spared": "excluded",
    "standing": "sellability, status, health, progress",
    "story": "timeline",
    "stray": "unmatched payment",
    "strays": "unmatched payments",
    "sweep": "list reading",
    "swept": "read",
    "tend": "run due",
    "timetable": "beat schedule",
    "told": "snapshot, facts, changes",
    "unseal": "decrypt",
    "upkeep": "retention",
}
# In prose, and its term. Verbs that everybody uses literally (to hold a lock, to tell, to look) are not refused.
REFUSED_IN_PROSE: Final[Mapping[str, str]] = {
    r"lapsed?|lapses": "expire, expired",
    r"strays?(?! unit)": "unmatched payment",
    r"(?<!acking )slips?(?! of the finger| under)": "cash voucher",
    r"(?:long|short|slow|fast|hot) roads?": "slow path, fast path",
    r"mend(?:s|ed|ing)?": "repair",
    r"purse": "time budget",
    r"knock(?:s|ed)?": "request",
    r"hindrances?": "blocker",
    r"anew": "again",
    r"seal(?:s|ed)?": "encrypt, encrypted",
    r"(?:expired|live|manual) holds?": "reservation",
    r"(?:the|a) sweep": "list reading",
}
# (word, start of the path or the whole name) that stay, and why.
SHIPPING: Final = "keeping an order back from shipping"
IN_USE: Final = "it stands in rows, queues and addresses of shops in use"
KEPT: Final[Mapping[tuple[str, str], str]] = {
    **{
        (word, where): SHIPPING
        for word in ("hold", "holds", "held")
        for where in (
            "orders/cancellation/",
            "orders/fulfilment/",
            "orders/installments/",
            "orders/tests/cancellation/",
            "orders/tests/fulfilment/",
            "orders/tests/installments/",
            "orders/admin/",
            "orders/api/staff/",
            "orders/tests/api/",
            "orders/models/fulfilment.py",
            "payments/disputes/",
            "payments/models/disputes.py",
            "payments/tests/",
        )
    },
    ("stray", "StrayPayment"): IN_USE,
    ("tend", "tend_bank_data"): IN_USE,
    ("tend", "tend_erasures"): IN_USE,
    ("sweep", "sweep_payments"): IN_USE,
    ("sweep", "sweep_pictures"): IN_USE,
    ("holds", "expire_holds"): IN_USE,
    ("lapse", "shop/sandbox/"): "the provider's word",
    ("lapsed", "shop/sandbox/"): "the provider's word",
    ("house", "test_house_rules"): "the project's style is called so",
}
# What a text must have for its prose to be read: searching for these is much faster than the pattern.
ROOTS: Final = (
    "lapse",
    "stray",
    "slip",
    "road",
    "mend",
    "purse",
    "knock",
    "hindrance",
    "anew",
    "seal",
    " hold",
    "sweep",
)
# A word as it may stand in a name: `held`, `HELD`, `isHeld`.
IN_NAMES: Final = re.compile(
    "|".join(
        rf"(?<![a-z])(?:{word}|{word.upper()})(?![a-z])|{word.title()}(?![a-z])" for word in REFUSED_IN_NAMES
    )
)


def parts(identifier: str) -> set[str]:
    """Return the words of an identifier in lower case: `first_heldRow` → first, held, row."""
    return {part.lower() for part in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)}


def defined(tree: ast.Module) -> Iterator[str]:
    """Yield the names that a module gives. A test's name is a sentence and is left out."""
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            if not node.name.startswith("test_"):
                yield node.name
        elif isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Store):
            yield node.id if isinstance(node, ast.Name) else node.attr


def refused_names(path: str, tree: ast.Module) -> set[tuple[str, str]]:
    """Return (word, name) for each name of a module that has a word of the past and no reason to keep it."""
    return {
        (word, given)
        for given in {*defined(tree), Path(path).stem}
        for word in parts(given) & REFUSED_IN_NAMES.keys()
        if not any(word == kept and (path.startswith(where) or given == where) for kept, where in KEPT)
    }


def prose_of(text: str) -> Iterator[str]:
    """Yield the comments and docstrings of a Python file, without what stands in backticks."""
    before = tokenize.ENCODING
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        starts = before in {tokenize.ENCODING, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
        if token.type == tokenize.COMMENT or (token.type == tokenize.STRING and starts):
            yield re.sub(r"`[^`]*`", "", token.string)
        if token.type not in {tokenize.NL, tokenize.COMMENT}:
            before = token.type


WORDS: Final = re.compile(
    r"\b(?:" + "|".join(f"(?:{word})" for word in REFUSED_IN_PROSE) + r")\b", re.IGNORECASE
)


def texts() -> Iterator[tuple[str, str]]:
    """Yield (file, prose) for documents, SQL comments and the first lines of templates."""
    for path in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]:
        if path.name != "glossary.md":
            yield name(path), re.sub(r"`[^`]*`|\]\([^)]*\)", "", path.read_text(encoding="utf-8"))
    for app in ("catalog", "inventory", "orders", "payments"):
        for path in sorted((ROOT / app).glob("sql/*.sql")):
            yield name(path), " ".join(re.findall(r"--.*", path.read_text(encoding="utf-8")))
    for path in sorted((ROOT / "templates").rglob("*.html")):
        yield name(path), " ".join(re.findall(r"\{#.*?#\}", path.read_text(encoding="utf-8"), re.DOTALL))


def test_names_and_prose_use_the_words_of_the_field() -> None:
    found: list[str] = []
    for path in sources():
        if path == Path(__file__):
            continue
        text = path.read_text(encoding="utf-8")
        lowered = f"{text} {path.stem}".lower()
        if any(word in lowered for word in REFUSED_IN_NAMES) and IN_NAMES.search(f"{text} {path.stem}"):
            found += [
                f"{name(path)}: {given} ({REFUSED_IN_NAMES[word]})"
                for word, given in refused_names(name(path), ast.parse(text))
            ]
        if any(root in lowered for root in ROOTS) and WORDS.search(text):
            found += [f"{name(path)}: “{said}”" for prose in prose_of(text) for said in WORDS.findall(prose)]
    found += [f"{file}: “{said}”" for file, prose in texts() for said in WORDS.findall(prose)]
    for pattern in ("templates/**/*.html", "*/sql/*.sql"):
        found += [
            name(path)
            for path in ROOT.glob(pattern)
            if parts(path.stem) & REFUSED_IN_NAMES.keys() - {"story"}
        ]

    assert not found


def test_a_word_of_the_past_is_found_in_names_and_in_prose() -> None:
    sample = 'def release_lapsed(told):\n    """Mend the stray."""\n    holds = told  # by slip\n'
    tree = ast.parse(sample)

    assert {word for word, _given in refused_names("inventory/x.py", tree)} == {"lapsed", "told", "holds"}
    assert {word for word, _given in refused_names("orders/fulfilment/x.py", tree)} == {"lapsed", "told"}
    assert [word for prose in prose_of(sample) for word in WORDS.findall(prose)] == ["Mend", "stray", "slip"]
