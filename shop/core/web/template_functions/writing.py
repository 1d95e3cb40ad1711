"""One Python function for a template: what its nodes write, in their order, without walking them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from django.template import Node, NodeList, Template, TemplateDoesNotExist
from django.template.base import TextNode, VariableNode
from django.template.context import Context
from django.template.defaulttags import (
    AutoEscapeControlNode,
    CsrfTokenNode,
    ForNode,
    IfNode,
    URLNode,
    WithNode,
)
from django.template.library import InclusionNode, SimpleNode
from django.template.loader_tags import BLOCK_CONTEXT_KEY, BlockNode, ExtendsNode, IncludeNode
from django.templatetags.i18n import BlockTranslateNode
from django.utils.safestring import SafeString

from shop.core.web import folded_templates
from shop.core.web.template_functions import nodes as own
from shop.core.web.template_functions.values import Value, condition, expression, show, show_tag

Function = Callable[[Context], str]


class NotWritten(Exception):
    """A template that is left to Django."""


class Texts:
    """What is the same for everybody, by language: a list of texts for each, filled in when they are first written."""

    def __init__(self) -> None:
        self.number = 0
        self._kept: dict[object, list[Value]] = {}

    def of(self, key: object) -> list[Value]:
        """Return the texts of a language (`key_of`); None stands for one that was not written yet."""
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = [None] * self.number
        return found

    def place(self) -> int:
        self.number += 1
        return self.number - 1


def function_of(template: Template) -> Function:
    """Return the function that writes a template.

    Raises: NotWritten.
    """
    if template.engine.string_if_invalid:
        raise NotWritten
    body, blocks = chain(template)
    return Writer(template, blocks).function(body)


def chain(template: Template) -> tuple[Sequence[Node], dict[str, BlockNode]]:
    """Return the nodes of the template that stands above all parents of a template, and the blocks that apply."""
    blocks: dict[str, BlockNode] = {}
    seen = set()
    while True:
        found: list[Value] = template.nodelist.get_nodes_by_type(BlockNode)
        blocks = {block.name: block for block in found} | blocks
        first = next((node for node in template.nodelist if not isinstance(node, TextNode)), None)
        if not isinstance(first, ExtendsNode):
            return template.nodelist, blocks
        parent: Value = first.parent_name
        if parent.is_var or parent.filters or not isinstance(parent.var, str) or parent.var in seen:
            raise NotWritten
        seen.add(parent.var)
        template = template.engine.get_template(parent.var)


class Writer:
    """Writes the source of one function, line by line."""

    def __init__(self, template: Template, blocks: dict[str, BlockNode]) -> None:
        self._template, self._blocks = template, blocks
        self._lines: list[str] = []
        self._depth = 1
        self._run: list[Node] = []
        self._texts = Texts()
        self._names: dict[str, Value] = {
            "show": show,
            "show_tag": show_tag,
            "key_of": folded_templates.key_of,
            "texts_of": self._texts.of,
        }
        self._within = [template.name]

    def function(self, body: Sequence[Node]) -> Function:
        self._nodes(body)
        self._flush()
        source = "\n".join(
            [
                "def write(context):",
                "    key = key_of(context)",
                "    dicts, texts, token, out = context.dicts, texts_of(key), None, []",
                "    add = out.append",
                *self._lines,
                "    return ''.join(out)",
            ]
        )
        exec(compile(source, f"<template {self._template.name}>", "exec"), self._names)  # noqa: S102
        write: Function = self._names["write"]
        return write

    # -- lines ----------------------------------------------------------------------------------------------------
    def _line(self, text: str) -> None:
        self._lines.append("    " * self._depth + text)

    def _name(self, kind: str, value: Value) -> str:
        name = f"{kind}{len(self._names)}"
        self._names[name] = value
        return name

    @contextmanager
    def _indented(self) -> Iterator[None]:
        self._depth += 1
        before = len(self._lines)
        yield
        self._flush()
        if len(self._lines) == before:
            self._line("pass")
        self._depth -= 1

    @contextmanager
    def _scope(self, values: str) -> Iterator[None]:
        """Write what follows with a layer of variables of its own."""
        self._flush()
        self._line(f"dicts.append({values})")
        self._line("try:")
        with self._indented():
            yield
        self._line("finally: dicts.pop()")

    def _flush(self) -> None:
        """Write the run of constant nodes that was met so far."""
        run, self._run = self._run, []
        if not run:
            return
        if all(isinstance(node, TextNode) for node in run):
            text = "".join(node.s for node in run if isinstance(node, TextNode))
            self._line(f"add({self._name('S', text)})")
            return
        nodes, place = NodeList(run), self._texts.place()

        def fill(context: Context, texts: list[Value]) -> str:
            texts[place] = nodes.render(context)
            return str(texts[place])

        self._line(f"text = texts[{place}]")
        self._line(f"add({self._name('F', fill)}(context, texts) if text is None else text)")

    # -- nodes ----------------------------------------------------------------------------------------------------
    def _nodes(self, nodes: Iterable[Node]) -> None:
        for node in nodes:
            self._node(node)

    def _node(self, node: Node) -> None:
        if isinstance(node, BlockNode):
            return self._block(node)
        if folded_templates.is_constant(node):
            self._run.append(node)
            return None
        write = self._WRITERS.get(type(node))
        if write is not None and write(self, node) is not False:
            return None
        if node.get_nodes_by_type(BlockNode):
            raise NotWritten
        self._flush()
        self._line(f"add({self._name('N', node)}.render_annotated(context))")
        return None

    def _block(self, node: BlockNode) -> None:
        chosen = self._blocks.get(node.name, node)
        if _assigns(chosen.nodelist):
            with self._scope("{}"):
                self._nodes(chosen.nodelist)
        else:
            self._nodes(chosen.nodelist)

    def _variable(self, node: VariableNode) -> None:
        self._flush()
        self._line(f"add(show({self._name('E', expression(node.filter_expression))}(context), context))")

    def _if(self, node: IfNode) -> None:
        self._flush()
        for place, (given, nodelist) in enumerate(node.conditions_nodelists):
            word = "if" if place == 0 else "elif"
            head = "else" if given is None else f"{word} {self._name('C', condition(given))}(context)"
            self._line(f"{head}:")
            with self._indented():
                self._nodes(nodelist)

    def _with(self, node: WithNode) -> None:
        with self._scope(self._values(node.extra_context)):
            self._nodes(node.nodelist)

    def _autoescape(self, node: Value) -> None:
        self._flush()
        around = f"around{self._depth}"
        self._line(f"{around} = context.autoescape, key, texts")
        self._line(f"context.autoescape = {node.setting}")
        self._line("key = key_of(context)")
        self._line("texts = texts_of(key)")
        self._line("try:")
        with self._indented():
            self._nodes(node.nodelist)
        self._line(f"finally: context.autoescape, key, texts = {around}")

    def _values(self, given: dict[str, Value]) -> str:
        parts = (f"{name!r}: {self._name('E', expression(one))}(context)" for name, one in given.items())
        return f"{{{', '.join(parts)}}}"

    def _for(self, node: Value) -> None:
        loop = self._name("L", own.Loop(node))
        rows = f"rows{len(self._names)}"
        self._flush()
        self._line(f"{rows} = {loop}.rows(context)")
        self._line(f"if len({rows}):")
        with self._indented(), self._scope("{}"):
            self._line(f"for _row in {loop}.each(context, {rows}):")
            with self._indented():
                self._nodes(node.nodelist_loop)
        if node.nodelist_empty:
            self._line("else:")
            with self._indented(), self._scope("{}"):
                self._nodes(node.nodelist_empty)

    def _include(self, node: IncludeNode) -> bool | None:
        included = self._included(node)
        if included is None:
            return False
        self._within.append(included.name)
        if node.extra_context or _assigns(included.nodelist):
            with self._scope(self._values(node.extra_context)):
                self._nodes(included.nodelist)
        else:
            self._nodes(included.nodelist)
        self._within.pop()
        return None

    def _included(self, node: IncludeNode) -> Template | None:
        """Return the template that is written in the place of an `include`; None: it is rendered by itself."""
        name = node.template
        if node.isolated_context or name.is_var or name.filters or not isinstance(name.var, str):
            return None
        if name.var.startswith(".") or name.var in self._within:
            return None
        try:
            found = self._template.engine.get_template(name.var)
        except TemplateDoesNotExist:
            return None
        if any(found.nodelist.get_nodes_by_type(kind) for kind in own.OF_ONE_TEMPLATE):
            return None
        return found

    def _token(self, node: CsrfTokenNode) -> None:
        self._flush()
        name = self._name("N", node)
        self._line(f"token = {name}.render(context) if token is None else token")
        self._line("add(token)")

    def _url(self, node: Value) -> bool | None:
        name = node.view_name
        if (
            len(node.args) == 1
            and not node.kwargs
            and not name.is_var
            and not name.filters
            and node.args[0].is_var
        ):
            self._flush()
            call = f"{self._name('A', own.address(node))}(context, key)"
            self._line(f"add({call})" if node.asvar is None else f"dicts[-1][{node.asvar!r}] = {call}")
            return None
        if node.asvar is None or not folded_templates.is_constant(own.without_name(node)):
            return False
        self._flush()
        place = self._texts.place()
        self._line(f"url = texts[{place}]")
        self._line("if url is None:")
        self._line(
            f"    url = texts[{place}] = {self._name('F', own.address_of)}({self._name('N', node)}, context)"
        )
        self._line(f"dicts[-1][{node.asvar!r}] = url")
        return None

    def _tag(self, node: SimpleNode) -> None:
        self._flush()
        call = f"{self._name('T', own.called(node))}(context)"
        if node.target_var is None:
            self._line(f"add(show_tag({call}, context))")
        else:
            self._line(f"dicts[-1][{node.target_var!r}] = {call}")

    def _inclusion(self, node: InclusionNode) -> bool | None:
        if not isinstance(node.filename, str):
            return False
        self._flush()
        shown = self._template.engine.get_template(node.filename)
        self._line(f"add({self._name('I', own.inclusion(node, shown))}(context))")
        return None

    def _sentence(self, node: BlockTranslateNode) -> bool | None:
        if node.asvar or node.message_context:
            return False
        self._flush()
        self._line(f"add({self._name('B', own.sentence(node))}(context, key))")
        return None

    _WRITERS: Final[dict[type[Node], Callable[..., bool | None]]] = {
        VariableNode: _variable,
        IfNode: _if,
        WithNode: _with,
        AutoEscapeControlNode: _autoescape,
        ForNode: _for,
        IncludeNode: _include,
        CsrfTokenNode: _token,
        URLNode: _url,
        SimpleNode: _tag,
        InclusionNode: _inclusion,
        BlockTranslateNode: _sentence,
    }


_NAMELESS: Final = (TextNode, VariableNode, CsrfTokenNode)


def _assigns(nodes: Iterable[Node]) -> bool:
    """Say whether nodes may set a variable that those after them would see."""
    for node in nodes:
        if isinstance(node, _NAMELESS) or folded_templates.is_constant(node):
            continue
        if isinstance(node, IfNode):
            if any(_assigns(nodelist) for _given, nodelist in node.conditions_nodelists):
                return True
        elif isinstance(node, SimpleNode):
            if node.target_var is not None:
                return True
        elif not isinstance(node, BlockNode | ForNode | IncludeNode | InclusionNode | WithNode) and not (
            isinstance(node, BlockTranslateNode | URLNode) and not node.asvar
        ):
            return True
    return False


def rendered_by_function(template: Value) -> None:
    """Let a template be written by its function, which is made when it is first rendered."""
    by_nodes: Callable[[Context], SafeString] = template._render

    def first(context: Context) -> SafeString:
        try:
            write = function_of(template)
        except NotWritten:
            template._render = by_nodes
            return by_nodes(context)

        def render(context: Context) -> SafeString:
            if context.render_context.get(BLOCK_CONTEXT_KEY) is not None:
                # As the parent of a template that is not written so, which has put its blocks there.
                return by_nodes(context)
            return SafeString(write(context))

        template._render = render
        return render(context)

    template._render = first
