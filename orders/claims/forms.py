"""The form by which a buyer opens a claim: units of each line, what is wrong with them, and what they wish."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from orders.claims.claimable import Claimable
from orders.models import Claim
from shop.core.user_input.lines import LinesField


def _reasons() -> list[tuple[str, str]]:
    return [("", "—"), *((value, capfirst(str(label))) for value, label in Claim.Reason.choices)]


class ClaimForm(forms.Form):
    """Which units are claimed, and why. Lines without a unit are left out."""

    reason = forms.ChoiceField(label=_("What happened?"), choices=_reasons, required=True)
    wish = forms.ChoiceField(
        label=_("What would you like?"),
        choices=lambda: [
            (one.value, capfirst(str(one.label))) for one in (Claim.Outcome.REPLACE, Claim.Outcome.REFUND)
        ],
    )
    note = LinesField(
        label=_("Message"), max_length=1000, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )

    def __init__(self, *args: Any, lines: Sequence[Claimable], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        self.every = lines
        self.lines = [one for one in lines if one.left]
        for one in self.lines:
            units = [(str(number), str(number)) for number in range(one.left + 1)]
            self.fields[f"units_{one.line.pk.hex}"] = forms.ChoiceField(
                choices=units, required=False, label=_("How many?")
            )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the lines with their bound fields."""
        return [{"one": one, "units": self[f"units_{one.line.pk.hex}"]} for one in self.lines]

    def clean(self) -> dict[str, Any]:
        """Ask for one unit at least."""
        data = super().clean() or self.cleaned_data
        if not self.units() and not self.errors:
            raise ValidationError(_("Choose at least one unit."))
        return data

    def units(self) -> dict[UUID, int]:
        """Return how many units of each line were chosen."""
        chosen = {
            UUID(str(one.line.pk)): int(self.cleaned_data.get(f"units_{one.line.pk.hex}") or 0)
            for one in self.lines
        }
        return {key: number for key, number in chosen.items() if number}
