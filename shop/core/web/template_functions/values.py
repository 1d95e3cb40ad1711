"""Values of templates: what stands behind the points of a variable, filters, and how a value is written.

They give what Django's own resolution gives. Whatever is unusual (a name that is not there, an error) is left to that,
from the beginning.
"""

from collections.abc import Callable
from functools import lru_cache
from html import escape
from typing import Any, Final, TypeAlias

from django.template.base import Variable, VariableDoesNotExist, render_value_in_context
from django.template.context import Context
from django.utils.formats import localize
from django.utils.functional import LazyObject
from django.utils.html import conditional_escape
from django.utils.safestring import SafeData, SafeString, mark_safe
from django.utils.timezone import template_localtime  # type: ignore[attr-defined]

from shop.core.web.folded_templates import key_of

# What stands in a template, and the parts of Django's nodes, may be anything.
Value: TypeAlias = Any
# The value of a variable, by that of its first name.
Read: TypeAlias = Callable[[Value, Context], Value]
# A number below this has one group of digits.
_GROUPED_FROM: Final = 1000
# Instead of the value of a name: there is none.
MISSING: Final = object()
# Instead of a value for what is not there: raise VariableDoesNotExist.
RAISE: Final = object()


def show(value: Value, context: Context) -> str:
    """Return a value as it stands in a page: escaped, and in the reader's way of writing numbers and days."""
    kind = type(value)
    if kind is SafeString:
        return value  # type: ignore[no-any-return]
    if kind is str:
        # Most texts have nothing to be escaped: to look for it takes a third of the time, of long ones a tenth.
        if '"' in value or "'" in value or "&" in value or "<" in value or ">" in value:
            return escape(value) if context.autoescape else value
        return value  # type: ignore[no-any-return]
    if kind is int:
        if 0 <= value < _GROUPED_FROM:
            # In every language the same: a place, a number of units.
            return str(value)
        return _grouped(value, context.use_l10n, context.autoescape, key_of(context))
    return render_value_in_context(value, context)


@lru_cache(maxsize=4096)
def _grouped(value: int, use_l10n: bool | None, autoescape: bool, _of: object) -> str:
    """Return a number in the reader's way: a list has the number of its rows, and of those of each value."""
    text = str(localize(value, use_l10n=use_l10n))
    return conditional_escape(text) if autoescape else text


def show_tag(output: Value, context: Context) -> str:
    """Return what a tag of ours has returned as it stands in a page."""
    if type(output) is SafeString:
        return output
    return conditional_escape(output) if context.autoescape else output


class _Named(dict[str, Value]):
    """A context with one name, as `Variable` reads it."""

    template: Value
    template_name: Value


def reader(var: Variable, missing: Value) -> Read:
    """Return the function that reads a variable. `missing`: what is returned where it is not there."""
    name, *rest = var.lookups  # type: ignore[misc]
    may_be_missing = missing is not RAISE and not name.isdigit()

    def slowly(first: Value, context: Context) -> Value:
        known: Value = context
        if first is not MISSING:
            known = _Named({name: first})
            known.template, known.template_name = context.template, context.template_name
        elif may_be_missing and not hasattr(context, name):
            # A context's own attributes can be read by their names as well.
            return missing
        try:
            return var.resolve(known)
        except VariableDoesNotExist:
            if missing is RAISE:
                raise
            return missing

    def alone(first: Value, context: Context) -> Value:
        return slowly(first, context) if first is MISSING or callable(first) else first

    def read(first: Value, context: Context) -> Value:
        current = first
        try:
            for bit in rest:
                found = getattr(current, bit) if type(current) in _plain else _part(current, bit)
                current = _called(found) if callable(found) else found
        except _Missing:
            return slowly(first, context) if missing is RAISE else missing
        except Exception:  # noqa: BLE001  (Django's own resolution knows which of them are silent)
            return slowly(first, context)
        return current

    if not rest:
        return alone
    return _of_one(rest[0], read) if len(rest) == 1 else read


def _of_one(part: str, read: Read) -> Read:
    """Return the function that reads one attribute of an object; all else goes the longer way from the beginning."""

    def read_one(first: Value, context: Context) -> Value:
        if type(first) in _plain:
            try:
                found = getattr(first, part)
            except Exception:  # noqa: BLE001
                return read(first, context)
            if not callable(found):
                return found
        return read(first, context)

    return read_one


class _Unusual(Exception):
    """Django's own resolution knows what to do."""


class _Missing(Exception):
    """It is not there, and nothing has failed."""


# Classes that were met whose objects have attributes alone: neither items nor calls. So many at most.
_plain: Final[set[type]] = set()
_MOST_CLASSES: Final = 1000


def _part(current: Value, bit: str) -> Value:
    if current is MISSING or callable(current):
        raise _Unusual
    kind = type(current)
    if hasattr(kind, "__getitem__"):
        try:
            return current[bit]
        except (TypeError, AttributeError, KeyError, ValueError, IndexError):
            return _attribute(current, bit)
    if len(_plain) < _MOST_CLASSES and not issubclass(kind, LazyObject):
        _plain.add(kind)
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


def is_plain(function: Value) -> bool:
    """Say whether a filter is its function alone."""
    names = ("expects_localtime", "needs_autoescape", "is_safe")
    return not any(getattr(function, name, False) for name in names)


def filtered(function: Value) -> Callable[..., Value]:
    """Return a filter as a function of value, context and arguments."""
    expects_localtime = getattr(function, "expects_localtime", False)
    needs_autoescape = getattr(function, "needs_autoescape", False)
    is_safe = getattr(function, "is_safe", False)

    def write(value: Value, context: Context, *arguments: Value) -> Value:
        if expects_localtime:
            value = template_localtime(value, context.use_tz)
        result = (
            function(value, *arguments, autoescape=context.autoescape)
            if needs_autoescape
            else function(value, *arguments)
        )
        return mark_safe(result) if is_safe and isinstance(value, SafeData) else result

    return write


def judged(condition: Value, names: dict[str, Value], context: Context) -> Value:
    """Return what Django says of the condition of an `if` that has failed: mostly that it is not true."""
    context.dicts.append(names)
    try:
        return condition.eval(context)
    except VariableDoesNotExist:
        return None
    finally:
        context.dicts.pop()
