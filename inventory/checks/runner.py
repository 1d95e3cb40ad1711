"""What must always be true of the stock, re-checked while the shop runs.

Constraints and triggers make most of it impossible; this finds what a hand in the database, a restored dump or our own
mistake did all the same. Each rule is one statement, hence one snapshot: a sale that goes on meanwhile is seen whole or
not at all. Nothing is locked and nothing is repaired: a person decides (`inventory/checks/repairs.py`).

Apps above this one know more that must be true (every paid line has its sale). They say so with `register` when they
are loaded, so that no import points upwards.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now

from inventory.checks import messages
from inventory.checks.messages import Part
from inventory.models import StockCheck, StockLevel, StockViolation

# Rules about the stock's rows alone, and rules which also ask the rows of other apps.
STOCK, SHOP = "stock", "shop"


@dataclass(frozen=True)
class Violation:
    """One thing that is not true: which rule, about which row, what was expected and what was found.

    `rule` is its name in English, `code` what rows keep of it. `level_id` is the stock level it is about, when it is
    about one; `told` says what it means and where to look, as keys of words and figures (`inventory.checks.messages`).
    """

    rule: str
    subject_type: str
    subject_id: UUID | int
    expected: str
    found: str
    level_id: UUID | None = None
    code: str = ""
    told: tuple[Part, ...] = ()

    @property
    def explanation(self) -> str:
        """Return in English what it means: the logs' words."""
        return messages.in_english(self.told)

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject_type} {self.subject_id}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True)
class Rule:
    """A rule as a query for what breaks it: rows of (key, expected, found, level's key or NULL).

    `code` names it in rows and never changes; `name` is a msgid. `sql` may also be a function that returns the query;
    an empty one finds nothing. `explain` says which of the rule's `words` (msgids by key) explain a violation, with
    their figures, and may ask further queries: it is called only when something is wrong. Without it all are said.
    `answers` are the msgids of what the query expects or finds that is more than a figure. `about` is the model of the
    key; `scope` says whether the rule needs more than the stock's own rows.
    """

    code: str
    name: str
    about: str
    sql: str | Callable[[], str]
    words: Mapping[str, str] = field(default_factory=dict)
    explain: Callable[[Violation], Iterable[Part]] | None = None
    scope: str = STOCK
    answers: Sequence[str] = ()


_rules: dict[str, Rule] = {}


def register(*rules: Rule) -> None:
    """Add rules to the check, with their words; one of the same code replaces the former."""
    for rule in rules:
        _rules[rule.code] = rule
        messages.add(rule.code, rule.name, rule.words, rule.answers)


def rules(scope: str = "") -> list[Rule]:
    """Return the rules of a scope (every rule, unless given), in the order in which they were registered."""
    return [rule for rule in _rules.values() if not scope or rule.scope == scope]


def check(*, scope: str = STOCK, limit: int = 100) -> list[Violation]:
    """Return what is not as it must be, at most `limit` violations of each rule; an empty list is good news.

    The scope STOCK asks the stock's own rows alone; an empty one asks also what ties them to the rest of the shop.
    """
    return [violation for rule in rules(scope) for violation in _broken(rule, limit)]


def run(*, actor: str) -> StockCheck:
    """Check everything and keep what was found: a `StockCheck` row with one row for each violation.

    The check's row is written before it begins, so that one that died is seen as unfinished.
    """
    kept = StockCheck.objects.create(rule_count=len(_rules), actor=actor[:150])
    found = check(scope="")
    with transaction.atomic():
        keys = {violation.level_id for violation in found if violation.level_id}
        known: dict[UUID | None, StockLevel] = {**StockLevel.objects.in_bulk(keys)}
        StockViolation.objects.bulk_create(
            StockViolation(
                stock_check=kept, code=violation.code, rule=violation.rule[:120], subject_type=violation.subject_type,
                subject_id=str(violation.subject_id), level=known.get(violation.level_id),
                expected=violation.expected[:200], found=violation.found[:200], told=violation.told,
            )
            for violation in found
        )  # fmt: skip
        StockCheck.objects.filter(pk=kept.pk).update(finished_at=Now(), violation_count=len(found))
    kept.refresh_from_db()
    return kept


def _broken(rule: Rule, limit: int) -> Iterator[Violation]:
    sql = rule.sql if isinstance(rule.sql, str) else rule.sql()
    if not sql:
        return
    with connection.cursor() as cursor:
        # The query is a rule's own text, never a visitor's.
        cursor.execute(f"SELECT * FROM ({sql}) AS broken ORDER BY 1 LIMIT %s", [limit])  # noqa: S608
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    for key, expected, found, level_id in rows:
        plain = Violation(rule.name, rule.about, key, str(expected), str(found), level_id, rule.code)
        told = rule.explain(plain) if rule.explain else ((key, {}) for key in rule.words)
        yield replace(plain, told=tuple(told))
