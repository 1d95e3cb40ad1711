"""No cycles of imports between modules, nor between sibling packages: each can be read without those above it.

Imports inside functions count: they hide a cycle from Python, not from the reader. Left out are imports for type
hints alone, tests, migrations, and `apps.py`, which nothing imports and whose `ready()` connects the packages.
"""

import ast
import importlib
import sys
from collections.abc import Iterable, Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Final

import grimp
import pytest
from celery import current_app
from django.utils.module_loading import autodiscover_modules

from .test_house_rules import APPS, name, sources

Import = tuple[str, str]

# Imports that close a cycle today, (importer, imported): what would break it. There is none; keep it so.
KNOWN: Final[dict[Import, str]] = {}


def imports_of(*packages: str) -> set[Import]:
    """Return every import between modules of `packages`, as (importer, imported)."""
    graph = grimp.build_graph(*packages, exclude_type_checking_imports=True, cache_dir=None)
    aside = {"tests", "migrations", "apps"}
    return {
        (module, imported)
        for module in graph.modules
        if not aside & set(module.split("."))
        for imported in graph.find_modules_directly_imported_by(module)
        if not aside & set(imported.split("."))
    }


def circles(imports: Iterable[Import]) -> Iterator[list[str]]:
    """Yield a cycle of modules, if there is one, and one of each package's children (modules and packages)."""
    levels: dict[str, set[Import]] = {"": set(imports)}
    for importer, imported in levels[""]:
        ours, theirs = importer.split("."), imported.split(".")
        for depth in range(1, min(len(ours), len(theirs))):
            if ours[:depth] == theirs[:depth] and ours[depth] != theirs[depth]:
                package = ".".join(ours[:depth])
                levels.setdefault(package, set()).add(
                    (f"{package}.{ours[depth]}", f"{package}.{theirs[depth]}")
                )
    for _package, edges in sorted(levels.items()):
        sorter: TopologicalSorter[str] = TopologicalSorter()
        for importer, imported in sorted(edges):
            sorter.add(importer, imported)
        try:
            sorter.prepare()
        except CycleError as error:
            yield error.args[1][::-1]


@pytest.fixture(scope="module")
def imports() -> set[Import]:
    return imports_of(*APPS)


def test_no_circles_of_modules_or_rooms(imports: set[Import]) -> None:
    """Each is printed as a chain of imports. Move the lower part of one of them down; do not hide the import."""
    found = [" → ".join(circle) for circle in circles(imports - KNOWN.keys())]
    assert not found, "\n".join(found)


def test_each_known_circle_is_still_there(imports: set[Import]) -> None:
    """An exception that nothing needs any more would allow the next cycle: take it out of KNOWN."""
    guarded = imports - KNOWN.keys()
    needless = [known for known in KNOWN if known not in imports or not list(circles(guarded | {known}))]
    assert not needless


def test_a_circle_through_a_function_is_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A control: two packages, one import within a function, one for type hints alone."""
    for path, text in {
        "__init__.py": "",
        "low/__init__.py": "",
        "low/rows.py": "def act():\n    from round_house.high import calls\n    return calls\n",
        "low/hints.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    from round_house.high import only\n",
        "high/__init__.py": "",
        "high/calls.py": "from round_house.low import other\n",
        "high/only.py": "from round_house.low import hints\n",
        "low/other.py": "",
    }.items():
        file = tmp_path / "round_house" / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    monkeypatch.syspath_prepend(tmp_path)
    importlib.invalidate_caches()
    found = imports_of("round_house")
    sys.modules.pop("round_house", None)

    assert [set(circle) for circle in circles(found)] == [{"round_house.low", "round_house.high"}]
    assert not list(circles(found - {("round_house.low.rows", "round_house.high.calls")}))


def test_every_task_woken_by_name_is_declared() -> None:
    """`dispatch` takes a name, so that no domain module imports `tasks`: a misspelt one would fail only at run time."""
    autodiscover_modules("tasks")
    named: dict[str, str] = {}
    for path in sources(tests=False):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call):
                continue
            call = [ast.unparse(part) for part in (node.func, *node.args)]
            if call[0] == "partial" and call[1:2] == ["dispatch"]:
                call = call[1:]
            if call[0] != "dispatch" or "sandbox" in path.parts:
                continue
            named[f"{name(path)}:{node.lineno}"] = call[1].strip("'\"")
    assert len(named) > 10
    unknown = {place: task for place, task in named.items() if task not in current_app.tasks}
    assert not unknown


def test_no_module_below_tasks_imports_them(imports: set[Import]) -> None:
    """Commands and the demo run a job themselves; all other modules enqueue it by its name."""
    wrong = {
        (importer, imported)
        for importer, imported in imports
        if imported.endswith(".tasks")
        and ".management.commands." not in importer
        and "shop.demo." not in importer
    }
    assert not wrong
