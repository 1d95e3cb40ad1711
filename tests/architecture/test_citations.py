"""What the code and the documents cite can be read: in the repository, or at a public address.

A citation of a paper outside the repository cannot be followed by its readers. Facts about payment providers are
in docs/providers/ with their public source; a paragraph sign belongs to a named public text.
"""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from payments.gateways import GATEWAYS

ROOT = Path(__file__).resolve().parents[2]
PAGES = ROOT / "docs" / "providers"
FOLDERS = (
    "benchmarks",
    "catalog",
    "docs",
    "inventory",
    "orders",
    "payments",
    "shop",
    "static",
    "templates",
    "tests",
)
KINDS = {".py", ".sql", ".html", ".txt", ".md", ".toml", ".in", ".js", ".css"}
URL = re.compile(r"https?://[^\s<>\"'`)\]}|]+")
PAGE = re.compile(r"(?<![\w/.-])((?:[\w.-]+/)*[\w.-]+\.md)(?:#([\w-]+))?")
# Public texts that number their paragraphs, as they are named before the sign.
NUMBERED = re.compile(r"(?:RFC \d+|GS1 General Specifications)\s+§")
# A word in capitals as the name of a paper: `PAPER §4`, `PAPER row 7`, `(PAPER: the rules)`.
PAPER = re.compile(r"\b[A-Z]{4,}(?:,? §|,? rows? \d|: concurrency)|\(§")
# A numbered paragraph of such a paper without a sign, and a folder beside the repository that is no page of ours.
OUTSIDE = re.compile(r"\b[A-Z]{5,} \d+[a-z]\.\d|(?<![\w.])\.\./[a-z]+/[\w.-]*(?<!\.md)(?=[\s,;]|$)")


def texts() -> Iterator[Path]:
    """Yield every file of ours that people read, without what is generated, fetched or recorded."""
    found = [
        path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.suffix in KINDS
    ]
    found += [
        path
        for path in sorted(ROOT.iterdir())
        if path.suffix in KINDS or path.name in {"Makefile", ".env.example"}
    ]
    for path in found:
        parts = path.relative_to(ROOT).parts
        if (
            not {"node_modules", "vendor", "__pycache__", "specs"} & set(parts)
            and path != Path(__file__).resolve()
        ):
            yield path


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def words_for_people(path: Path) -> str:
    """Return what a file says to its reader: of Python the comments and docstrings, of all others everything."""
    source = text_of(path)
    if path.suffix != ".py":
        return source
    comments = (
        one.string
        for one in tokenize.generate_tokens(io.StringIO(source).readline)
        if one.type == tokenize.COMMENT
    )
    kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
    strings = (
        ast.get_docstring(node) or "" for node in ast.walk(ast.parse(source)) if isinstance(node, kinds)
    )
    return "\n".join([*comments, *strings])


def foreign(text: str) -> list[str]:
    """Return the citations of a text that lead out of the repository and to no public address."""
    alone = text.count("§") - len(NUMBERED.findall(text))
    return (
        [found[0] for found in PAPER.finditer(text)]
        + [found[0] for found in OUTSIDE.finditer(text)]
        + ["§"] * alone
    )


