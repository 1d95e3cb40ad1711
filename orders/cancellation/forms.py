"""The form by which a buyer cancels their order, or units of it."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders.checkout.forms import list_errors, name_what_is_missing
from orders.models import Cancellation, OrderLine
from shop.core.user_input.fields import WholeField
from shop.core.user_input.lines import LineField


class CancellationForm(forms.Form):
    """How many units of each line, and why. `seen`: what of the preview was shown; `token` makes two clicks one act."""

    reason = forms.ChoiceField(label=_("Why?"))
    note = LineField(label=_("Anything to add?"), max_length=200, required=False)
    seen = forms.CharField(widget=forms.HiddenInput, max_length=64, required=False)
    token = forms.CharField(widget=forms.HiddenInput, max_length=64)

    def __init__(self, *args: Any, lines: Sequence[OrderLine], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        reasons = [(one.value, one.label) for one in Cancellation.OF_SHOPPER]
        self.fields["reason"].choices = [("", gettext("Choose a reason")), *reasons]  # type: ignore[attr-defined]
        self.fields["token"].initial = uuid4().hex
        self.lines = [line for line in lines if line.unsent]
        for line in self.lines:
            field = WholeField(
                min_value=0, max_value=line.unsent, required=False, label=line.name, initial=line.unsent
            )
            field.widget.attrs["class"] = "input"
            self.fields[_name(line)] = field
        self.use_required_attribute = False
        name_what_is_missing(self.fields)

    @property
    def rows(self) -> list[tuple[OrderLine, forms.BoundField]]:
        """Return the lines that can be cancelled, each with its bound field."""
        return [(line, self[_name(line)]) for line in self.lines]

    @property
    def has_choice(self) -> bool:
        """Say whether there is anything to choose: more than one unit."""
        return sum(line.unsent for line in self.lines) > 1

    def units(self) -> dict[UUID, int]:
        """Return what was typed; a line whose number is wrong counts as it was."""
        found = {}
        for line in self.lines:
            typed = self.cleaned_data.get(_name(line))
            found[line.pk] = (typed or 0) if _name(line) not in self.errors else line.unsent
        return found

    def error_list(self) -> list[tuple[str, str, str]]:
        """Return what is wrong, field by field."""
        return list_errors(self)


def _name(line: OrderLine) -> str:
    return f"units_{line.pk.hex}"
