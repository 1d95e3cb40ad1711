"""The forms of the acts on a claim in the back office."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from orders.claims import approving
from orders.models import Claim
from shop.core.backoffice.verb_forms import VerbForm
from shop.core.money import ZERO
from shop.core.user_input.fields import MoneyField, WholeField
from shop.core.user_input.lines import LineField


class ReasonForm(VerbForm):
    """Why; only the staff reads it."""

    reason = LineField(
        label=_("reason"), max_length=300, required=False, help_text=_("Only the staff reads it.")
    )


class AnswerForm(VerbForm):
    """What the buyer reads."""

    answer = LineField(label=_("answer to the buyer"), max_length=300, help_text=_("The buyer reads it."))


class DecideForm(VerbForm):
    """What the buyer of a claim gets: of each line new units and units paid back, or a part of the price."""

    def __init__(
        self,
        *args: Any,
        claim: Claim,
        offers: Mapping[UUID, list[tuple[str, str]]],
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lines = list(claim.lines.select_related("order_line"))
        for line in self.lines:
            replaced = line.quantity if claim.wish == Claim.Outcome.REPLACE else 0
            choices = offers[line.pk]
            if choices:
                self._add_units(line, "replace", gettext("new units"), replaced)
                self._add_choice(line, choices)
            self._add_units(
                line, "refund", gettext("units paid back"), line.quantity - (replaced if choices else 0)
            )
        self.fields["partial"] = MoneyField(
            label=_("part of the price"),
            required=False,
            help_text=_("Instead of units: the buyer keeps them."),
        )
        if claim.reason in approving.COMES_BACK:
            self.fields["goods_back"] = forms.BooleanField(
                label=_("The goods are to come back"), required=False, help_text=_("At the shop's cost.")
            )
        self.fields["answer"] = LineField(
            label=_("answer to the buyer"), max_length=300, required=False, help_text=_("The buyer reads it.")
        )
        self.fields["seen"] = forms.CharField(widget=forms.HiddenInput, required=False, max_length=64)

    def _add_units(self, line: Any, name: str, label: str, first: int) -> None:
        self.fields[f"{name}_{line.pk.hex}"] = WholeField(
            label=f"{line.order_line.sku} ({line.quantity}): {label}",
            min_value=0,
            max_value=line.quantity,
            initial=first,
            required=False,
        )

    def _add_choice(self, line: Any, choices: list[tuple[str, str]]) -> None:
        label = gettext("which is sent")
        self.fields[f"instead_{line.pk.hex}"] = forms.ChoiceField(
            label=f"{line.order_line.sku}: {label}", choices=choices, required=False
        )

    def decision(self) -> approving.Answer:
        """Return what was decided; a part of the price goes without units. The form is valid."""
        data = self.cleaned_data
        partial = data.get("partial")
        units = {
            name: {line.pk: int(data.get(f"{name}_{line.pk.hex}") or 0) for line in self.lines}
            for name in ("replace", "refund")
        }
        chosen = {line.pk: data.get(f"instead_{line.pk.hex}") for line in self.lines}
        return approving.Answer(
            replace={} if partial else units["replace"],
            refund={} if partial else units["refund"],
            variants={key: UUID(variant) for key, variant in chosen.items() if variant},
            partial=partial or ZERO,
            goods_back=bool(data.get("goods_back")),
            words=data.get("answer", ""),
        )
