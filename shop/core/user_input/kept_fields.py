"""Fields that every form of a kind shares: Django copies them, and writes their HTML, again for each form.

A field says nothing of who fills the form in, so that it can be kept as long as the process. What is kept of its HTML
has a gap where the value goes.
"""

from collections.abc import Callable
from html import escape
from typing import Any, Final
from uuid import uuid4

from django import forms
from django.forms.boundfield import BoundField
from django.utils.translation import get_language

_GAP: Final = uuid4().hex


class KeptFields(dict[str, forms.Field]):
    """The `base_fields` of a form whose fields are never changed: its copy, which the form makes, is a shallow one."""

    def __init__(self, fields: dict[str, forms.Field]) -> None:
        super().__init__(fields)
        self.moulds: dict[object, Mould] = {}

    def __deepcopy__(self, memo: object) -> dict[str, forms.Field]:
        return dict(self)


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


class Mould:
    """The HTML of a field without errors, into which a value is put."""

    def __init__(self, bound: BoundField, write: Callable[[object], str]) -> None:
        widget = bound.field.widget
        attrs = bound.build_widget_attrs({}, widget) | {"id": bound.auto_id}
        html = write(widget.render(bound.html_name, _GAP, attrs, bound.form.renderer))
        self._is_select = isinstance(widget, forms.Select)
        self._widget = widget
        self._before, _gap, self._after = html.partition(f' value="{_GAP}"')

    @classmethod
    def fits(cls, bound: BoundField) -> bool:
        """Say whether a field has a mould: of a form with kept fields that nobody has sent yet."""
        return (
            isinstance(getattr(bound.form, "base_fields", None), KeptFields)
            and not bound.form.is_bound
            and bound.form.auto_id == "id_%s"
            and type(bound.field.widget) in {forms.TextInput, forms.EmailInput, forms.Select}
        )

    def fill(self, value: Any) -> str:
        """Return the HTML with a value."""
        if self._is_select:
            chosen = escape(self._widget.format_value(value)[0])
            return self._before.replace(
                f'<option value="{chosen}">', f'<option value="{chosen}" selected>', 1
            )
        shown = self._widget.format_value(value)
        written = "" if shown is None else f' value="{escape(str(shown))}"'
        return f"{self._before}{written}{self._after}"
