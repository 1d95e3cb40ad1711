"""Variables, filters and conditions of templates, each as one function of the context.

They give what Django's own resolution gives. Whatever is unusual (a name that is not there, an error) is left to that,
from the beginning.
"""

from collections.abc import Callable
from html import escape
from typing import Any, Final, TypeAlias

from django.template.base import FilterExpression, Variable, VariableDoesNotExist, render_value_in_context
from django.template.context import Context
from django.template.defaulttags import TemplateLiteral
from django.utils.functional import LazyObject
from django.utils.html import conditional_escape
from django.utils.safestring import SafeData, SafeString, mark_safe
from django.utils.timezone import template_localtime  # type: ignore[attr-defined]

# What stands in a template, and the parts of Django's nodes, may be anything.
Value: TypeAlias = Any
Get: TypeAlias = Callable[[Context], Value]
# A number below this has one group of digits.
_GROUPED_FROM: Final = 1000
# Instead of a value for what is not there: raise VariableDoesNotExist.
RAISE: Final = object()


def show(value: Value, context: Context) -> str:
    """Return a value as it stands in a page: escaped, and in the reader's way of writing numbers and days."""
    kind = type(value)
    if kind is SafeString:
        return value  # type: ignore[no-any-return]
    if kind is str:
        return escape(value) if context.autoescape else value
    if kind is int and 0 <= value < _GROUPED_FROM:
        # In every language the same: a place, a number of units.
        return str(value)
    return render_value_in_context(value, context)


def show_tag(output: Value, context: Context) -> str:
    """Return what a tag of ours has returned as it stands in a page."""
    if type(output) is SafeString:
        return output
    return conditional_escape(output) if context.autoescape else output


def variable(var: Variable, missing: Value) -> Get:
    """Return the function that looks a variable up. `missing`: what is returned where it is not there."""
    if var.lookups is None or var.translate:
        return var.resolve
    name, *rest = var.lookups
    may_be_missing = missing is not RAISE and not name.isdigit()

    def slowly(context: Context) -> Value:
        try:
            return var.resolve(context)
        except VariableDoesNotExist:
            if missing is RAISE:
                raise
            return missing

    def get(context: Context) -> Value:
        for known in reversed(context.dicts):
            if name in known:
                current = known[name]
                break
        else:
            # A context's own attributes can be read by their names as well.
            return missing if may_be_missing and not hasattr(context, name) else slowly(context)
        if callable(current):
            return slowly(context)
        try:
            for bit in rest:
                found = _attribute(current, bit) if type(current) in _without_items else _part(current, bit)
                current = _called(found) if callable(found) else found
        except _Missing:
            return slowly(context) if missing is RAISE else missing
        except Exception:  # noqa: BLE001  (Django's own resolution knows which of them are silent)
            return slowly(context)
        return current

    return get


class _Unusual(Exception):
    """Django's own resolution knows what to do."""


class _Missing(Exception):
    """It is not there, and nothing has failed."""


# Classes without `__getitem__` that were met, so many at most: of their objects only attributes are asked.
_without_items: Final[set[type]] = set()
_MOST_CLASSES: Final = 1000


def _part(current: Value, bit: str) -> Value:
    kind = type(current)
    if hasattr(kind, "__getitem__"):
        try:
            return current[bit]
        except (TypeError, AttributeError, KeyError, ValueError, IndexError):
            return _attribute(current, bit)
    if len(_without_items) < _MOST_CLASSES:
        _without_items.add(kind)
    return _attribute(current, bit)


def _called(found: Value) -> Value:
    if hasattr(found, "do_not_call_in_templates") or getattr(found, "alters_data", False):
        raise _Unusual
    return found()


def _attribute(current: Value, name: str) -> Value:
    try:
        return getattr(current, name)
    except AttributeError:
        # A property that has failed, a place in a list, and what a lazy object stands for are Django's to judge.
        if hasattr(type(current), name) or name[:1].isdigit() or isinstance(current, LazyObject):
            raise
        raise _Missing from None


def expression(given: FilterExpression, missing: Value = "") -> Get:
    """Return the function of an expression with its filters. `missing`: instead of a variable that is not there."""
    if given.is_var:
        get = variable(given.var, missing)
    else:
        constant = given.var
        if not given.filters:
            return lambda context: constant
        get = lambda context: constant  # noqa: E731
    for function, arguments in given.filters:
        get = _filtered(get, function, arguments)
    return get


def _filtered(get: Get, function: Value, given: list[tuple[bool, Value]]) -> Get:
    arguments = [variable(one, RAISE) if is_looked_up else mark_safe(one) for is_looked_up, one in given]
    looked_up = [is_looked_up for is_looked_up, _one in given]
    expects_localtime = getattr(function, "expects_localtime", False)
    needs_autoescape = getattr(function, "needs_autoescape", False)
    is_safe = getattr(function, "is_safe", False)
    is_plain = not (expects_localtime or needs_autoescape or is_safe or any(looked_up))
    if is_plain:
        return lambda context: function(get(context), *arguments)

    def filtered(context: Context) -> Value:
        value = get(context)
        found = [
            one(context) if is_looked_up else one
            for one, is_looked_up in zip(arguments, looked_up, strict=True)
        ]
        if expects_localtime:
            value = template_localtime(value, context.use_tz)
        result = (
            function(value, autoescape=context.autoescape, *found)  # noqa: B026  (as Django calls it)
            if needs_autoescape
            else function(value, *found)
        )
        return mark_safe(result) if is_safe and isinstance(value, SafeData) else result

    return filtered


_Judge: TypeAlias = Callable[[Get, Get, Context], Value]
_NOT: Final[_Judge] = lambda a, b, c: not a(c)  # noqa: E731
_BINARY: Final[dict[str, _Judge]] = {
    "or": lambda a, b, c: a(c) or b(c),
    "and": lambda a, b, c: a(c) and b(c),
    "in": lambda a, b, c: a(c) in b(c),
    "not in": lambda a, b, c: a(c) not in b(c),
    "is": lambda a, b, c: a(c) is b(c),
    "is not": lambda a, b, c: a(c) is not b(c),
    "==": lambda a, b, c: a(c) == b(c),
    "!=": lambda a, b, c: a(c) != b(c),
    ">": lambda a, b, c: a(c) > b(c),
    ">=": lambda a, b, c: a(c) >= b(c),
    "<": lambda a, b, c: a(c) < b(c),
    "<=": lambda a, b, c: a(c) <= b(c),
}


def condition(given: Value) -> Get:
    """Return the function of the condition of an `if`."""
    get, literal = _condition(given), given if isinstance(given, TemplateLiteral) else None
    if literal is not None and not _value(literal).filters:
        return get

    def judged(context: Context) -> Value:
        try:
            return get(context)
        except VariableDoesNotExist:
            return None

    return judged


def _value(literal: TemplateLiteral) -> FilterExpression:
    return literal.value  # type: ignore[return-value]


def _condition(given: Value) -> Get:
    if isinstance(given, TemplateLiteral):
        return expression(_value(given), None)
    first = _condition(given.first)
    is_not = given.id == "not"
    second, binary = (first, _NOT) if is_not else (_condition(given.second), _BINARY[given.id])

    def judged(context: Context) -> Value:
        try:
            return binary(first, second, context)
        except Exception:  # noqa: BLE001  (as Django: a comparison that makes no sense is not true)
            return False

    return judged
