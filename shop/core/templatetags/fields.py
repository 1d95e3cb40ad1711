"""The template tag that writes a field of a form with its label, hint and errors; used by `components/field.html`."""

from typing import Final

from django import template
from django.forms.boundfield import BoundField
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from shop.core.user_input.kept_fields import Mould

register = template.Library()
_OPTIONAL: Final = '\n    <span class="optional">({})</span>'


@register.simple_tag
def field(bound: BoundField, hint: object = "", hide_optional: object = False) -> SafeString:
    """Write a field. `hint`: words under it instead of its own; `hide_optional`: do not say that it is optional."""
    if not Mould.fits(bound):
        return SafeString(_around(bound, str(bound), hint, hide_optional))
    moulds: dict[object, Mould] = bound.form.base_fields.moulds  # type: ignore[attr-defined]
    key = (bound.html_name, hint, bool(hide_optional))
    mould = moulds.get(key)
    if mould is None:
        mould = moulds[key] = Mould(bound, lambda widget: _around(bound, widget, hint, hide_optional))
    return SafeString(mould.fill(bound.value()))


def _around(bound: BoundField, widget: object, hint: object, hide_optional: object) -> str:
    errors, key, name = bound.errors, bound.id_for_label, conditional_escape(bound.auto_id)
    target = f' for="{conditional_escape(key)}"' if key else ""
    says_optional = not (bound.field.required or hide_optional)
    optional = _OPTIONAL.format(conditional_escape(_("optional"))) if says_optional else ""
    parts = [
        f'<div class="field{" field--error" if errors else ""}">\n  <label{target}>',
        f"\n    {conditional_escape(bound.label)}{optional}\n  </label>\n  {widget}",
    ]
    if words := hint or bound.help_text:
        parts.append(f'\n  <div class="hint" id="{name}_helptext">{conditional_escape(str(words))}</div>')
    if errors:
        sentences = " ".join(conditional_escape(str(error)) for error in errors)
        parts.append(f'\n  <p class="error-text" id="{name}_error">{sentences}</p>')
    return "".join([*parts, "\n</div>"])
