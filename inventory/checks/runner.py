"""What must always be true of the stock, re-checked while the shop runs.

Constraints and triggers make most of it impossible; this finds what manual changes in the database, a restored dump or
a defect did all the same. Each rule is one statement, hence one snapshot: a concurrent sale is seen whole or not at
all. Nothing is locked and nothing is repaired: a person decides (`inventory/checks/repairs.py`).

Apps above this one have rules of their own (every paid line has its sale). They `register` them when they are loaded,
so that no import points upwards.
"""

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.db.models.functions import Now
from django.utils import translation

from inventory import rule_messages
from inventory.models import StockCheck, StockLevel, StockViolation
from inventory.rule_messages import Part

# Rules about the stock's rows alone, and rules which also ask the rows of other apps.
STOCK, SHOP = "stock", "shop"


@dataclass(frozen=True)
class Violation:
    """One broken rule: which rule, about which row, what was expected and what was found.

    `rule` is its name in English, `code` what rows keep of it. `expected` and `found` are in English as well; `answers`
    has those of the two that are more than a figure, as keys of words and figures. `level_id` is the stock level it is
    about, when it is about one; `told` says what it means and where to look, as keys of words and figures
    (`inventory.rule_messages`).
    """

    rule: str
    subject_type: str
    subject_id: UUID | int
    expected: str
    found: str
    level_id: UUID | None = None
    code: str = ""
    answers: Mapping[str, Part] = field(default_factory=dict)
    facts: tuple[Part, ...] = ()

    @property
    def explanation(self) -> str:
        """Return the explanation in English, for the logs."""
        return rule_messages.in_english(self.code, self.facts)

    def __str__(self) -> str:
        return f"{self.rule}: {self.subject_type} {self.subject_id}: expected {self.expected}, found {self.found}"


@dataclass(frozen=True)
class Rule:
    """A rule as a query for what breaks it: rows of (key, expected, found, level's key or NULL).

    What is expected and found is a figure, or JSON `[key, {name: figure}]`: a key of `answers`, whose msgid takes those
    figures.
    `code` names it in rows and never changes; `name` is a msgid. `sql` may also be a function that returns the query;
    an empty one finds nothing. `explain` says which of the rule's `words` (msgids by key) explain a violation, with
    their figures, and may ask further queries: it is called only when something is wrong. Without it all are said.
    `about` is the model of the
    key; `scope` says whether the rule needs more than the stock's own rows.
    """

    code: str
    name: str
    about: str
    sql: str | Callable[[], str]
    words: Mapping[str, str] = field(default_factory=dict)
    explain: Callable[[Violation], Iterable[Part]] | None = None
    scope: str = STOCK
    answers: Mapping[str, str] = field(default_factory=dict)


_rules: dict[str, Rule] = {}


def register(*rules: Rule) -> None:
    """Add rules to the check, with their words; one of the same code replaces the former."""
    for rule in rules:
        _rules[rule.code] = rule
        rule_messages.add(rule.code, rule.name, rule.words, rule.answers)


def rules(scope: str = "") -> list[Rule]:
    """Return the rules of a scope (every rule, unless given), in the order in which they were registered."""
    return [rule for rule in _rules.values() if not scope or rule.scope == scope]


def check(*, scope: str = STOCK, limit: int = 100) -> list[Violation]:
    """Return what is not as it must be, at most `limit` violations of each rule; empty when nothing is wrong.

    The scope STOCK asks the stock's own rows alone; an empty one asks also what ties them to the rest of the shop.
    """
    return [violation for rule in rules(scope) for violation in _broken(rule, limit)]


def run(*, actor: str) -> StockCheck:
    """Check everything and keep what was found: a `StockCheck` row with one row for each violation.

    The check's row is written before it begins, so that a check whose process died is seen as unfinished.
    """
    kept = StockCheck.objects.create(rule_count=len(_rules), actor=actor[:150])
    found = check(scope="")
    with transaction.atomic():
        keys = {violation.level_id for violation in found if violation.level_id}
        known: dict[UUID | None, StockLevel] = {**StockLevel.objects.in_bulk(keys)}
        StockViolation.objects.bulk_create(
            StockViolation(
                stock_check=kept,
                code=violation.code,
                rule=violation.rule[:120],
                subject_type=violation.subject_type,
                subject_id=str(violation.subject_id),
                level=known.get(violation.level_id),
                expected=violation.expected[:200],
                found=violation.found[:200],
                answers=violation.answers,
                facts=violation.facts,
            )
            for violation in found
        )
        StockCheck.objects.filter(pk=kept.pk).update(finished_at=Now(), violation_count=len(found))
    kept.refresh_from_db()
    return kept


def _broken(rule: Rule, limit: int) -> Iterator[Violation]:
    sql = rule.sql if isinstance(rule.sql, str) else rule.sql()
    if not sql:
        return
    with connection.cursor() as cursor:
        # The query is a rule's own text, never a visitor's.
        columns = "SELECT key, to_jsonb(expected), to_jsonb(found), level_id"
        cursor.execute(
            f"{columns} FROM ({sql}) AS broken (key, expected, found, level_id) ORDER BY 1 LIMIT %s",
            [limit],
        )
        rows: list[tuple[Any, ...]] = cursor.fetchall()
    for key, *texts, level_id in rows:
        answers = [json.loads(text) for text in texts]
        expected, found = (_in_english(rule, answer) for answer in answers)
        parts = {
            name: (answer[0], answer[1])
            for name, answer in zip(("expected", "found"), answers, strict=True)
            if isinstance(answer, list)
        }
        plain = Violation(rule.name, rule.about, key, expected, found, level_id, rule.code, parts)
        explained = rule.explain(plain) if rule.explain else ((key, {}) for key in rule.words)
        yield replace(plain, facts=tuple(explained))


def _in_english(rule: Rule, answer: object) -> str:
    if not isinstance(answer, list):
        return str(answer)
    with translation.override(None):
        return rule_messages.answer(rule.code, (answer[0], answer[1]), "")
