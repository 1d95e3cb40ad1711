"""What a template writes alike for every request is written once in each language, and kept as one text.

Two thirds of the nodes of a page are sentences, addresses of pages and files, icons and facts of the shop: Django works
each of them out again for each page. In production the loader puts one `Kept` in the place of each run of such nodes.
What depends on anything but the language and the settings is left as it is.
"""

import threading
from collections.abc import Iterable
from typing import Any, Final, cast

from django.template import Node, NodeList, Template
from django.template.base import FilterExpression, TextNode, TokenType, Variable, VariableNode
from django.template.context import Context
from django.template.defaulttags import CommentNode, IfNode, LoadNode, TemplateLiteral, URLNode
from django.template.library import SimpleNode
from django.template.loader_tags import IncludeNode
from django.template.loaders import cached
from django.templatetags.i18n import BlockTranslateNode, TranslateNode
from django.templatetags.static import StaticNode
from django.urls import get_script_prefix
from django.utils.safestring import SafeString
from django.utils.translation import get_language

# The variable whose values are settings (`shop.core.web.context`).
_SETTINGS: Final = "shop"
# Templates of the shop's own pages and mails; the back office has others.
_FOLDED: Final = ("orders", "catalog", "components", "payments", "accounts", "account", "mail", "base.html")


# How often what was kept has been forgotten.
_forgotten: Final = [0]


def key_of(context: Context) -> object:
    """Return what a kept text depends on."""
    return get_language(), context.autoescape, get_script_prefix(), _forgotten[0]


def forget() -> None:
    """Have every kept text written again: the settings are others (they change in tests alone)."""
    _forgotten[0] += 1


class Kept(Node):
    """Nodes that write the same for every request in a language."""

    child_nodelists = ()

    def __init__(self, nodes: Iterable[Node]) -> None:
        self.nodes = NodeList(nodes)
        self._texts: dict[object, SafeString] = {}

    def render(self, context: Context) -> SafeString:
        key = key_of(context)
        text = self._texts.get(key)
        if text is None:
            text = self._texts[key] = self.nodes.render(context)
        return text

    def render_annotated(self, context: Context) -> SafeString:
        return self.render(context)


class Loader(cached.Loader):
    """Django's cached loader, whose templates are folded when they are first asked for."""

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._lock = threading.RLock()

    def get_template(self, template_name: str, skip: Any = None) -> Template:
        """Return a template, folded; see Django.

        Another thread that asks for it meanwhile waits: whoever walks nodes while some are put together misses others.
        """
        template: Any = super().get_template(template_name, skip)
        if template_name.partition("/")[0] in _FOLDED and not getattr(template, "is_folded", False):
            with self._lock:
                if not hasattr(template, "is_folded"):
                    # Before its nodes: a template that includes itself is asked for again meanwhile, by this thread.
                    template.is_folded = False
                    self.prepare(template)
                    template.is_folded = True
        return cast(Template, template)

    def prepare(self, template: Template) -> None:
        """Do what is done once with a template of the shop's pages."""
        fold(template.nodelist)


def fold(nodes: NodeList) -> None:
    """Put one node in the place of each run of constant ones, here and within the others."""
    folded: list[Node] = []
    run: list[Node] = []
    for node in nodes:
        if is_constant(node):
            run.append(node)
            continue
        folded += _kept(run)
        run = []
        for inner in _inner(node):
            fold(inner)
        folded.append(node)
    nodes[:] = folded + _kept(run)


def _kept(run: list[Node]) -> list[Node]:
    return run if all(isinstance(node, TextNode) for node in run) else [Kept(run)]


def _inner(node: Node) -> list[NodeList]:
    if isinstance(node, IfNode):
        return [nodelist for _condition, nodelist in node.conditions_nodelists]
    found = (getattr(node, name, None) for name in node.child_nodelists)
    return [nodelist for nodelist in found if isinstance(nodelist, NodeList)]


def is_constant(node: Node) -> bool:
    """Say whether a node writes the same for every request in a language, and sets no variable."""
    match node:
        case TextNode() | CommentNode() | LoadNode() | Kept():
            return True
        case VariableNode():
            return _is_fixed(node.filter_expression)
        case TranslateNode():
            return node.asvar is None and _are_fixed([node.filter_expression, node.message_context])
        case BlockTranslateNode():
            return _is_fixed_sentence(node)
        case URLNode():
            return node.asvar is None and _are_fixed([node.view_name, *node.args, *node.kwargs.values()])
        case StaticNode():
            return node.varname is None and _is_fixed(node.path)
        case SimpleNode():
            is_pure = getattr(node.func, "is_pure", False) and node.target_var is None
            return is_pure and _are_fixed([*node.args, *node.kwargs.values()])
        case IfNode():
            return all(
                (condition is None or _is_fixed_condition(condition)) and all(map(is_constant, nodelist))
                for condition, nodelist in node.conditions_nodelists
            )
        case IncludeNode():
            return _includes_fixed(node)
        case _:
            return False


def _is_fixed(expression: FilterExpression) -> bool:
    """Say whether an expression is of literals and of the shop's settings alone."""
    arguments = [
        argument for _filter, given in expression.filters for is_looked_up, argument in given if is_looked_up
    ]
    return all(
        not isinstance(one, Variable) or one.lookups is None or one.lookups[0] == _SETTINGS
        for one in (expression.var, *arguments)
    )


def _are_fixed(expressions: Iterable[FilterExpression | None]) -> bool:
    return all(one is None or _is_fixed(one) for one in expressions)


def _is_fixed_condition(condition: Any) -> bool:
    if isinstance(condition, TemplateLiteral):
        return _is_fixed(condition.value)  # type: ignore[arg-type]
    parts = [part for part in (condition.first, condition.second) if part is not None]
    return bool(parts) and all(map(_is_fixed_condition, parts))


def _is_fixed_sentence(node: BlockTranslateNode) -> bool:
    if node.asvar or node.plural or node.counter or not _are_fixed([node.message_context]):
        return False
    if not _are_fixed(node.extra_context.values()):
        return False
    return all(
        token.token_type == TokenType.TEXT or token.contents in node.extra_context for token in node.singular
    )


def _includes_fixed(node: IncludeNode) -> bool:
    """Say whether an included template is constant; it is folded, too, when it is loaded here."""
    if not _is_fixed(node.template) or not isinstance(node.template.var, str) or node.extra_context:
        return False
    engine = _engine()
    return all(map(is_constant, engine.get_template(node.template.var).nodelist))


def _engine() -> Any:
    from django.template import engines

    return engines["django"].engine  # type: ignore[attr-defined]
