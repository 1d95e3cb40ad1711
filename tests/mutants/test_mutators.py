"""The mutators make valid code that differs, in the lines they say; drawing is repeatable; verdicts survive a kill."""

import ast

import pytest

from tests.mutants.drawing import drawn
from tests.mutants.judging import Verdict
from tests.mutants.knowledge import Knowledge
from tests.mutants.mutators import mutants_of
from tests.mutants.patching import CannotPatch, _functions, _tables
from tests.mutants.session import ROOT
from tests.mutants.state import State, equivalents, figures, share
from tests.mutants.targets import CORE, files_of

SOURCE = '''"""A module."""
import logging
from datetime import timedelta
log = logging.getLogger(__name__)
STATES = {"paid": "approved", "new": "pending"}
PAUSE = timedelta(hours=6)

def due(rows, now, *, limit=100):
    """Say which: not `<` but words."""
    log.info("looked at %d", len(rows) + 1)
    found = [row for row in rows if row.at <= now and not row.done]
    for row in found:
        if row.tries > 9:
            raise ValueError("ñandú")
        row.tries += 1
        row.state = "given" if row.ok else "left"
        row.save(force=True, fields=["tries", "state"])
    try:
        rows.filter(pk=1).update(done=True)
    except KeyError:
        return None
    return sorted(found)[:limit]

def asked(cursor):
    cursor.execute("SELECT 1 FROM t WHERE a < 1 AND b = 2 FOR UPDATE SKIP LOCKED")
'''


def made(kind: str, path: str = "a.py", source: str = SOURCE) -> set[tuple[str, str]]:
    return {(one.before, one.after.strip()) for one in mutants_of(path, source) if one.kind == kind}


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("comparison", ("<=", "<")),
        ("comparison", (">", "<=")),
        ("and or", ("and", "or")),
        ("not removed", ("not row.done", "(row.done)")),
        ("constant", ("9", "10")),
        ("constant", ("True", "False")),
        ("constant", ("6", "7")),
        ("guard never", ("row.tries > 9", "(False)")),
        ("statement removed", ("row.tries += 1", "pass")),
        ("statement removed", ('raise ValueError("ñandú")', "pass")),
        ("return changed", ("sorted(found)[:limit]", "None")),
        ("exception type", ("KeyError", "ZeroDivisionError")),
        ("choice turned", ("row.ok", "(not (row.ok))")),
        ("argument dropped", ("force=True,", "")),
        ("argument dropped", (', fields=["tries", "state"]', "")),
        ("call removed", (".filter(pk=1)", "")),
        ("call swapped", ("filter", "exclude")),
        ("entry removed", ('"paid": "approved",', "")),
        ("entry removed", (', "new": "pending"', "")),
    ],
)
def test_each_kind_of_change_is_made(kind: str, change: tuple[str, str]):
    assert change in made(kind)


def test_words_for_people_are_left_alone():
    assert not [one for one in mutants_of("a.py", SOURCE) if one.line in {1, 2, 4, 9, 10}]


def test_of_a_table_with_another_within_only_its_own_entries_are_removed():
    source = "A = {'a': 1, **B}\nC = {'a': 1, 'b': 2, **B}\n"
    assert sorted(made("entry removed", source=source)) == [
        ("'a': 1,", ""),
        (", 'b': 2", ""),
    ]


def test_sql_is_changed_in_files_and_in_strings_and_not_in_comments():
    text = "-- a < b AND c\nSELECT x FROM t\n WHERE a < b\n   AND c.d = 1\n ORDER BY a DESC\n"
    changed = {one.applied(text) for one in mutants_of("a.sql", text)}
    assert {
        text.replace(" WHERE a < b", " WHERE a <= b"),
        text.replace("   AND c", "   OR c"),
        text.replace("AND c.d = 1", ""),
        text.replace(" DESC", ""),
    } == changed
    assert {"sql comparison", "sql and", "sql lock removed"} <= {
        one.kind for one in mutants_of("a.py", SOURCE)
    }


@pytest.mark.parametrize("path", ["payments/settlement/settle.py", "inventory/sql/validate_source.sql"])
def test_every_mutant_of_real_code_is_valid_differs_and_has_a_key_of_its_own(path: str):
    source = (ROOT / path).read_text()
    mutants = mutants_of(path, source)
    assert len(mutants) > 10
    assert len({one.key for one in mutants}) == len({one.applied(source) for one in mutants}) == len(mutants)
    for one in mutants:
        text = one.applied(source)
        assert text != source
        assert len(text.splitlines()) == len(source.splitlines())
        if path.endswith(".py"):
            ast.parse(text)


def test_a_key_outlives_lines_that_move():
    moved = "\n\n" + SOURCE
    assert {one.key for one in mutants_of("a.py", SOURCE)} == {one.key for one in mutants_of("a.py", moved)}


