"""The sentences of the rules about the stock: rows keep codes and figures, which are translated here.

Rules of other apps have their own (`Rule.words`, `Rule.answers`). What has none (an old row, a removed rule) is shown
as stored.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _

# One sentence of an explanation or of an answer: the key of its words, and the figures in them.
Part = tuple[str, Mapping[str, Any]]

_names: dict[str, str] = {}
_words: dict[str, dict[str, str]] = {}
# The words of all rules, for keys that several of them use (`repaired`).
_shared: dict[str, str] = {}
_answers: dict[str, dict[str, str]] = {}


def add(code: str, name: str, words: Mapping[str, str], answers: Mapping[str, str]) -> None:
    """Keep the words of a rule: msgids, marked for translation where they stand. Others may have the same keys."""
    _names[code] = name
    _words[code] = dict(words)
    _shared.update(words)
    _answers[code] = dict(answers)


def name(code: str, stored: str = "") -> str:
    """Return a rule's name in the language in use; `stored` where the rule is gone or the row is old."""
    return gettext(_names[code]) if code in _names else stored


def explanation(code: str, facts: Iterable[Any], stored: str = "") -> str:
    """Return a rule's explanation in the language in use, of its parts as a row keeps them."""
    words = _shared | _words.get(code, {})
    return " ".join(gettext(words[key]) % dict(figures) for key, figures in facts if key in words) or stored


def answer(code: str, part: Part | None, stored: str) -> str:
    """Return what a rule's query expected or found in the language in use.

    `part` is what the query returned; `stored` is shown where that was a plain figure, the row is old or the rule
    removed.
    """
    key, figures = part or ("", {})
    msgid = _answers.get(code, {}).get(key)
    return gettext(msgid) % dict(figures) if msgid else stored


def in_english(code: str, facts: Iterable[object]) -> str:
    """Return a rule's explanation as the logs have it."""
    with translation.override(None):
        return explanation(code, facts)


LEVEL_WORDS = {
    "level": _("%(level)s says %(found)s on hand, its movements sum up to %(expected)s."),
    "repaired": _("Its figures were repaired before, at %(at)s."),
    "level-changed": _(
        "Every movement follows from the one before it, so it is the figure of the level that was changed behind "
        "the ledger's back. Repairing brings it back to the movements; if the shelf says otherwise, count it then."
    ),
    "ledger-touched": _(
        "The ledger itself was touched: before movement %(movement)s there were %(before)s, it is of %(quantity)s, and "
        "says that %(after)s were there after it. Compare it with its cause before you repair; if the shelf says "
        "otherwise, count it then."
    ),
}
CHAIN_WORDS = {
    "chain": _(
        "The ledger itself was touched, or a movement was slipped in. What lay there at a moment gone by, and what it "
        "was worth, is read from these figures. Compare the movement with its cause; nothing repairs a ledger."
    )
}
RESERVED_WORDS = {
    "reserved": _(
        "%(level)s says that %(found)s units are held, its active holds sum up to %(expected)s. Too high keeps units "
        "from buyers, too low may sell them twice. Repairing recounts the holds; a hold whose own units were changed "
        "is released by hand first."
    )
}
NEGATIVE_WORDS = {
    "negative": _(
        "%(level)s: %(reserved)s reserved, %(on_hand)s on hand. A constraint forbids it, so it was dropped or switched "
        "off. Look at the movements and holds of the level; release holds or book what is missing, then repair."
    )
}
OVERDUE_WORDS = {
    "overdue": _("Lapsed holds are released every minute. Is the worker running (Jobs: expire_holds)?")
}
CAUSE_WORDS = {
    "unexplained": _(
        "Nobody can say why these units came or went. The verbs always write it, so it was not a verb."
    )
}
GONE_WORDS = {
    "cause-gone": _("The row behind this movement was deleted, or never was. The ledger keeps the movement.")
}
TRANSFER_WORDS = {
    "transfer": _("Units may be counted twice, or nowhere. Compare the transfer with its movements.")
}
