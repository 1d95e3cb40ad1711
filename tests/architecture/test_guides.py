"""The guides match the repository: the files they name, the commands, the words on the screen."""

import re
import runpy
from functools import cache
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parents[2]
GUIDES = (
    "CONTRIBUTING.md",
    "docs/architecture.md",
    "docs/adding-a-carrier.md",
    "docs/adding-a-country.md",
    "docs/adding-a-gateway.md",
)
TO_COME = "(to come)"
SHEET = ROOT / "docs" / "glossary.md"
PATH = re.compile(
    r"`((?:[\w.-]+/)+[\w.-]*|[\w.-]+\.(?:py|md|toml|html|sql|in))(?:: [^`]*)?`(\s*\(to come\))?"
)


def read(page: str) -> str:
    return (ROOT / page).read_text(encoding="utf-8")


def paths(text: str) -> list[tuple[str, bool]]:
    """Return the files and folders named in a guide, each with whether it is marked "to come"."""
    return [(path, bool(mark)) for path, mark in PATH.findall(text)]


@pytest.mark.parametrize("page", [guide for guide in GUIDES if guide != "docs/adding-a-gateway.md"])
def test_a_guide_names_files_that_are_there_and_says_which_are_to_come(page: str):
    named = paths(read(page))
    assert named
    wrong = [path for path, is_to_come in named if (ROOT / path).exists() is is_to_come and "/" in path]
    assert not wrong, "missing, or there although the guide calls it to come"


@pytest.mark.parametrize("page", [guide for guide in GUIDES if guide != "docs/adding-a-gateway.md"])
def test_a_name_that_a_guide_finds_in_a_file_is_there(page: str):
    """`NAME` in `file`, and `file`: … (`NAME`) within one item of a list."""
    text = read(page)
    found = [(path, word) for word, path in re.findall(r"`([A-Za-z_]+)` in\s+`([\w./-]+\.py)`", text)]
    for item in re.split(r"\n(?=\s*(?:\*|\d+\.) |\n)", text):
        if len(files := re.findall(r"`([\w./-]+\.py)`", item)) == 1:
            found += [(files[0], word) for word in re.findall(r"\(`([A-Z_]{4,})`\)", item)]
    assert not [(path, word) for path, word in found if not re.search(rf"\b{word}\b", read(path))]


def test_the_rule_sees_a_file_that_is_gone():
    named = dict(
        paths(
            "`orders/gone.py`, `orders/shipping/carriers/` (to come), `shop/core/configuration/env.py: Env`, `<app>/x.py`"
        )
    )
    assert named == {
        "orders/gone.py": False,
        "orders/shipping/carriers/": True,
        "shop/core/configuration/env.py": False,
    }


@pytest.mark.parametrize("page", ["CONTRIBUTING.md", "README.md", "docs/testing.md"])
def test_the_commands_named_are_those_of_the_makefile(page: str):
    targets = set(re.findall(r"^([a-z-]+):", read("Makefile"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", read(page), re.MULTILINE))
    assert named
    assert named <= targets


def test_contributing_lists_what_check_runs_in_its_order():
    steps = runpy.run_path(str(ROOT / ".ci" / "check.py"))["STEPS"]
    rows = re.findall(r"^\| \w+ \| `make ([a-z-]+)`", read("CONTRIBUTING.md"), re.MULTILINE)
    asked = {"format-check": "format"}
    assert rows == [asked.get(target, target) for _title, target in steps]


def test_the_one_test_that_contributing_runs_exists():
    (found,) = re.findall(r"pytest -n 0 (\S+)::(\w+)", read("CONTRIBUTING.md"))
    assert f"def {found[1]}(" in read(found[0])


@cache
def spanish() -> str:
    """Return all that pages may say in Spanish, in small letters."""
    with (ROOT / "locale" / "es" / "LC_MESSAGES" / "django.po").open("rb") as file:
        catalogue = read_po(file)
    words: list[str] = []
    for entry in catalogue:
        words += [entry.string] if isinstance(entry.string, str) else entry.string
    return "\n".join(words).lower()


def terms() -> list[tuple[str, str]]:
    """Return each term of the glossary with the Spanish word on the screen."""
    rows = re.findall(r"^\| ([^|]+) \| [^|]+ \| ([^|]+) \|$", SHEET.read_text(encoding="utf-8"), re.MULTILINE)
    return [(term, word) for term, word in rows if term not in {"term", "---"}]


def test_the_glossary_tells_each_term_once_and_the_word_that_people_read():
    rows = terms()
    assert len(rows) > 60
    names = [term for term, _word in rows]
    assert len(names) == len(set(names))
    assert not [(term, word) for term, word in rows if word != "—" and word.lower() not in spanish()]
