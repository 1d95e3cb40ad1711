"""The loader of production: templates are folded, and written by functions."""

from django.template import Template

from shop.core.web import folded_templates
from shop.core.web.template_functions.writing import rendered_by_function


class Loader(folded_templates.Loader):
    """Django's cached loader; a template of the shop's pages becomes a function when it is first rendered."""

    def prepare(self, template: Template) -> None:
        super().prepare(template)
        rendered_by_function(template)
