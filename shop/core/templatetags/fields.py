"""The template tags that write fields of a form: with label, hint and errors, or the bare widget; many at once.

`{% moulded form %}…{% endmoulded %}` makes of what stands in it, in a new form, one text with gaps for the values. In
it is `form` alone, and of that `{% field form.name %}`, `{% widget form.name %}` and `{{ form.name.label }}`: a value
that is written in another way is empty.
"""

from collections.abc import Sequence
from typing import Final, TypeAlias

from django import forms, template
from django.forms.boundfield import BoundField
from django.template import Node, NodeList, TemplateSyntaxError
from django.template.base import FilterExpression, Parser, Token
from django.template.context import Context
from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from shop.core.user_input.kept_fields import KeptFields, Mould, is_new

register = template.Library()
_OPTIONAL: Final = '\n    <span class="optional">({})</span>'
# Stands in no template.
_MARK: Final = "\x00"


class Gap:
    """A field of a form that is being made a text with gaps: its tag leaves a mark, and says what goes there."""

    def __init__(self, bound: BoundField, moulds: list[Mould]) -> None:
        self._bound, self._moulds = bound, moulds
        self.label = bound.label

    def __str__(self) -> str:
        return ""

    def mark(self, mould: Mould) -> SafeString:
        self._moulds.append(mould)
        return SafeString(_MARK)


class _NotPlain(Exception):
    """A field whose widget has no mould: its form is written field by field."""


class _Gaps:
    """The fields of a form as they stand in a text with gaps."""

    def __init__(self, form: forms.BaseForm, moulds: list[Mould]) -> None:
        self._form, self._moulds = form, moulds

    def __getitem__(self, name: str) -> Gap:
        if name not in self._form.fields:
            raise KeyError(name)
        return Gap(self._form[name], self._moulds)


Bound: TypeAlias = BoundField | Gap


@register.simple_tag
def field(bound: Bound, hint: object = "", hide_optional: object = False) -> SafeString:
    """Write a field. `hint`: words under it instead of its own; `hide_optional`: do not say that it is optional."""
    return _written(bound, (hint, bool(hide_optional)))


@register.simple_tag
def widget(bound: Bound) -> SafeString:
    """Write the bare widget of a field."""
    return _written(bound, None)


def _written(bound: Bound, around: tuple[object, bool] | None) -> SafeString:
    of = bound._bound if isinstance(bound, Gap) else bound

    def write(html: object) -> str:
        return str(html) if around is None else _around(of, html, *around)

    if not Mould.fits(of):
        if isinstance(bound, Gap):
            raise _NotPlain
        return SafeString(write(str(of)))
    moulds = of.form.base_fields.moulds  # type: ignore[attr-defined]
    key = (of.html_name, around)
    mould = moulds.get(key)
    if mould is None:
        mould = moulds[key] = Mould(of, write)
    return bound.mark(mould) if isinstance(bound, Gap) else SafeString(mould.of(of.form))


class Moulded(Node):
    """Fields of a form, and what stands around them."""

    child_nodelists = ("nodelist",)
    # Of the context that it stands in (`template_functions.nodes`).
    sets_nothing = True

    def __init__(self, nodelist: NodeList, form: FilterExpression) -> None:
        self.nodelist, self.form = nodelist, form

    def render(self, context: Context) -> SafeString:
        """Return the fields with the values of the form."""
        form = self.form.resolve(context)
        if is_new(form):
            fields: KeptFields = form.base_fields
            # The fields are those of one language already.
            key = (self, form.prefix, context.autoescape)
            parts = fields.parts.get(key)
            if parts is None:
                parts = fields.parts[key] = self._parts(form, context)
            if parts:
                return mark_safe("".join([one if isinstance(one, str) else one.of(form) for one in parts]))
        with context.push(form=form):
            return self.nodelist.render(context)

    def _parts(self, form: forms.BaseForm, context: Context) -> Sequence[str | Mould]:
        """Return texts and the moulds between them; none where a field has no mould."""
        moulds: list[Mould] = []
        try:
            text = self.nodelist.render(context.new({"form": _Gaps(form, moulds)}))
        except _NotPlain:
            return ()
        first, *others = text.split(_MARK)
        parts: list[str | Mould] = [first]
        for mould, after in zip(moulds, others, strict=True):
            parts += [mould, after]
        return parts


@register.tag
def moulded(parser: Parser, token: Token) -> Moulded:
    """Write what stands up to `endmoulded`, with a form that is `form` in it."""
    words = token.split_contents()
    if len(words) != 2:
        raise TemplateSyntaxError("'moulded' takes one form")
    nodelist = parser.parse(("endmoulded",))
    parser.delete_first_token()
    return Moulded(nodelist, parser.compile_filter(words[1]))


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
