"""Forms of the staff about what comes back and what is sent instead: by line and unit, another product by its code."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from inventory import codes
from orders.admin.buyers_words import ask_words
from orders.exchanges.offers import Offered
from orders.exchanges.quoting import Choice
from orders.models import OrderLine, ReturnLine, ReturnReason
from orders.returns.asking import Wanted
from orders.returns.units import Returnable
from shop.core.backoffice.verb_forms import VerbForm
from shop.core.user_input.fields import WholeField
from shop.core.user_input.lines import LineField

# A line and how many units of it may be chosen.
Row = tuple[OrderLine, int]


class InsteadForm(VerbForm):
    """How many units of each line, and what is sent instead: another size or colour, or a product by its code.

    `wishes` is what stands for none of these: the money, or nothing.
    """

    wishes: Any = "—"

    def __init__(
        self, *args: Any, rows: Sequence[Row], offers: Mapping[UUID, Sequence[Offered]], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [line for line, left in rows if left]
        self.variants: dict[UUID, UUID] = {}
        for line, left in rows:
            if left:
                self._ask_units(line, left, alone=len(self.lines) == 1 and left == 1)
                self._ask_more(line)
                self._ask_instead(line, offers.get(line.pk, ()))
        self.fields["seen"] = forms.CharField(widget=forms.HiddenInput, required=False)

    def _ask_units(self, line: OrderLine, left: int, *, alone: bool) -> None:
        self.fields[f"units_{line.pk.hex}"] = WholeField(
            label=_("units"), min_value=0, max_value=left, required=False, initial=1 if alone else 0
        )

    def _ask_more(self, line: OrderLine) -> None:
        """Ask what else is asked of a line."""

    def _ask_instead(self, line: OrderLine, offered: Sequence[Offered]) -> None:
        own = [
            (
                str(one.variant.pk),
                _("%(name)s (%(number)s in stock)")
                % {"name": one.variant.name or one.variant.sku, "number": one.available},
            )
            for one in offered
        ]
        self.fields[f"instead_{line.pk.hex}"] = forms.ChoiceField(
            label=_("what is sent instead"), choices=[("", self.wishes), *own], required=False
        )
        self.fields[f"code_{line.pk.hex}"] = LineField(
            label=_("or another product: its SKU or barcode"), max_length=64, required=False
        )

    @property
    def sections(self) -> Iterator[tuple[OrderLine, list[forms.BoundField]]]:
        """Yield each line with its fields."""
        for line in self.lines:
            yield line, [self[name] for name in self.fields if name.endswith(f"_{line.pk.hex}")]

    @property
    def others(self) -> list[forms.BoundField]:
        """Return the fields that are about all lines."""
        ends = tuple(f"_{line.pk.hex}" for line in self.lines)
        return [field for field in self.visible_fields() if not field.name.endswith(ends)]

    def clean(self) -> dict[str, Any]:
        """Ask for one unit at least, and find the products that were named by a code."""
        data: dict[str, Any] = super().clean() or self.cleaned_data
        chosen = [line for line in self.lines if data.get(f"units_{line.pk.hex}")]
        for line in chosen:
            self._find(line, data)
        if not chosen and not self.errors:
            raise ValidationError(_("Choose at least one unit."))
        return data

    def _find(self, line: OrderLine, data: dict[str, Any]) -> None:
        named, code = data.get(f"instead_{line.pk.hex}"), data.get(f"code_{line.pk.hex}")
        if named and code:
            self.add_error(f"code_{line.pk.hex}", _("Choose one of both."))
        elif code:
            try:
                self.variants[line.pk] = codes.one(code).pk
            except codes.CodeRefused:
                self.add_error(f"code_{line.pk.hex}", _("No product has this code, or more than one."))
        elif named:
            self.variants[line.pk] = UUID(named)

    def units_of(self, line: OrderLine) -> int:
        """Return how many units of a line were chosen; the form is valid."""
        return int(self.cleaned_data.get(f"units_{line.pk.hex}") or 0)

    def choices(self) -> list[Choice]:
        """Return what is sent instead; the form is valid."""
        chosen = ((line, self.variants.get(line.pk), self.units_of(line)) for line in self.lines)
        return [Choice(line.pk, variant, units) for line, variant, units in chosen if variant and units]


class OpenForm(InsteadForm):
    """What a buyer said who wrote or called: which units come back, why, and what they would like instead."""

    wishes = _("the money back")

    def __init__(self, *args: Any, lines: Sequence[Returnable], **kwargs: Any) -> None:
        self.reasons = {one.code: one for one in ReturnReason.objects.filter(is_active=True)}
        super().__init__(*args, rows=[(one.line, one.left) for one in lines], **kwargs)
        ask_words(self)

    def _ask_more(self, line: OrderLine) -> None:
        key = line.pk.hex
        reasons = [("", "—"), *((code, one.words) for code, one in self.reasons.items())]
        self.fields[f"reason_{key}"] = forms.ChoiceField(label=_("reason"), choices=reasons, required=False)
        self.fields[f"area_{key}"] = forms.ChoiceField(
            label=_("where it does not fit"),
            choices=[("", "—"), *ReturnLine.Area.choices],
            required=False,
            help_text=_("Only if it is a matter of size."),
        )
        self.fields[f"note_{key}"] = LineField(label=_("note"), max_length=500, required=False)

    def clean(self) -> dict[str, Any]:
        """Ask for a reason where there are units, and for an area where it is one of size."""
        data = super().clean()
        for line in self.lines:
            if not data.get(f"units_{line.pk.hex}"):
                continue
            reason = self.reasons.get(data.get(f"reason_{line.pk.hex}", ""))
            if reason is None:
                self.add_error(f"reason_{line.pk.hex}", _("Choose why it comes back."))
            elif reason.needs_area and not data.get(f"area_{line.pk.hex}"):
                self.add_error(f"area_{line.pk.hex}", _("Choose where it does not fit."))
        return data

    def wanted(self) -> list[Wanted]:
        """Return what comes back; the form is valid."""
        data = self.cleaned_data
        return [
            Wanted(
                line.pk,
                units,
                self.reasons[data[f"reason_{line.pk.hex}"]],
                data.get(f"area_{line.pk.hex}", ""),
                data.get(f"note_{line.pk.hex}", ""),
                ReturnLine.Wish.EXCHANGE if line.pk in self.variants else ReturnLine.Wish.MONEY,
            )
            for line in self.lines
            if (units := self.units_of(line))
        ]
