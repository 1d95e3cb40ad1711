"""Names of a template as variables of the function that writes it: which one a name means is known from the text.

A layer of Django's context (a block, a `with`, a loop, an included template) is a `Scope` here, whose names are
variables of Python. Whatever no layer has was given to the page: it is read once, when the function begins.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from django.template.context import Context

from shop.core.web.template_functions.values import MISSING, Value

_PARTS_OF_LOOP: Final = {
    "counter": "({place} + 1)",
    "counter0": "{place}",
    "revcounter": "({number} - {place})",
    "revcounter0": "({number} - {place} - 1)",
    "first": "({place} == 0)",
    "last": "({place} == {number} - 1)",
}


@dataclass
class Scope:
    """The names of one layer, each with its variable. Those that are `unsure` may not have been set yet.

    `branches`: how many conditions it stands in. A loop has a `place` and a `number` of rows.
    """

    branches: int
    variables: dict[str, str] = field(default_factory=dict)
    unsure: set[str] = field(default_factory=set)
    place: str = ""
    number: str = ""


class Scopes:
    """The layers at one place of a template. Everything it returns is a piece of Python."""

    def __init__(self) -> None:
        self._scopes = [Scope(0)]
        self._given: dict[str, str] = {}
        self.branches = 0

    @property
    def own(self) -> Scope:
        """Return the innermost layer: what is set now is set there."""
        return self._scopes[-1]

    @contextmanager
    def scope(self) -> Iterator[Scope]:
        """Add a layer for what is written within."""
        self._scopes.append(Scope(self.branches))
        yield self.own
        self._scopes.pop()

    @contextmanager
    def branch(self) -> Iterator[None]:
        """Note that what is written within may not be done."""
        self.branches += 1
        yield
        self.branches -= 1

    def set(self, name: str) -> str:
        """Return the variable to set for a name of the innermost layer."""
        if self.own.branches == self.branches:
            self.own.unsure.discard(name)
        return self.own.variables[name]

    def value(self, name: str) -> str:
        """Return the value of a name, MISSING where there is none."""
        unsure: list[str] = []
        for scope in reversed(self._scopes):
            if name == "forloop" and scope.place:
                code = self._loop(scope)
                break
            variable = scope.variables.get(name)
            if variable and name not in scope.unsure:
                code = variable
                break
            unsure += [variable] if variable else []
        else:
            code = self._given.setdefault(name, f"given{len(self._given)}")
        for variable in reversed(unsure):
            code = f"({variable} if {variable} is not MISSING else {code})"
        return code

    def part_of_loop(self, lookups: tuple[str, ...]) -> str:
        """Return what `forloop.counter` and the like say; "" for anything else."""
        loops = [scope for scope in self._scopes if scope.place]
        *above, part = lookups or ("",)
        if set(above) - {"parentloop"} or len(above) >= len(loops) or part not in _PARTS_OF_LOOP:
            return ""
        loop = loops[-1 - len(above)]
        return _PARTS_OF_LOOP[part].format(place=loop.place, number=loop.number)

    def visible(self) -> str:
        """Return a dictionary of what the layers have; "" for none."""
        names = {name: True for scope in self._scopes for name in scope.variables}
        if any(scope.place for scope in self._scopes):
            names["forloop"] = True
        unsure = any(scope.unsure for scope in self._scopes)
        parts = ", ".join(f"{name!r}: {self._within_layers(name)}" for name in names)
        return "" if not parts else f"there({{{parts}}})" if unsure else f"{{{parts}}}"

    def _within_layers(self, name: str) -> str:
        is_sure = any(name in scope.variables and name not in scope.unsure for scope in self._scopes)
        if is_sure or name == "forloop":
            return self.value(name)
        # Without what the page was given, which is there anyway.
        code = "MISSING"
        for scope in self._scopes:
            if variable := scope.variables.get(name):
                code = f"({variable} if {variable} is not MISSING else {code})"
        return code

    def given(self) -> list[str]:
        """Return the lines that read what the page was given."""
        return [f"{variable} = page({name!r}, MISSING)" for name, variable in self._given.items()]

    def _loop(self, loop: Scope) -> str:
        loops = [scope for scope in self._scopes if scope.place]
        place = loops.index(loop)
        above = self._loop(loops[place - 1]) if place else "context.get('forloop', {})"
        return f"loop_of({loop.place}, {loop.number}, {above})"


def flat(context: Context) -> dict[str, Value]:
    """Return all that a page was given, by its names."""
    found: dict[str, Value] = {}
    for layer in context.dicts:
        found.update(layer)
    return found


def there(names: Mapping[str, Value]) -> dict[str, Value]:
    """Return those names that are there."""
    return {name: value for name, value in names.items() if value is not MISSING}


def or_empty(value: Value) -> Value:
    """Return the value of a name; "" where there is none."""
    return "" if value is MISSING else value


def loop_of(place: int, number: int, above: Value) -> dict[str, Value]:
    """Return `forloop` as Django has it, for what asks for it as a whole."""
    return {
        "parentloop": above,
        "counter0": place,
        "counter": place + 1,
        "revcounter": number - place,
        "revcounter0": number - place - 1,
        "first": place == 0,
        "last": place == number - 1,
    }
