"""The table itself: every row of the providers' edge cases has a test by its name, so that none can vanish."""

import ast
import re
from collections import defaultdict
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROWS = {
    1: "webhook before the redirect",
    2: "redirect before the webhook",
    3: "webhook before our row is committed",
    4: "handler and return page at once",
    5: "late approval after the local expiry",
    6: "two payments for one purchase",
    7: "a notification hours later",
    8: "amount or currency mismatch",
    9: "payment of another seller, app or mode",
    10: "notification for a payment not yet readable",
    11: "provider down while creating the checkout",
    12: "time-out on the refund",
    13: "refund or chargeback in the provider's panel",
    14: "refund fails later",
    15: "cart changed after the redirect",
    16: "test webhook hits production, or the reverse",
    17: "rejected card: the shopper never returns",
    18: "webhook flood, slow handler",
    19: "secret rotation",
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
    """At least one test of the row is made for every gateway, and goes through the endpoint and the worker."""
    tests = rows_tested()[row]
    for_all = [test for test in tests if any(ast.unparse(one) == "every" for one in test.decorator_list)]
    assert for_all, ROWS[row]
    assert all("shop" in {argument.arg for argument in test.args.args} for test in for_all), ROWS[row]
    doors = {"shop.told", "shop.bring", "shop.post", "shop.job", "shop.quiet", "shop.keep_at"}
    used = {
        ast.unparse(node) for test in for_all for node in ast.walk(test) if isinstance(node, ast.Attribute)
    }
    assert used & doors, ROWS[row]
