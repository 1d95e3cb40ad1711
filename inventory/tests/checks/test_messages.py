"""The rules' sentences: rows keep codes and figures, pages translate them, old rows stay readable."""

import re
from typing import Any

import pytest
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext

from inventory import rule_messages
from inventory.checks import runner
from inventory.checks.runner import Rule
from inventory.models import StockCheck, StockLevel, StockViolation
from inventory.tasks import check_invariants
from inventory.tests.checks.test_rules import behind_the_guards
from inventory.tests.factories import stocked
from shop.accounts.tests.staff_clients import boss

pytestmark = pytest.mark.django_db
PLACE = re.compile(r"%\((\w+)\)s")


@pytest.fixture
def spanish(monkeypatch: pytest.MonkeyPatch) -> None:
    """A translation catalogue for these sentences, whatever the real one has."""
    words = {
        "reserved is the sum of the active holds": "lo apartado es la suma de los apartados",
        "nothing is negative and no more is held than there is": "nada es negativo",
        "reserved %(reserved)s, on hand %(on_hand)s": "apartado %(reserved)s, en mano %(on_hand)s",
        rule_messages.RESERVED_WORDS["reserved"]: "%(level)s dice %(found)s y suma %(expected)s.",
        rule_messages.NEGATIVE_WORDS["negative"]: "%(level)s: %(reserved)s de %(on_hand)s.",
    }

    def facts(msgid: str) -> str:
        return words.get(msgid, msgid) if translation.get_language() == "es" else gettext(msgid)

    monkeypatch.setattr("inventory.rule_messages.gettext", facts)


def page(**headers: str) -> str:
    check = StockCheck.objects.first()
    assert check is not None
    answer: Any = boss().get(reverse("admin:inventory_stockcheck_change", args=[check.pk]), headers=headers)
    return str(answer.content.decode())


@pytest.fixture
def level() -> StockLevel:
    level = stocked(5)
    behind_the_guards("UPDATE inventory_stocklevel SET reserved = 7")
    check_invariants()
    return level


def test_a_row_keeps_the_code_and_the_figures(level: StockLevel):
    reserved = StockViolation.objects.get(code="reserved")

    assert (reserved.rule, reserved.explanation) == ("reserved is the sum of the active holds", "")
    assert reserved.facts == [
        ["reserved", {"level": f"{level.variant.sku} · {level.location}", "expected": "0", "found": "7"}]
    ]
    assert "its active holds sum up to 0" in str(reserved)


@pytest.mark.usefixtures("spanish")
def test_each_reader_reads_it_in_their_language(level: StockLevel):
    there, here = page(**{"accept-language": "es"}), page(**{"accept-language": "en"})

    assert "lo apartado es la suma de los apartados" in there
    assert "apartado 7, en mano 5" in there
    assert f"{level.variant.sku} · {level.location} dice 7 y suma 0." in there
    assert f"{level.variant.sku} · {level.location}: 7 de 5." in there
    assert "reserved is the sum of the active holds" in here
    assert "reserved 7, on hand 5" in here
    assert "lo apartado" not in here


def test_an_old_row_and_one_of_a_rule_that_is_gone_say_what_was_written(level: StockLevel):
    StockViolation.objects.update(
        code="", facts=[], rule="an old rule", expected="as <it> was", explanation="In the words of then."
    )
    html = page()
    assert "an old rule" in html
    assert "as &lt;it&gt; was" in html
    assert "In the words of then." in html

    StockViolation.objects.update(code="gone", facts=[["gone", {"a": 1}]], explanation="")
    assert "an old rule" in page()


def test_a_row_keeps_what_was_expected_and_found_as_a_key_and_figures(level: StockLevel):
    row = StockViolation.objects.get(code="negative")

    assert row.answers == {
        "expected": ["bounds", {}],
        "found": ["figures", {"reserved": 7, "on_hand": 5}],
    }
    assert (row.expected, row.found) == ("0 ≤ reserved ≤ on hand", "reserved 7, on hand 5")
    assert StockViolation.objects.get(code="reserved").answers == {}


def test_a_row_from_before_answers_were_kept_says_what_was_written(level: StockLevel):
    StockViolation.objects.filter(code="negative").update(answers={}, found="reserved 7, on <hand> 5")
    assert "reserved 7, on &lt;hand&gt; 5" in page()


def test_an_answer_is_said_in_the_words_of_its_own_rule_only():
    units = ("units", {"units": 2, "sku": '100% (x) %s %(y)s "'})
    assert rule_messages.answer("order-sold", units, "as stored") == '2 de 100% (x) %s %(y)s "'
    with translation.override("en"):
        assert rule_messages.answer("order-sold", units, "as stored") == '2 of 100% (x) %s %(y)s "'
    for code in ("", "gone", "reserved", "movement-unexplained"):
        assert rule_messages.answer(code, units, "as stored") == "as stored"
    assert rule_messages.answer("order-sold", None, "50") == "50"


def test_every_rule_has_a_code_and_words_whose_figures_it_gives():
    rules = runner.rules()
    assert len({rule.code for rule in rules}) == len(rules) >= 13
    assert {"order-sold", "order-converted", "dispute-holds", "charged-back"} <= {rule.code for rule in rules}
    for rule in rules:
        assert len(rule.code) <= 40
        assert rule_messages.name(rule.code) == gettext(rule.name)
        if rule.explain is None:
            assert not [words for words in rule.words.values() if PLACE.search(words)], rule.code


def test_words_that_want_another_figure_would_be_seen(level: StockLevel):
    """Each explanation can be rendered: a missing figure raises."""
    for violation in StockViolation.objects.all():
        assert rule_messages.explanation(violation.code, violation.facts)
    with pytest.raises(KeyError):
        rule_messages.explanation("reserved", [["reserved", {"level": "x"}]])


def test_two_rules_may_have_words_of_their_own_by_one_key(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("inventory.checks.runner._rules", {})
    for code in ("one", "two"):
        runner.register(Rule(code, code, "a.b", "", {"same": f"{code} says %(n)s."}))
    assert [rule_messages.in_english(code, [["same", {"n": 7}]]) for code in ("one", "two")] == [
        "one says 7.",
        "two says 7.",
    ]


def test_a_rule_of_the_same_code_replaces_the_former(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("inventory.checks.runner._rules", {})
    for name in ("one", "two"):
        runner.register(Rule("test-code", name, "a.b", ""))
    assert [rule.name for rule in runner.rules()] == ["two"]
    assert rule_messages.name("test-code") == "two"
