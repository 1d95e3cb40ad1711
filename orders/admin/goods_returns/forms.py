"""The forms of the acts on a return: one for each verb."""

from typing import Any
from uuid import UUID

from django import forms
from django.utils.translation import gettext_lazy as _

from inventory.models import Location
from orders.models import Inspection, Payer, Return, ReturnLine, ReturnReason
from orders.returns.deciding import Choice
from orders.returns.inspecting import Found
from shop.core.backoffice.verb_forms import VerbForm
from shop.core.user_input.fields import WholeField
from shop.core.user_input.lines import LineField


class ApproveForm(VerbForm):
    """How it comes back, and at whose cost."""

    payer = forms.ChoiceField(label=_("way back paid by"), choices=Payer)
    way = forms.ChoiceField(label=_("way back"), choices=Return.Way)
    label = forms.FileField(
        label=_("label (PDF or picture)"),
        required=False,
        help_text=_("The buyer prints it from the page of the return."),
    )
    drop_off_code = LineField(label=_("drop-off code"), max_length=60, required=False)
    carrier = LineField(label=_("carrier"), max_length=60, required=False)
    tracking_number = LineField(label=_("tracking number"), max_length=100, required=False)
    instructions = forms.CharField(
        label=_("how to send it"), max_length=1000, required=False, widget=forms.Textarea
    )


class RejectForm(VerbForm):
    """Why, in words that the buyer reads."""

    reason = LineField(label=_("reason"), max_length=300, help_text=_("The buyer reads it."))


class SentForm(VerbForm):
    """By whom and under which number it was sent."""

    carrier = LineField(label=_("carrier"), max_length=60, required=False)
    tracking_number = LineField(label=_("tracking number"), max_length=100, required=False)


class ReasonForm(VerbForm):
    """Why; only the staff reads it."""

    reason = LineField(label=_("reason"), max_length=300, help_text=_("Only the staff reads it."))


class ReceiveForm(VerbForm):
    """What was counted of each line of the order, and what else came."""

    def __init__(self, *args: Any, rma: Return, sent: list[tuple[Any, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.sent = sent
        for line, _announced in sent:
            self.fields[f"units_{line.pk.hex}"] = WholeField(
                min_value=0, max_value=line.quantity, required=False, label=line.sku, initial=0
            )
        self.fields["wrong_units"] = WholeField(
            min_value=0, max_value=999, required=False, label=_("number of wrong items"), initial=0
        )
        self.fields["wrong_items"] = LineField(label=_("wrong items"), max_length=300, required=False)
        self.fields["note"] = LineField(label=_("note"), max_length=300, required=False)
        self.rma = rma

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the lines of the order with what was announced of them and their bound fields."""
        return [
            {"line": line, "announced": announced, "units": self[f"units_{line.pk.hex}"]}
            for line, announced in self.sent
        ]

    def counted(self) -> dict[UUID, int]:
        """Return what was counted by order line; the form is valid."""
        return {
            line.pk: units
            for line, _announced in self.sent
            if (units := self.cleaned_data.get(f"units_{line.pk.hex}") or 0)
        }

    def clean(self) -> dict[str, Any]:
        """Have wrong items named where some were counted."""
        data = super().clean() or self.cleaned_data
        if data.get("wrong_units") and not data.get("wrong_items"):
            self.add_error("wrong_items", _("Say what came instead."))
        return data


class InspectForm(VerbForm):
    """How units of one line were found, and where they go."""

    units = WholeField(label=_("units"), min_value=1)
    condition = forms.ChoiceField(label=_("condition"), choices=Inspection.Condition)
    disposition = forms.ChoiceField(label=_("disposition"), choices=Inspection.Disposition)
    found = forms.ModelChoiceField(
        label=_("found reason"), queryset=ReturnReason.objects.all(), required=False
    )
    location = forms.ModelChoiceField(
        label=_("location of the stock"),
        queryset=Location.objects.exclude(kind=Location.Kind.QUARANTINE).filter(is_sellable=True),
        required=False,
        help_text=_("Where they were sold from, when none is chosen."),
    )
    note = LineField(label=_("note"), max_length=300, required=False)

    def found_of(self, line: ReturnLine, data: dict[str, Any]) -> Found:
        """Return what the verb takes."""
        return Found(
            line.pk,
            data["units"],
            data["condition"],
            data["disposition"],
            data["found"],
            data["location"],
            data["note"],
        )


class ChangeForm(VerbForm):
    """What becomes of inspected units now."""

    units = WholeField(label=_("units"), min_value=1)
    disposition = forms.ChoiceField(label=_("disposition"), choices=Inspection.Disposition)
    location = forms.ModelChoiceField(
        label=_("location of the stock"),
        queryset=Location.objects.exclude(kind=Location.Kind.QUARANTINE).filter(is_sellable=True),
        required=False,
    )
    note = LineField(label=_("note"), max_length=300, required=False)


class DecideForm(VerbForm):
    """For which units money goes back, and what is waived or added."""

    def __init__(self, *args: Any, rows: list[tuple[ReturnLine, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        for line, units in rows:
            self.fields[f"units_{line.pk.hex}"] = WholeField(
                min_value=0,
                max_value=max(units, 0),
                required=False,
                label=f"{line.order_line.name} · {line.order_line.sku}",
                initial=units,
            )
        self.fields["gives_nothing"] = forms.BooleanField(
            label=_("give nothing for them"), required=False, help_text=_("The buyer reads the reason below.")
        )
        self.fields["waives_fee"] = forms.BooleanField(label=_("keep no fee"), required=False)
        self.fields["gives_freight"] = forms.BooleanField(
            label=_("give the shipping back as well"),
            required=False,
            help_text=_("Where the law asks for it, it goes back anyhow."),
        )
        self.fields["keeps_goods"] = forms.BooleanField(label=_("the buyer keeps the goods"), required=False)
        self.fields["reason"] = LineField(label=_("reason"), max_length=300, required=False)
        self.fields["seen"] = forms.CharField(widget=forms.HiddenInput, required=False)

    def choice(self) -> Choice:
        """Return what was chosen; the form is valid."""
        data = self.cleaned_data
        names = ("gives_nothing", "waives_fee", "gives_freight", "keeps_goods", "reason")
        units = {line.pk: data.get(f"units_{line.pk.hex}") or 0 for line, _left in self.rows}
        return Choice(units=units, **{name: data[name] for name in names})
