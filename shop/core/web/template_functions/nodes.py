"""Loops, sentences, tags and addresses of templates, as functions of the context."""

import re
from collections.abc import Callable, Iterator, Sequence, Sized
from decimal import Decimal
from typing import Final
from uuid import uuid4

from django.template import TemplateSyntaxError
from django.template.context import Context
from django.template.defaulttags import CycleNode, IfChangedNode, ResetCycleNode, URLNode
from django.template.library import InclusionNode, SimpleNode
from django.template.loader_tags import BlockNode, ExtendsNode
from django.urls import NoReverseMatch, reverse
from django.utils.html import conditional_escape
from django.utils.translation import gettext, ngettext

from shop.core.web.template_functions.values import Value, expression, show

# Their state is of the template that they stand in: it is not written into another one.
OF_ONE_TEMPLATE: Final = (BlockNode, CycleNode, ExtendsNode, IfChangedNode, ResetCycleNode)


class Loop:
    """What a `for` goes through, and the variables of each turn."""

    def __init__(self, node: Value) -> None:
        self._sequence = expression(node.sequence, None)
        self._names: list[str] = node.loopvars
        self._is_reversed: bool = node.is_reversed

    def rows(self, context: Context) -> Sized:
        """Return what it goes through, which has a length."""
        found = self._sequence(context)
        if found is None:
            return ()
        return found if hasattr(found, "__len__") else list(found)

    def each(self, context: Context, rows: Value) -> Iterator[None]:
        """Set the variables of one turn after the other, in the uppermost layer of the context.

        Raises: ValueError, where a row has not as many parts as there are names.
        """
        layer, number, names = context.dicts[-1], len(rows), self._names
        loop: dict[str, Value] = {"parentloop": context.get("forloop", {})}
        layer["forloop"] = loop
        for place, row in enumerate(reversed(rows) if self._is_reversed else rows):
            loop["counter0"], loop["counter"] = place, place + 1
            loop["revcounter"], loop["revcounter0"] = number - place, number - place - 1
            loop["first"], loop["last"] = place == 0, place == number - 1
            if len(names) == 1:
                layer[names[0]] = row
                yield
            else:
                context.dicts.append(self._parts(row))
                yield
                context.dicts.pop()

    def _parts(self, row: Value) -> dict[str, Value]:
        number = len(row) if hasattr(row, "__len__") else 1
        if number != len(self._names):
            raise ValueError(f"Need {len(self._names)} values to unpack in for loop; got {number}. ")
        return dict(zip(self._names, row, strict=True))


def called(node: SimpleNode | InclusionNode) -> Callable[[Context], Value]:
    """Return the call of a tag of ours, with its arguments worked out."""
    function, takes_context = node.func, node.takes_context
    arguments = [expression(one) for one in node.args]
    named = [(name, expression(one)) for name, one in node.kwargs.items()]

    def call(context: Context) -> Value:
        given: Sequence[Value] = [one(context) for one in arguments]
        if takes_context:
            given = [context, *given]
        return function(*given, **{name: one(context) for name, one in named})

    return call


def inclusion(node: InclusionNode, template: Value) -> Callable[[Context], str]:
    """Return the function of a tag that shows a template with variables of its own, and with nothing else."""
    call = called(node)
    # A state of its own is of nodes that count, or of blocks: others need none.
    has_state = any(template.nodelist.get_nodes_by_type(kind) for kind in OF_ONE_TEMPLATE)

    def render(context: Context) -> Value:
        # Looked up each time: it is another one when it has been written.
        return template.render(context) if has_state else template._render(context)

    def write(context: Context) -> str:
        values, token = call(context), context.get("csrf_token")
        around, context.dicts = context.dicts, [context.dicts[0], values]
        if token is not None:
            context.dicts.append({"csrf_token": token})
        try:
            return str(render(context))
        finally:
            context.dicts = around

    return write


def sentence(node: Value) -> Callable[[Context, object], str]:
    """Return the function of a sentence with values in it (`blocktranslate` without a context and a name)."""
    singular, in_singular = node.render_token_list(node.singular)
    is_counted = bool(node.plural and node.countervar and node.counter)
    plural, in_plural = node.render_token_list(node.plural) if is_counted else ("", [])
    given = [(name, expression(one)) for name, one in node.extra_context.items()]
    counter = expression(node.counter) if is_counted else None
    names = list(dict.fromkeys([*in_singular, *in_plural]))
    translated: dict[object, str] = {}

    def write(context: Context, key: object) -> str:
        layer: dict[str, Value] = {name: one(context) for name, one in given}
        context.dicts.append(layer)
        try:
            if counter is None:
                text = translated.get(key) or translated.setdefault(key, gettext(singular))
            else:
                count = counter(context)
                if not isinstance(count, Decimal | float | int):
                    raise TemplateSyntaxError(f"{node.countervar!r} argument must be a number.")
                layer[node.countervar] = count
                text = ngettext(singular, plural, count)  # type: ignore[arg-type]
            values = {name: show(context.get(name, ""), context) for name in names}
        finally:
            context.dicts.pop()
        try:
            return text % values
        except (KeyError, ValueError):
            # A translation that is wrong: Django writes the untranslated sentence.
            return str(node.render(context))

    return write


_GAPS: Final = (str(uuid4()), "a-Word_9")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_-]+")


def address(node: Value) -> Callable[[Context, object], str]:
    """Return the function of an address with one argument: what stands around it is kept, by language.

    An argument that would be quoted, or that not every pattern takes, is left to Django.
    """
    get, name = expression(node.args[0]), str(node.view_name.var)
    moulds: dict[object, tuple[str, str] | None] = {}

    def write(context: Context, language: object) -> str:
        value = get(context)
        is_escaped = context.autoescape and node.asvar is None
        key = (language, is_escaped)
        if isinstance(value, str) and _PLAIN.fullmatch(value):
            if key not in moulds:
                moulds[key] = _mould(name, is_escaped=is_escaped)
            mould = moulds[key]
            if mould is not None:
                return f"{mould[0]}{value}{mould[1]}"
        return str(node.render(context)) if node.asvar is None else address_of(node, context)

    return write


def _mould(name: str, *, is_escaped: bool) -> tuple[str, str] | None:
    """Return what stands before and after any plain argument; None: not every argument is taken."""
    try:
        first, second = (reverse(name, args=[gap]).split(gap) for gap in _GAPS)
    except NoReverseMatch:
        return None
    if first != second or len(first) != 2:
        return None
    before, after = map(conditional_escape, first) if is_escaped else first
    return before, after


def without_name(node: URLNode) -> URLNode:
    """Return the node of the same address that sets no variable."""
    return URLNode(node.view_name, node.args, node.kwargs, None)


def address_of(node: URLNode, context: Context) -> str:
    """Return the address that a `url … as` stores; "": there is none."""
    context.dicts.append({})
    try:
        node.render(context)
        return str(context.dicts[-1][node.asvar])
    finally:
        context.dicts.pop()
