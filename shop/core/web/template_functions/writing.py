"""One Python function for a template: what its nodes write, in their order, without walking them."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final, cast

from django.template import Node, NodeList, Template
from django.template.base import FilterExpression, TextNode, VariableNode
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
from django.template.loader_tags import BlockNode, IncludeNode
from django.templatetags.i18n import BlockTranslateNode, GetCurrentLanguageNode, TranslateNode

from shop.core.web import folded_templates
from shop.core.web.template_functions import nodes as own
from shop.core.web.template_functions.expressions import Expressions, NotWritten
from shop.core.web.template_functions.names import Scope, Scopes
from shop.core.web.template_functions.others import chain, included_by
from shop.core.web.template_functions.texts import Texts
from shop.core.web.template_functions.values import Value

Function = Callable[[Context], str]


def function_of(template: Template) -> Function:
    """Return the function that writes a template.

    Raises: NotWritten.
    """
    if template.engine.string_if_invalid:
        raise NotWritten
    body, blocks = chain(template)
    return Writer(template, blocks).function(body)


class Writer:
    """Writes the source of one function, line by line."""

    def __init__(self, template: Template, blocks: dict[str, BlockNode]) -> None:
        self._template, self._blocks = template, blocks
        self._lines: list[str] = []
        self._depth = 1
        self._run: list[Node] = []
        self._texts = Texts()
        self._constants: dict[str, Value] = {**own.KNOWN, "texts_of": self._texts.of}
        self._scopes = Scopes()
        self._expressions = Expressions(self._scopes, self._constants)
        self._within = [template.name]

    def function(self, body: Sequence[Node]) -> Function:
        self._declare(self._scopes.own, body)
        self._nodes(body)
        self._flush()
        source = "\n".join(
            [
                "def write(context):",
                "    key, page = key_of(context), flat(context).get",
                "    dicts, texts, token, out = context.dicts, texts_of(key), None, []",
                "    add = out.append",
                *(f"    {line}" for line in self._scopes.given()),
                *self._lines,
                "    return ''.join(out)",
            ]
        )
        exec(compile(source, f"<template {self._template.name}>", "exec"), self._constants)  # noqa: S102
        write: Function = self._constants["write"]
        return write

    # -- lines ----------------------------------------------------------------------------------------------------
    def _line(self, text: str) -> None:
        self._lines.append("    " * self._depth + text)

    def _name(self, kind: str, value: Value) -> str:
        return self._expressions.constant(kind, value)

    def _new(self, kind: str) -> str:
        """Return a variable that nothing else uses."""
        return self._name(kind, None)

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
    def _branch(self) -> Iterator[None]:
        with self._indented(), self._scopes.branch():
            yield

    @contextmanager
    def _scope(self, given: dict[str, str], nodes: Iterable[Node]) -> Iterator[None]:
        """Write what follows with a layer of names of its own, of which `given` are set at once."""
        self._flush()
        variables = {name: self._new("v") for name in given}
        for name, code in given.items():
            self._line(f"{variables[name]} = {code}")
        with self._scopes.scope() as scope:
            scope.variables |= variables
            self._declare(scope, nodes)
            yield
        self._flush()

    def _declare(self, scope: Scope, nodes: Iterable[Node]) -> None:
        """Let the names that nodes set later be there, without a value."""
        for name in own.names_set(nodes):
            if name not in scope.variables:
                scope.variables[name] = self._new("v")
                scope.unsure.add(name)
                self._line(f"{scope.variables[name]} = MISSING")

    def _set(self, name: str, code: str) -> None:
        self._line(f"{self._scopes.set(name)} = {code}")

    def _flush(self) -> None:
        """Write the run of constant nodes that was met so far."""
        run, self._run = self._run, []
        if not run:
            return None
        if all(isinstance(node, TextNode) for node in run):
            return self._text("".join(node.s for node in run if isinstance(node, TextNode)))
        nodes, place = NodeList(run), self._texts.place()

        def fill(context: Context, texts: list[Value]) -> str:
            texts[place] = nodes.render(context)
            return str(texts[place])

        self._line(f"text = texts[{place}]")
        self._line(f"add({self._name('F', fill)}(context, texts) if text is None else text)")
        return None

    def _text(self, text: str) -> None:
        """Write a text, together with the one before it."""
        name, last = self._name("S", text), self._lines[-1].strip() if self._lines else ""
        if last.startswith("add(S") and self._lines[-1] == "    " * self._depth + last:
            before = last.removeprefix("add(").removesuffix(")")
            self._constants[name] = self._constants[before] + text
            self._lines.pop()
        self._line(f"add({name})")

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
        self._flush()
        write = Writer._kept if hasattr(node, "text_of") else self._WRITERS.get(type(node))
        if write is None or write(self, node) is False:
            self._django(node)
        return None

    def _django(self, node: Node) -> None:
        """Let Django render a node, which sees the names that there are at this place.

        Raises:
            NotWritten: the node might set others.
        """
        if node.get_nodes_by_type(BlockNode) or not own.is_rendered(node):
            raise NotWritten
        name, visible = own.name_set_by(node), self._expressions.visible()
        if name:
            self._set(name, f"stored({self._name('N', node)}, {name!r}, context, {visible or '{}'})")
            self._scopes.own.unsure.add(name)
        else:
            self._seeing(visible, f"add({self._name('N', node)}.render_annotated(context))")

    def _seeing(self, visible: str, line: str) -> None:
        """Write a line that sees names of the layers in the context."""
        if not visible:
            return self._line(line)
        self._line(f"dicts.append({visible})")
        self._line(f"try: {line}")
        self._line("finally: dicts.pop()")
        return None

    def _block(self, node: BlockNode) -> None:
        chosen = self._blocks.get(node.name, node)
        with self._scope({}, chosen.nodelist):
            self._nodes(chosen.nodelist)

    def _variable(self, node: VariableNode) -> None:
        self._line(f"add(show({self._expressions.expression(node.filter_expression)}, context))")

    def _if(self, node: IfNode) -> None:
        depth = self._depth
        for place, (given, nodelist) in enumerate(node.conditions_nodelists):
            if given is None:
                self._line("else:")
            else:
                self._test(given, is_first=place == 0)
            with self._branch():
                self._nodes(nodelist)
        self._depth = depth

    def _test(self, given: Value, *, is_first: bool) -> None:
        """Write the head of an `if`. Whatever Django judges by itself is found out by lines before it."""
        code, is_judged = self._expressions.condition(given)
        if not is_judged:
            return self._line(f"{'if' if is_first else 'elif'} {code}:")
        if not is_first:
            self._line("else:")
            self._depth += 1
        test, visible = self._new("t"), self._expressions.visible() or "{}"
        self._line(f"try: {test} = {code}")
        self._line(f"except Exception: {test} = judged({self._name('C', given)}, {visible}, context)")
        return self._line(f"if {test}:")

    def _with(self, node: WithNode) -> None:
        with self._scope(self._values(node.extra_context), node.nodelist):
            self._nodes(node.nodelist)

    def _autoescape(self, node: Value) -> None:
        around = self._new("around")
        self._line(f"{around} = context.autoescape, key, texts")
        self._line(f"context.autoescape = {node.setting}")
        self._line("key = key_of(context)")
        self._line("texts = texts_of(key)")
        self._line("try:")
        with self._indented():
            self._nodes(node.nodelist)
        self._line(f"finally: context.autoescape, key, texts = {around}")

    def _values(self, given: dict[str, Value]) -> dict[str, str]:
        return {name: self._expressions.expression(one) for name, one in given.items()}

    def _for(self, node: Value) -> None:
        rows, number, place, row = (self._new(kind) for kind in ("rows", "n", "i", "row"))
        self._line(f"{rows} = rows_of({self._expressions.expression(node.sequence, None)})")
        self._line(f"{number} = len({rows})")
        self._line(f"if {number}:")
        with self._branch():
            self._turns(node, rows, number, place, row)
        if node.nodelist_empty:
            self._line("else:")
            with self._branch(), self._scope({}, node.nodelist_empty):
                self._nodes(node.nodelist_empty)

    def _turns(self, node: Value, rows: str, number: str, place: str, row: str) -> None:
        nodes, loopvars = node.nodelist_loop, node.loopvars
        turns = f"for {place}, {row} in enumerate({'reversed' if node.is_reversed else ''}({rows})):"
        with self._scopes.scope() as scope:
            scope.place, scope.number = place, number
            scope.variables |= {name: self._new("v") for name in loopvars}
            if len(loopvars) == 1:
                # What is set in one turn is there in the next.
                self._declare(scope, nodes)
            self._line(turns)
            with self._branch():
                scope.branches = self._scopes.branches
                parts = row if len(loopvars) == 1 else f"parts_of({row}, {len(loopvars)})"
                self._line(f"{', '.join(scope.variables[name] for name in loopvars)} = {parts}")
                self._declare(scope, nodes)
                self._nodes(nodes)

    def _include(self, node: IncludeNode) -> bool | None:
        included = included_by(node, self._template, self._within)
        if included is None:
            return False
        self._within.append(included.name)
        with self._scope(self._values(node.extra_context), included.nodelist):
            self._nodes(included.nodelist)
        self._within.pop()
        return None

    def _token(self, node: CsrfTokenNode) -> None:
        name = self._name("N", node)
        self._line(f"token = {name}.render(context) if token is None else token")
        self._line("add(token)")

    def _url(self, node: Value) -> bool | None:
        name = node.view_name
        is_named = not (node.kwargs or name.is_var or name.filters)
        if is_named and len(node.args) == 1 and node.args[0].is_var:
            value = self._expressions.expression(node.args[0])
            call = f"{self._name('A', own.address(node))}({value}, context, key)"
            if node.asvar is None:
                self._line(f"add({call})")
            else:
                self._set(node.asvar, call)
            return None
        return self._same(node)

    def _same(self, node: Value) -> bool | None:
        """Write what sets a name to the same text for everybody, which is kept by language."""
        if node.asvar is None or not folded_templates.is_constant(own.without_name(node)):
            return False
        place, stored = self._texts.place(), self._name("N", node)
        self._line(
            f"if texts[{place}] is None: texts[{place}] = stored({stored}, {node.asvar!r}, context, {{}})"
        )
        self._set(node.asvar, f"texts[{place}]")
        return None

    def _language(self, node: Value) -> None:
        self._set(node.variable, "key[0]")

    def _call(self, node: SimpleNode | InclusionNode) -> tuple[str, str]:
        """Return the call of a tag of ours, and the names that it sees in the context."""
        given = [self._expressions.expression(one) for one in node.args]
        named = [f"{name!r}: {self._expressions.expression(one)}" for name, one in node.kwargs.items()]
        if named:
            given.append(f"**{{{', '.join(named)}}}")
        function: Value = node.func
        if node.takes_context:
            given.insert(0, "context")
        sees_layers = node.takes_context and not getattr(function, "sees_page_alone", False)
        visible = self._expressions.visible() if sees_layers else ""
        return f"{self._name('T', function)}({', '.join(given)})", visible

    def _tag(self, node: SimpleNode) -> None:
        call, visible = self._call(node)
        result = self._new("r")
        self._seeing(visible, f"{result} = {call}")
        if node.target_var is None:
            self._line(f"add(show_tag({result}, context))")
        else:
            self._set(node.target_var, result)

    def _inclusion(self, node: InclusionNode) -> bool | None:
        if not isinstance(node.filename, str):
            return False
        shown = self._template.engine.get_template(node.filename)
        call, visible = self._call(node)
        result, token = self._new("r"), self._scopes.value("csrf_token")
        self._seeing(visible, f"{result} = {call}")
        self._line(f"add({self._name('I', own.inclusion(shown))}(context, {result}, {token}))")
        return None

    def _sentence(self, node: BlockTranslateNode) -> bool | None:
        if node.asvar or node.message_context:
            return False
        within, write = own.sentence(node)
        count, counter = self._new("count"), cast(FilterExpression, node.counter)
        is_counted = bool(node.plural and node.countervar and node.counter)
        self._line(f"{count} = {self._expressions.expression(counter) if is_counted else None}")
        parts = []
        for name in within:
            if is_counted and name == node.countervar:
                code = count
            elif name in node.extra_context:
                code = self._expressions.expression(node.extra_context[name])
            else:
                code = f"or_empty({self._scopes.value(name)})"
            parts.append(f"{name!r}: {code}")
        self._line(f"add({self._name('B', write)}(context, key, {{{', '.join(parts)}}}, {count}))")
        return None

    def _kept(self, node: Value) -> None:
        """Write a node that has `values` (expressions by their names), and is its `text_of` them."""
        given = [self._expressions.expression(one) for one in node.values.values()]
        self._line(f"add({self._name('Q', node.text_of)}({', '.join(['context', 'key', *given])}))")

    _WRITERS: Final[dict[type[Node], Callable[..., bool | None]]] = {
        VariableNode: _variable,
        IfNode: _if,
        WithNode: _with,
        AutoEscapeControlNode: _autoescape,
        ForNode: _for,
        IncludeNode: _include,
        CsrfTokenNode: _token,
        URLNode: _url,
        TranslateNode: _same,
        GetCurrentLanguageNode: _language,
        SimpleNode: _tag,
        InclusionNode: _inclusion,
        BlockTranslateNode: _sentence,
    }
