"""The plain widgets of HTML, written by a function each: Django renders a template, and others within it, for each.

What a function writes is what Django's template of that name writes (`django/forms/templates/django/forms/widgets/`).
A widget with a template of its own, as the back office's, is rendered by it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.formats import localize
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString

Widget = Mapping[str, Any]


def attributes(attrs: Mapping[str, Any]) -> str:
    """Return attributes as they stand within a tag; one that is True has no value, one that is False is left out."""
    return "".join(
        f" {conditional_escape(name)}" + ("" if value is True else f'="{conditional_escape(_text(value))}"')
        for name, value in attrs.items()
        if value is not False
    )


def _text(value: object) -> str:
    """Return a value as `stringformat:'s'` does: what is marked as safe stays so."""
    return value if isinstance(value, str) else str(value)


def _shown(label: object) -> str:
    return conditional_escape(label if isinstance(label, str) else str(localize(label)))


def _input(widget: Widget) -> str:
    value = widget["value"]
    written = "" if value is None else f' value="{conditional_escape(_text(value))}"'
    return (
        f'<input type="{conditional_escape(widget["type"])}" name="{conditional_escape(widget["name"])}"'
        f"{written}{attributes(widget['attrs'])}>"
    )


def _one_of_several(widget: Widget) -> str:
    if not widget.get("wrap_label"):
        return _input(widget)
    key = widget["attrs"].get("id")
    begin = f'<label for="{conditional_escape(key)}">' if key else "<label>"
    return f"{begin}{_input(widget)} {_shown(widget['label'])}</label>"


def _option(widget: Widget) -> str:
    value = conditional_escape(_text(widget["value"]))
    return f'<option value="{value}"{attributes(widget["attrs"])}>{_shown(widget["label"])}</option>'


def _select(widget: Widget) -> str:
    parts = [f'<select name="{conditional_escape(widget["name"])}"{attributes(widget["attrs"])}>']
    for group, options, _index in widget["optgroups"]:
        if group:
            parts.append(f'\n  <optgroup label="{conditional_escape(group)}">')
        parts += [f"\n  {_option(option)}" for option in options]
        if group:
            parts.append("\n  </optgroup>")
    return "".join([*parts, "\n</select>"])


def _textarea(widget: Widget) -> str:
    value = widget["value"]
    begin = f'<textarea name="{conditional_escape(widget["name"])}"{attributes(widget["attrs"])}>'
    return f"{begin}\n{_shown(value) if value else ''}</textarea>"


_INPUTS: Final = (
    *("text", "email", "number", "password", "hidden", "url", "tel", "search", "color", "date", "datetime"),
    *("time", "checkbox", "file"),
)
WRITERS: Final[dict[str, Callable[[Widget], str]]] = {
    **{f"django/forms/widgets/{name}.html": _input for name in _INPUTS},
    "django/forms/widgets/radio_option.html": _one_of_several,
    "django/forms/widgets/checkbox_option.html": _one_of_several,
    "django/forms/widgets/select.html": _select,
    "django/forms/widgets/textarea.html": _textarea,
}


class FlatRenderer(DjangoTemplates):
    """Django's own renderer of forms, which writes plain widgets without a template."""

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> SafeString:
        """Return the HTML of a widget or a form."""
        write = WRITERS.get(template_name)
        if write is None:
            return SafeString(super().render(template_name, context, request))
        return SafeString(write(context["widget"]))
