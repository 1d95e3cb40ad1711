"""Rules of the stock check about what happens after the sale: they compare rows that only changes by hand set apart."""

from collections.abc import Callable, Iterator
from typing import Final

from django.utils.translation import gettext_noop as _

from inventory.checks.runner import SHOP, Rule, Violation
from inventory.rule_messages import Part

BY_HAND: Final = _(
    "It should be %(expected)s, the rows say %(found)s. They were changed by hand. Nothing is repaired by itself: find "
    "out what really came and was paid."
)


def by_hand(code: str, name: str, about: str, sql: str, **answers: str) -> Rule:
    """Return a rule whose violations say what should be there and what is; for `runner.register`.

    `name` and `answers` are msgids, the latter by the keys that `sql` returns (see `Rule`).
    """
    return Rule(code, name, about, sql, {code: BY_HAND}, _explain(code), SHOP, answers)


def _explain(key: str) -> Callable[[Violation], Iterator[Part]]:
    def explain(violation: Violation) -> Iterator[Part]:
        yield key, {"expected": violation.expected, "found": violation.found}

    return explain
