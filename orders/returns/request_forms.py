"""The form by which a buyer asks for a return: units of each line with a reason, and where it does not fit.

What is wished instead is money, one of the `offers` (other sizes and colours), or another product of the shop
(`OTHER`), which is then looked for on a page of its own and named in `picked`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from orders.models import ReturnLine, ReturnReason
from orders.returns.asking import Wanted
from orders.returns.units import Returnable
from shop.core.user_input.lines import LinesField, MailField

# The choice to look for another product.
OTHER: Final = "other"
Offers = Sequence[tuple[str, str]]


class RequestForm(forms.Form):
    """Which units come back, and why. Lines without a unit are left out."""

    note = LinesField(
        label=_("Message"),
        max_length=1000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(
        self,
        *args: Any,
        lines: Sequence[Returnable],
        offers: Mapping[UUID, Offers] | None = None,
        picked: Mapping[UUID, Offers] | None = None,
        asks_email: bool = False,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.use_required_attribute = False
        self.lines = [one for one in lines if one.left]
        self.reasons = {one.code: one for one in ReturnReason.objects.filter(is_active=True)}
        reasons = [("", "—"), *((code, one.words) for code, one in self.reasons.items())]
        areas = [("", "—"), *ReturnLine.Area.choices]
        for one in self.lines:
            key = one.line.pk.hex
            units = [(str(number), str(number)) for number in range(one.left + 1)]
            self.fields[f"units_{key}"] = forms.ChoiceField(
                choices=units, required=False, label=_("How many come back?")
            )
            self.fields[f"reason_{key}"] = forms.ChoiceField(choices=reasons, required=False, label=_("Why?"))
            self.fields[f"area_{key}"] = forms.ChoiceField(
                choices=areas,
                required=False,
                label=_("Where does it not fit?"),
                help_text=_("Only if it is a matter of size."),
            )
            self._offer(
                key,
                (offers or {}).get(one.line.pk, ()),
                None if picked is None else picked.get(one.line.pk, ()),
            )
            self.fields[f"note_{key}"] = forms.CharField(
                max_length=500, required=False, label=_("What is wrong?")
            )
        if asks_email:
            self.fields["email"] = MailField(
                label=_("Your e-mail"), help_text=_("Only for this return. The buyer is not told.")
            )

    def _offer(self, key: str, offers: Offers, picked: Offers | None) -> None:
        """Ask what is wished for the units of a line: money, or one of what may be sent instead (variant, name).

        `picked` are other products that were found; None: none is offered.
        """
        others = [] if picked is None else [*picked, (OTHER, _("Another product of the shop…"))]
        if offers or others:
            self.fields[f"instead_{key}"] = forms.ChoiceField(
                choices=[("", _("My money back")), *offers, *others],
                required=False,
                label=_("What would you like?"),
            )

    @property
    def rows(self) -> list[dict[str, Any]]:
        """Return the lines with their bound fields."""
        names = ("units", "reason", "area", "note", "instead")
        keys = [one.line.pk.hex for one in self.lines]
        return [
            {
                "one": one,
                **{name: self[f"{name}_{key}"] for name in names if f"{name}_{key}" in self.fields},
            }
            for one, key in zip(self.lines, keys, strict=True)
        ]

    def instead(self) -> list[tuple[UUID, UUID, int]]:
        """Return what is wished instead of units: (order line, variant, units). The form is valid."""
        return [
            (one.order_line_id, UUID(chosen), one.units)
            for one in self.wanted()
            if (chosen := self._chosen(one)) and chosen != OTHER
        ]

    def looked_for(self) -> Wanted | None:
        """Return the first line instead of which another product is wished that is not named yet. It is valid."""
        return next((one for one in self.wanted() if self._chosen(one) == OTHER), None)

    def _chosen(self, one: Wanted) -> str:
        return str(self.cleaned_data.get(f"instead_{one.order_line_id.hex}") or "")

    def clean(self) -> dict[str, Any]:
        """Ask for a reason where there are units, for an area where the reason is one of size, and for one unit."""
        data = super().clean() or self.cleaned_data
        chosen = 0
        for one in self.lines:
            key = one.line.pk.hex
            if not int(data.get(f"units_{key}") or 0):
                continue
            chosen += 1
            reason = self.reasons.get(data.get(f"reason_{key}", ""))
            if reason is None:
                self.add_error(f"reason_{key}", _("Choose why it comes back."))
            elif reason.needs_area and not data.get(f"area_{key}"):
                self.add_error(f"area_{key}", _("Choose where it does not fit."))
        if not chosen and not self.errors:
            raise ValidationError(_("Choose at least one unit that comes back."))
        return data

    def wanted(self) -> list[Wanted]:
        """Return what was chosen; the form is valid."""
        data = self.cleaned_data
        found = []
        for one in self.lines:
            key = one.line.pk.hex
            if units := int(data.get(f"units_{key}") or 0):
                found.append(
                    Wanted(
                        UUID(str(one.line.pk)),
                        units,
                        self.reasons[data[f"reason_{key}"]],
                        data.get(f"area_{key}", ""),
                        data.get(f"note_{key}", ""),
                        ReturnLine.Wish.EXCHANGE if data.get(f"instead_{key}") else ReturnLine.Wish.MONEY,
                    )
                )
        return found
