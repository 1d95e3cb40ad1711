"""Every row of docs/providers/README.md#edge-cases has a test by its number, so that none can be dropped."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest
from django.conf import settings

HERE = Path(__file__).parent
TABLE = settings.BASE_DIR / "docs" / "providers" / "README.md"
ROWS = {
    int(number): case
    for number, case in re.findall(
        r"^\| (\d+) \| ([^|]+) \|", TABLE.read_text().split("## Edge cases")[1], re.MULTILINE
    )
}


def rows_tested() -> dict[int, list[ast.FunctionDef]]:
    """Return the test functions of this folder by the row in their name."""
    found: dict[int, list[ast.FunctionDef]] = defaultdict(list)
    for path in HERE.glob("test_*.py"):
        for node in ast.parse(path.read_text()).body:
            if isinstance(node, ast.FunctionDef) and (match := re.match(r"test_row_(\d\d)_\w+", node.name)):
                found[int(match[1])].append(node)
    return found


def test_every_row_is_tested_by_name_and_no_other():
    assert sorted(rows_tested()) == sorted(ROWS)


@pytest.mark.parametrize("row", ROWS)
def test_every_row_is_tried_with_every_provider_through_the_shops_own_doors(row: int):
    """At least one test of the row runs for every gateway, through the endpoint and the worker."""
    tests = rows_tested()[row]
    for_all = [test for test in tests if any(ast.unparse(one) == "every" for one in test.decorator_list)]
    assert for_all, ROWS[row]
    assert all("shop" in {argument.arg for argument in test.args.args} for test in for_all), ROWS[row]
    entrances = {"shop.deliver", "shop.bring", "shop.post", "shop.job", "shop.quiet", "shop.keep_at"}
    used = {
        ast.unparse(node) for test in for_all for node in ast.walk(test) if isinstance(node, ast.Attribute)
    }
    assert used & entrances, ROWS[row]
