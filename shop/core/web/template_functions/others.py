"""Templates that stand in another one, or around it: they are written into the same function."""

from collections.abc import Collection, Sequence

from django.template import Node, Template, TemplateDoesNotExist
from django.template.base import TextNode
from django.template.loader_tags import BlockNode, ExtendsNode, IncludeNode

from shop.core.web.template_functions.expressions import NotWritten
from shop.core.web.template_functions.nodes import OF_ONE_TEMPLATE
from shop.core.web.template_functions.values import Value


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


def included_by(node: IncludeNode, template: Template, within: Collection[str | None]) -> Template | None:
    """Return the template that is written in the place of an `include`; None: it is rendered by itself.

    `within`: the names of those that it stands in.
    """
    name = node.template
    if node.isolated_context or name.is_var or name.filters or not isinstance(name.var, str):
        return None
    if name.var.startswith(".") or name.var in within:
        return None
    try:
        found = template.engine.get_template(name.var)
    except TemplateDoesNotExist:
        return None
    if any(found.nodelist.get_nodes_by_type(kind) for kind in OF_ONE_TEMPLATE):
        return None
    return found
