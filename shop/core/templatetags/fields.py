"""The template tag that writes a field of a form with its label, hint and errors; used by `components/field.html`."""

from typing import Final

from django import template
from django.forms.boundfield import BoundField
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

register = template.Library()
_OPTIONAL: Final = '\n    <span class="optional">({})</span>'


@register.simple_tag
def field(bound: BoundField, hint: object = "", hide_optional: object = False) -> SafeString:
    """Write a field. `hint`: words under it instead of its own; `hide_optional`: do not say that it is optional."""
    errors, key, name = bound.errors, bound.id_for_label, conditional_escape(bound.auto_id)
    target = f' for="{conditional_escape(key)}"' if key else ""
    optional = (
        "" if bound.field.required or hide_optional else _OPTIONAL.format(conditional_escape(_("optional")))
    )
    parts = [
        f'<div class="field{" field--error" if errors else ""}">\n  <label{target}>',
        f"\n    {conditional_escape(bound.label)}{optional}\n  </label>\n  {bound}",
    ]
    if words := hint or bound.help_text:
        parts.append(f'\n  <div class="hint" id="{name}_helptext">{conditional_escape(words)}</div>')
    if errors:
        sentences = " ".join(map(conditional_escape, errors))
        parts.append(f'\n  <p class="error-text" id="{name}_error">{sentences}</p>')
    return mark_safe("".join([*parts, "\n</div>"]))
