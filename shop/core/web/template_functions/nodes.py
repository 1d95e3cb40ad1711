"""Loops, sentences, tags and addresses of templates, as functions of the values that stand in them."""

from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import Final

from django.template import Node, TemplateSyntaxError
from django.template.context import Context
from django.template.defaulttags import (
    CycleNode,
    FilterNode,
    FirstOfNode,
    IfChangedNode,
    IfNode,
    NowNode,
    ResetCycleNode,
    SpacelessNode,
    URLNode,
)
from django.template.library import InclusionNode, SimpleNode
from django.template.loader_tags import BlockNode, ExtendsNode, IncludeNode
from django.templatetags.i18n import BlockTranslateNode, GetCurrentLanguageNode, LanguageNode, TranslateNode
from django.utils.html import conditional_escape
from django.utils.translation import gettext, ngettext, override

from shop.core.web import folded_templates
from shop.core.web.public_addresses import PLAIN, around
from shop.core.web.template_functions import names, values
from shop.core.web.template_functions.values import MISSING, Value, show

# Their state is of the template that they stand in: it is not written into another one.
OF_ONE_TEMPLATE: Final = (BlockNode, CycleNode, ExtendsNode, IfChangedNode, ResetCycleNode)
# Rendered by Django among what a function writes, since they set no names but the one that is said below. Nodes of
# others say so by `sets_nothing`.
_RENDERED: Final = (
    *(CycleNode, FilterNode, FirstOfNode, IncludeNode, InclusionNode, LanguageNode, NowNode, ResetCycleNode),
    *(SpacelessNode, BlockTranslateNode, TranslateNode, URLNode),
)


def name_set_by(node: Node) -> str | None:
    """Return the name that a node sets for those after it; None: it sets none."""
    match node:
        case URLNode() | TranslateNode() | BlockTranslateNode() | FirstOfNode() | NowNode():
            return node.asvar
        case SimpleNode():
            return node.target_var
        case GetCurrentLanguageNode():
            return node.variable
        case _:
            return None


def names_set(nodes: Iterable[Node]) -> list[str]:
    """Return the names that nodes set in the layer of the context that they stand in."""
    found: list[str] = []
    for node in nodes:
        if name := name_set_by(node):
            found.append(name)
        elif isinstance(node, IfNode):
            for _condition, nodelist in node.conditions_nodelists:
                found += names_set(nodelist)
        elif type(node).__name__ == "AutoEscapeControlNode":
            found += names_set(node.nodelist)  # type: ignore[attr-defined]
    return list(dict.fromkeys(found))


def is_rendered(node: Node) -> bool:
    """Say whether Django may render a node in the middle of a function."""
    if getattr(node, "sets_nothing", False):
        return True
    if isinstance(node, CycleNode) and node.variable_name:
        return False
    inner = getattr(node, "nodelist", ())
    return isinstance(node, _RENDERED) and not names_set(inner)


def rows_of(found: Value) -> Value:
    """Return what a loop goes through, which has a length."""
    if found is None:
        return ()
    return found if hasattr(found, "__len__") else list(found)


def parts_of(row: Value, number: int) -> Value:
    """Return the parts of a row of a loop with several names.

    Raises:
        ValueError: it has not as many.
    """
    has = len(row) if hasattr(row, "__len__") else 1
    if has != number:
        raise ValueError(f"Need {number} values to unpack in for loop; got {has}. ")
    return row


def inclusion(template: Value) -> Callable[[Context, Value, Value], str]:
    """Return the function that shows a template with variables of its own, and with nothing else."""
    # A state of its own is of nodes that count, or of blocks: others need none.
    has_state = any(template.nodelist.get_nodes_by_type(kind) for kind in OF_ONE_TEMPLATE)

    def write(context: Context, values: Value, token: Value) -> str:
        around, context.dicts = context.dicts, [context.dicts[0], values]
        if token is not MISSING and token is not None:
            context.dicts.append({"csrf_token": token})
        try:
            # Looked up each time: it is another one when it has been written.
            return str(template.render(context) if has_state else template._render(context))
        finally:
            context.dicts = around

    return write


def sentence(node: Value) -> tuple[list[str], Callable[[Context, object, dict[str, Value], Value], str]]:
    """Return the names in a sentence (`blocktranslate` without a context), and the function that writes it."""
    singular, in_singular = node.render_token_list(node.singular)
    is_counted = bool(node.plural and node.countervar and node.counter)
    plural, in_plural = node.render_token_list(node.plural) if is_counted else ("", [])
    translated: dict[object, str] = {}

    def write(context: Context, key: object, values: dict[str, Value], count: Value) -> str:
        if not is_counted:
            text = translated.get(key) or translated.setdefault(key, gettext(singular))
        elif isinstance(count, Decimal | float | int):
            text = ngettext(singular, plural, count)  # type: ignore[arg-type]
        else:
            raise TemplateSyntaxError(f"{node.countervar!r} argument must be a number.")
        try:
            return text % {name: show(value, context) for name, value in values.items()}
        except (KeyError, ValueError):
            # A translation that is wrong: Django writes the untranslated sentence.
            with override(None):
                text = ngettext(singular, plural, count) if is_counted else singular
                return text % {name: show(value, context) for name, value in values.items()}

    return list(dict.fromkeys([*in_singular, *in_plural])), write


class _Given:
    """An argument that is known."""

    def __init__(self, value: Value) -> None:
        self._value = value

    def resolve(self, _context: Context) -> Value:
        return self._value


def address(node: Value) -> Callable[[Value, Context, object], str]:
    """Return the function of an address with one argument: what stands around it is kept, by language.

    An argument that would be quoted, or that not every pattern takes, is left to Django.
    """
    name = str(node.view_name.var)
    moulds: dict[object, tuple[str, str] | None] = {}

    def write(value: Value, context: Context, language: object) -> str:
        is_escaped = context.autoescape and node.asvar is None
        key = (language, is_escaped)
        if isinstance(value, str) and PLAIN.fullmatch(value):
            if key not in moulds:
                moulds[key] = _mould(name, is_escaped=is_escaped)
            mould = moulds[key]
            if mould is not None:
                return f"{mould[0]}{value}{mould[1]}"
        given: Value = _Given(value)
        same = URLNode(node.view_name, [given], {}, node.asvar)
        return str(same.render(context)) if node.asvar is None else str(stored(same, node.asvar, context, {}))

    return write


def _mould(name: str, *, is_escaped: bool) -> tuple[str, str] | None:
    """Return what stands before and after any plain argument; None: not every argument is taken."""
    found = around(name)
    if found is None or not is_escaped:
        return found
    return conditional_escape(found[0]), conditional_escape(found[1])


def stored(node: Node, name: str, context: Context, names: dict[str, Value]) -> Value:
    """Return what a node of Django sets a name to; `names` are those of the layers that it stands in."""
    around = context.dicts
    context.dicts = [*around, names, {}]
    try:
        node.render(context)
        return context.dicts[-1].get(name, MISSING)
    finally:
        context.dicts = around


def without_name(node: Value) -> Node:
    """Return the node of the same address, or sentence, that sets no variable."""
    if isinstance(node, URLNode):
        return URLNode(node.view_name, node.args, node.kwargs, None)
    return TranslateNode(node.filter_expression, node.noop, None, node.message_context)


# What the lines of a function call by its name.
KNOWN: Final[Mapping[str, Value]] = {
    one.__name__: one
    for one in (
        *(show, values.show_tag, values.judged, names.there, names.flat, names.loop_of, names.or_empty),
        *(rows_of, parts_of, stored, folded_templates.key_of),
    )
} | {"MISSING": MISSING}