@cache
def anchors(page: Path) -> set[str]:
    """Return the addresses of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


def dead(path: Path) -> list[str]:
    """Return the pages and headings named in a file that do not exist.

    A page is named from the repository's root, from docs/, or from the file's own folder.
    """
    if ".md" not in text_of(path):
        return []
    text = URL.sub("", words_for_people(path))
    if (
        path.suffix == ".py"
    ):  # What programs print names pages, too; other names in their texts may be anything.
        text = "\n".join([text, *re.findall(r"docs/[\w./#-]+", text_of(path))])
    wrong = []
    for page, anchor in PAGE.findall(text):
        at = next(
            (there for base in (ROOT, ROOT / "docs", path.parent) if (there := base / page).is_file()), None
        )
        if at is None or (anchor and anchor not in anchors(at.resolve())):
            wrong.append(f"{page}#{anchor}" if anchor else page)
    return wrong


@pytest.fixture(scope="module")
def everything() -> list[Path]:
    return list(texts())


def test_nothing_is_cited_that_the_reader_cannot_have(everything: list[Path]):
    assert len(everything) > 500
    suspects = [
        path for path in everything if foreign(text_of(path))
    ]  # Tokenizing a file is what takes time here.
    assert not {name(path): found for path in suspects if (found := foreign(words_for_people(path)))}


@pytest.mark.parametrize(
    "text",
    [
        "late money (PAPER §4.5)",
        "PAPERS §1a: unknown",
        "# §0.4: never raises",
        "frozen (PAPER row 12)",
        "(PAPER rows 9, 13)",
        "(DURABLE_RESERVATIONS, PAPER: concurrency rules)",
        "see ../papers/plan",
        "PAPER 2a.3",
        "PAPER §6, OTHER §4",
    ],
)
def test_the_rule_sees_a_citation_of_a_paper(text: str):
    assert foreign(text)


@pytest.mark.parametrize(
    "text",
    [
        "RFC 5321\n§4.1",
        "GS1 General Specifications §7.9.1",
        "SHA256: row 2 of the file",
        "the SEEDS",
        "[locks](../docs/locking.md)",
    ],
)
def test_and_leaves_public_ones_alone(text: str):
    assert not foreign(text)


def test_every_page_and_heading_that_is_named_exists(everything: list[Path]):
    assert not {name(path): found for path in everything if (found := dead(path))}


# -- The providers' pages -------------------------------------------------------------------------------------------


def sources(page: Path) -> dict[str, tuple[str, str]]:
    """Return address and day of reading by short name, from the table at the top of a provider's page."""
    rows = re.findall(
        r"^\| ([^|]+) \| (https://\S+) \| (\S+) \|$", page.read_text(encoding="utf-8"), re.MULTILINE
    )
    return {short: (url, day) for short, url, day in rows}


@pytest.mark.parametrize("code", sorted(GATEWAYS))
def test_a_providers_page_names_its_sources_and_says_when_they_were_read(code: str):
    page = PAGES / f"{code}.md"
    known = sources(page)
    assert known
    assert all(re.fullmatch(r"20\d\d-\d\d-\d\d", day) for _url, day in known.values())
    named = {
        " ".join(part.split(";")[0].split(":")[0].split())
        for found in re.findall(
            r"\[([^\]]+)\](?!\()", re.sub(r"`[^`]*`", "", page.read_text(encoding="utf-8"))
        )
        for part in found.split(",")
    }
    assert named - {"unverified"} <= set(known)
    assert {"idempotency", "refunds", "notifications", "unverified"} <= anchors(page)


def test_every_address_that_a_gateway_gives_is_on_the_providers_pages():
    data = "\n".join(page.read_text(encoding="utf-8") for page in PAGES.glob("*.md"))
    code = (
        path
        for folder in ("gateways", "provider_settings")
        for path in (ROOT / "payments" / folder).rglob("*.py")
    )
    found = {
        (name(path), url.rstrip(".,:;"))
        for path in code
        if "tests" not in path.parts
        for url in URL.findall(path.read_text(encoding="utf-8"))
        if "{" not in url
    }
    assert len({url for _path, url in found}) > 10
    assert not {(path, url) for path, url in found if url not in data}


def test_the_settings_and_names_on_the_providers_pages_are_the_codes_own():
    code = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "payments").rglob("*.py"))
    code += (ROOT / ".env.example").read_text(encoding="utf-8")
    known = set(re.findall(r"\b[A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+\b", code))
    for page in PAGES.glob("*.md"):
        named = set(re.findall(r"`([A-Z][A-Z0-9]+(?:_[A-Z0-9]+)+)\b", page.read_text(encoding="utf-8")))
        assert named <= known, page.name
