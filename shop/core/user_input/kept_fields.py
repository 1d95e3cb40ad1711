"""Fields that every form of a kind shares: Django copies them, and writes their HTML, again for each form.

A field says nothing of who fills the form in, so that it can be kept as long as the process. What is kept of its HTML
has a gap where the value goes.
"""

from collections.abc import Callable, Sequence
from html import escape
from typing import Final
from uuid import uuid4

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField
from django.utils.translation import get_language

_GAP: Final = uuid4().hex


class KeptFields(dict[str, forms.Field]):
    """The `base_fields` of a form whose fields are never changed: its copy, which the form makes, is a shallow one."""

    def __init__(self, fields: dict[str, forms.Field]) -> None:
        super().__init__(fields)
        self.moulds: dict[object, Mould] = {}
        # By place in the templates: texts, with the moulds that stand between them.
        self.parts: dict[object, Sequence[str | Mould]] = {}
        # The names and words of each field, as bound fields have them.
        self.bound: dict[object, dict[str, object]] = {}

    def __deepcopy__(self, memo: object) -> dict[str, forms.Field]:
        return dict(self)


class KeptBoundField(BoundField):
    """A field of one form: its names and words are those of the same field in every form of its kind."""

    def __init__(self, form: forms.Form, field: forms.Field, name: str) -> None:
        kept = form.base_fields
        if not isinstance(kept, KeptFields) or kept.get(name) is not field:
            super().__init__(form, field, name)
            return
        key = (name, form.prefix, form.auto_id)
        first = kept.bound.get(key)
        if first is None:
            super().__init__(form, field, name)
            # Nothing was read of the form yet.
            kept.bound[key] = {name: value for name, value in self.__dict__.items() if name != "form"}
        else:
            self.__dict__.update(first)
            self.form, self.renderer = form, form.renderer


class KeptForm(forms.Form):
    """A form whose `base_fields` are `KeptFields`."""

    bound_field_class = KeptBoundField

    def _clean_fields(self) -> None:
        """Check what was sent, as Django does: without a bound field, which only who shows the form asks for."""
        for name, field in self.fields.items():
            try:
                if field.disabled or isinstance(field, forms.FileField):
                    value = field._clean_bound_field(self[name])  # type: ignore[attr-defined]
                else:
                    sent = field.widget.value_from_datadict(self.data, self.files, self.add_prefix(name))
                    value = field.clean(sent)
                self.cleaned_data[name] = value
                if own := getattr(self, f"clean_{name}", None):
                    self.cleaned_data[name] = own()
            except ValidationError as error:
                self.add_error(name, error)


_kept: dict[object, tuple[object, KeptFields]] = {}


def kept_fields(
    form: type, owner: object, *key: object, make: Callable[[], dict[str, forms.Field]]
) -> KeptFields:
    """Return the fields of a form that are made once in each language. `owner`, the same object, and `key`: what else
    they depend on."""
    place = (form, get_language(), key)
    found = _kept.get(place)
    if found is None or found[0] is not owner:
        found = _kept[place] = (owner, KeptFields(make()))
    return found[1]


def is_new(form: object) -> bool:
    """Say whether a form has kept fields and nobody has sent it yet: what it shows is its fields and their values."""
    return (
        isinstance(getattr(form, "base_fields", None), KeptFields)
        and isinstance(form, forms.BaseForm)
        and not form.is_bound
        and form.auto_id == "id_%s"
    )


_INPUTS: Final = frozenset({forms.TextInput, forms.EmailInput, forms.HiddenInput})
_FITTING: Final = _INPUTS | {forms.Select, forms.CheckboxInput}


class Mould:
    """The HTML of a field without errors, into which a value is put."""

    def __init__(self, bound: BoundField, write: Callable[[object], str]) -> None:
        widget = bound.field.widget
        attrs = bound.build_widget_attrs({}, widget) | {"id": bound.auto_id}
        name, renderer = bound.html_name, bound.form.renderer

        def render(value: object) -> str:
            return write(widget.render(name, value, attrs, renderer))

        self._render, self._fill = render, render
        self._widget, self._field, self._name = widget, bound.field, bound.name
        if isinstance(widget, forms.CheckboxInput):
            self._texts = {is_checked: render(is_checked) for is_checked in (False, True)}
            self._fill = self._checked
        else:
            self._before, _gap, self._after = render(_GAP).partition(f' value="{_GAP}"')
            self._fill = self._chosen if isinstance(widget, forms.Select) else self._written

    @classmethod
    def fits(cls, bound: BoundField) -> bool:
        """Say whether a field has a mould: of a new form, with a plain widget."""
        return is_new(bound.form) and type(bound.field.widget) in _FITTING

    def of(self, form: forms.BaseForm) -> str:
        """Return the HTML with the value that a form begins with."""
        value = form.get_initial_for_field(self._field, self._name)
        return self._fill(self._field.prepare_value(value))

    def _chosen(self, value: object) -> str:
        chosen = escape(self._widget.format_value(value)[0])
        return self._before.replace(f'<option value="{chosen}">', f'<option value="{chosen}" selected>', 1)

    def _written(self, value: object) -> str:
        shown = self._widget.format_value(value)
        written = "" if shown is None else f' value="{escape(str(shown))}"'
        return f"{self._before}{written}{self._after}"

    def _checked(self, value: object) -> str:
        is_plain = value is None or isinstance(value, bool)
        return self._texts[bool(value)] if is_plain else self._render(value)
