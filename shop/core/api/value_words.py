"""What is wrong with a value of a request, in the request's language: pydantic says it in English only.

The kinds are pydantic's (https://docs.pydantic.dev/latest/errors/validation_errors/); one that is not here reads as
"Enter a valid value.".
"""

from collections.abc import Mapping
from typing import Final

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from shop.core.json_types import JsonMapping

_NUMBER: Final = _("Enter a number.")
_WHOLE: Final = _("Enter a whole number.")
_TEXT: Final = _("Enter text.")
_LIST: Final = _("Enter a list of values.")
_OBJECT: Final = _("Enter a JSON object.")
_TRUTH: Final = _("Enter true or false.")
_UUID: Final = _("Enter a valid UUID.")
_DATE: Final = _("Enter a valid date.")
_MOMENT: Final = _("Enter a valid date/time.")
_VALUE: Final = _("Enter a valid value.")
# By the longest beginning of pydantic's kind: `int_parsing`, `int_from_float` and `int_type` read the same.
_WORDS: Final[Mapping[str, str | Promise]] = {
    "missing": _("This field is required."),
    "extra_forbidden": _("There is no such key."),
    "int": _WHOLE,
    "float": _NUMBER,
    "finite_number": _NUMBER,
    "decimal": _NUMBER,
    "decimal_max_digits": _("At most %(max_digits)s digits."),
    "decimal_whole_digits": _("At most %(whole_digits)s digits before the point."),
    "decimal_max_places": _("At most %(decimal_places)s digits after the point."),
    "bool": _TRUTH,
    "string": _TEXT,
    "string_too_short": _("At least %(min_length)s characters."),
    "string_too_long": _("At most %(max_length)s characters."),
    "string_pattern": _VALUE,
    "list": _LIST,
    "too_short": _("At least %(min_length)s of them."),
    "too_long": _("At most %(max_length)s of them."),
    "dict": _OBJECT,
    "model": _OBJECT,
    "greater_than": _("More than %(gt)s."),
    "greater_than_equal": _("At least %(ge)s."),
    "less_than": _("Less than %(lt)s."),
    "less_than_equal": _("At most %(le)s."),
    "literal_error": _("One of: %(expected)s."),
    "enum": _("One of: %(expected)s."),
    "uuid": _UUID,
    "date": _DATE,
    "datetime": _MOMENT,
    "timezone": _MOMENT,
}


def words_of(found: JsonMapping) -> str:
    """Return what is wrong with one value, of an error as pydantic describes it (`type`, `ctx`)."""
    kind, context = str(found.get("type", "")), found.get("ctx")
    words = str(next((_WORDS[begin] for begin in _BY_LENGTH if kind.startswith(begin)), _VALUE))
    values = {name: _shown(value) for name, value in context.items()} if isinstance(context, dict) else {}
    try:
        return words % values
    except KeyError:
        return str(_VALUE)


_BY_LENGTH: Final = sorted(_WORDS, key=len, reverse=True)


def _shown(value: object) -> str:
    """Return a limit as text; pydantic joins the possible values with an English "or"."""
    return str(value).replace("' or '", "', '").replace("'", "")
