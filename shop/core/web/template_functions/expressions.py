"""Expressions and conditions of a template as pieces of Python."""

from typing import Final

from django.template.base import FilterExpression, Variable
from django.template.defaulttags import TemplateLiteral
from django.utils.safestring import mark_safe

from shop.core.web.template_functions.names import Scopes
from shop.core.web.template_functions.values import RAISE, Value, filtered, is_plain, reader

_LOOP: Final = "forloop"


class NotWritten(Exception):
    """A template that is left to Django."""


class Expressions:
    """Writes expressions; what they need that is no text gets a name in `constants`."""

    def __init__(self, scopes: Scopes, constants: dict[str, Value]) -> None:
        self._scopes, self._constants = scopes, constants
        self._readers: dict[object, str] = {}

    def constant(self, kind: str, value: Value) -> str:
        """Return the name of something that is the same each time."""
        name = f"{kind}{len(self._constants)}"
        self._constants[name] = value
        return name

    def expression(self, given: FilterExpression, missing: Value = "") -> str:
        """Return an expression with its filters. `missing`: instead of a variable that is not there."""
        is_var = isinstance(given.var, Variable)
        code = self._variable(given.var, missing) if is_var else self.constant("K", given.var)
        for function, arguments in given.filters:
            parts = [
                self._variable(one, RAISE) if is_looked_up else self.constant("K", mark_safe(one))
                for is_looked_up, one in arguments
            ]
            if is_plain(function):
                code = f"{self.constant('P', function)}({', '.join([code, *parts])})"
            else:
                code = f"{self.constant('P', filtered(function))}({', '.join([code, 'context', *parts])})"
        return code

    def condition(self, given: Value) -> tuple[str, bool]:
        """Return the condition of an `if`, and whether Django judges what fails in it (`values.judged`)."""
        if isinstance(given, TemplateLiteral):
            value: Value = given.value
            may_raise = any(is_looked_up for _function, args in value.filters for is_looked_up, _one in args)
            return self.expression(value, None), may_raise
        first, _failing = self.condition(given.first)
        if given.id == "not":
            return f"(not {first})", True
        second, _failing = self.condition(given.second)
        return f"({first} {given.id} {second})", True

    def visible(self) -> str:
        """Return the dictionary of the names that the layers have at this place; "" for none."""
        return self._scopes.visible()

    def _variable(self, var: Variable, missing: Value) -> str:
        if var.lookups is None or var.translate:
            if var.lookups is not None:
                raise NotWritten
            # A literal, which may be translated.
            is_same = not var.translate
            return (
                self.constant("K", var.literal) if is_same else f"{self.constant('V', var)}.resolve(context)"
            )
        name, *rest = var.lookups
        if name == "block":
            raise NotWritten
        if name == _LOOP and (code := self._scopes.part_of_loop(tuple(rest))):
            return code
        key = (tuple(var.lookups), missing)
        known = self._readers.get(key)
        if known is None:
            known = self._readers[key] = self.constant("R", reader(var, missing))
        return f"{known}({self._scopes.value(name)}, context)"
