"""The loader of production: templates are folded, and written by functions."""

from collections.abc import Callable

from django.template import Template
from django.template.context import Context
from django.template.loader_tags import BLOCK_CONTEXT_KEY
from django.utils.safestring import SafeString

from shop.core.web import folded_templates
from shop.core.web.template_functions import writing
from shop.core.web.template_functions.expressions import NotWritten
from shop.core.web.template_functions.values import Value


class Loader(folded_templates.Loader):
    """Django's cached loader; a template of the shop's pages becomes a function when it is first rendered."""

    def prepare(self, template: Template) -> None:
        super().prepare(template)
        rendered_by_function(template)


def rendered_by_function(template: Value) -> None:
    """Let a template be written by its function, which is made when it is first rendered."""
    by_nodes: Callable[[Context], SafeString] = template._render

    def first(context: Context) -> SafeString:
        try:
            write = writing.function_of(template)
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