def test_every_module_of_the_core_has_its_files():
    assert all(files_of(ROOT, []).values())
    assert files_of(ROOT, ["settle"]) == {"settle": ["payments/settlement/settle.py"]}
    assert files_of(ROOT, ["orders/cart/messages.py"]) == {
        "orders/cart/messages.py": ["orders/cart/messages.py"]
    }
    assert len(CORE) >= 23
    with pytest.raises(KeyError):
        files_of(ROOT, ["no_such_thing"])


def test_a_seed_draws_the_same_again_and_every_kind_before_one_comes_twice():
    mutants = mutants_of("a.py", SOURCE)
    kinds = {one.kind for one in mutants}
    first = drawn(mutants, len(kinds), "7 a")
    assert first == drawn(list(reversed(mutants)), len(kinds), "7 a")
    assert first != drawn(mutants, len(kinds), "8 a")
    assert {one.kind for one in first} == kinds
    assert len(drawn(mutants, 10_000, "7 a")) == len(mutants)


def test_a_run_goes_on_where_it_was_killed(tmp_path):
    first, second, third, *_rest = mutants_of("a.py", SOURCE)
    place = tmp_path / "state.jsonl"
    state = State(place)
    state.keep(first, SOURCE, Verdict("survived", asked=3), 1.0)
    state.keep(second, SOURCE, Verdict("killed", "test_x", asked=1), 1.0)
    with place.open("a") as file:
        file.write('{"key": "half a li')

    again = State(place)
    assert again.of(third, SOURCE) is None
    assert again.of(second, SOURCE + "# changed") is None
    rows = [again.of(first, SOURCE), again.of(second, SOURCE)]
    assert figures(rows, set()) == {"killed": 1, "survived": 1, "unreached": 0, "equivalent": 0}
    assert share(figures(rows, set())) == 50.0

    equal = equivalents(f"| mutant | why |\n|---|---|\n| `{first.key}` | the same by another way |\n")
    assert figures(rows, equal) == {"killed": 1, "survived": 0, "unreached": 0, "equivalent": 1}
    again.keep(first, SOURCE, Verdict("killed", "test_y", asked=1), 1.0)
    assert figures([State(place).of(first, SOURCE)], equal)["killed"] == 1


def test_who_runs_the_line_is_asked_by_room_name_and_cost_and_processes_last(tmp_path):
    known = Knowledge()
    lines = {
        12: [
            "orders/tests/test_x.py::far",
            "payments/tests/test_a.py::near",
            "payments/tests/test_b.py::dear",
            "payments/tests/test_a.py::broken",
        ]
    }
    seconds = {
        "orders/tests/test_x.py::far": 0.1,
        "payments/tests/test_b.py::dear": 0.2,
        "payments/tests/test_a.py::near": 3.0,
    }
    results = [[name, "passed", took, False] for name, took in seconds.items()]
    results += [
        ["payments/tests/test_a.py::broken", "failed", 1.0, False],
        ["tests/races/test_r.py::kills", "passed", 9.0, True],
        ["payments/tests/test_a.py::elsewhere", "passed", 0.1, False],
    ]
    known.add({"results": results, "lines": {"payments/a.py": lines}})
    known.write(tmp_path / "known.json")
    known = Knowledge.read(tmp_path / "known.json")
    (mutant,) = [
        one for one in mutants_of("payments/a.py", SOURCE) if one.line == 13 and one.kind == "guard never"
    ]
    asked = [
        "payments/tests/test_a.py::near",
        "payments/tests/test_b.py::dear",
        "orders/tests/test_x.py::far",
        "tests/races/test_r.py::kills",
    ]
    # Line 13 was never measured: who ran the rest of its function is asked.
    assert known.judges(mutant, {"payments/a.py": SOURCE}) == asked


def test_a_mutant_reaches_functions_and_tables_that_others_have_imported(tmp_path, monkeypatch):
    source = "LIMITS = {'a': 1, 'b': 2}\nMOST = 3\n\ndef within(n):\n    return n < MOST\n"
    (tmp_path / "some_rules.py").write_text(source)
    monkeypatch.syspath_prepend(tmp_path)
    import some_rules  # type: ignore[import-not-found]

    within, limits = some_rules.within, some_rules.LIMITS
    changed = source.replace("<", "<=").replace(", 'b': 2", "").replace("MOST = 3", "MOST = 4")
    assert not within(4)
    assert _functions(str(tmp_path / "some_rules.py"), changed) == 1
    assert _tables(some_rules, source, changed) == 2
    assert within(4)
    assert limits == {"a": 1}


def test_what_nobody_has_imported_is_told(tmp_path):
    from tests.mutants import patching

    with pytest.raises(CannotPatch):
        patching.apply(tmp_path, "nowhere.py", "A = 1\n", "A = 2\n")
