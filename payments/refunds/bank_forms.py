"""The form of bank data: one set of fields for each way of being paid in the country, checked by that way's rules."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from shop.core import countries
from shop.core.countries import banking
from shop.core.user_input.lines import LineField

_PLACES = {"account": "off", "number": "off", "holder": "name", "tax_id": "off"}


class BankForm(forms.Form):
    """Bank data of a country. With several ways only the chosen one's fields count; each has names of its own.

    After `is_valid`, `way` and `values` are what `bank_details.give` takes.
    """

    def __init__(self, *args: Any, country: str, **kwargs: Any) -> None:
        super().__init__(*args, **{"label_suffix": "", **kwargs})
        self.country = countries.COUNTRIES.get(country, countries.current())
        self.ways = banking.ways(country)
        self.values: dict[str, str] = {}
        if len(self.ways) > 1:
            self.fields["way"] = forms.ChoiceField(
                label=_("How we send it"),
                choices=[(way.code, way.label) for way in self.ways],
                widget=forms.RadioSelect,
                initial=self.ways[0].code,
            )
        for way in self.ways:
            for field in way.fields:
                self.fields[_name(way, field)] = self._field(field)

    def _field(self, field: banking.Field) -> forms.Field:
        """Return a form field which asks for nothing by itself: which ones must be filled depends on the way."""
        if field.choices:
            return forms.ChoiceField(label=field.label, choices=field.choices, required=False)
        made = LineField(label=field.label, max_length=field.max_length, required=False, help_text=field.help)
        made.widget.attrs.update(
            {"autocomplete": _PLACES.get(field.name, "off"), "spellcheck": "false", "autocapitalize": "off"}
        )
        return made

    @property
    def way(self) -> banking.Way:
        """Return the way chosen; the only one where there is no choice."""
        code = self.cleaned_data.get("way") if self.is_bound else None
        return next((way for way in self.ways if way.code == code), self.ways[0])

    @property
    def groups(self) -> list[tuple[banking.Way, list[forms.BoundField]]]:
        """Return each way with its fields, for the page."""
        return [(way, [self[_name(way, field)] for field in way.fields]) for way in self.ways]

    @property
    def way_field(self) -> forms.BoundField:
        """Return the choice of the way."""
        return self["way"]

    @property
    def way_choices(self) -> list[object]:
        """Return the radio buttons of the choice."""
        return list(self["way"])

    def clean(self) -> dict[str, Any]:
        """Check the fields of the chosen way, each beside itself."""
        data = super().clean() or self.cleaned_data
        if "way" in self.errors:
            return data
        for field in self.way.fields:
            name = _name(self.way, field)
            if name in self.errors:
                continue
            text = str(data.get(name) or "").strip()
            if not text:
                self.add_error(name, _("We need this to send you the money."))
                continue
            try:
                self.values[field.name] = banking.clean(self.country, field, text)
            except banking.BadAccount as error:
                self.add_error(name, error.words)
        return data


def _name(way: banking.Way, field: banking.Field) -> str:
    return f"{way.code}_{field.name}"
