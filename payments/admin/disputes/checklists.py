"""The checklist of a dispute as a form: when two people tick different lines at once, both changes are kept."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, cast

from django import forms

from payments.models import DisputeEvidence
from shop.core.backoffice import form_fingerprint
from shop.core.backoffice.act_fingerprint import columns
from shop.core.backoffice.verb_forms import VerbForm


class ChecklistForm(VerbForm):
    """The checklist: which evidence is at hand, and a note on each line."""

    def __init__(self, *args: Any, rows: list[DisputeEvidence], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.rows = rows
        if rows:
            dispute = rows[0].dispute_id
            own = DisputeEvidence.objects.filter(dispute_id=dispute, pk__in=[one.pk for one in rows])
            shown_rows = columns(own, "is_ready", "note")
            self.compare(f"dispute-checklist:{dispute}", shown_rows, now=lambda: _listed(own.order_by("pk")))
        for one in rows:
            self.fields[f"ready_{one.kind}"] = forms.BooleanField(required=False, initial=one.is_ready)
            self.fields[f"note_{one.kind}"] = forms.CharField(
                required=False, max_length=300, initial=one.note, label=str(one)
            )

    def touched(self, before: Mapping[str, str]) -> Collection[str]:
        """Return the lines that differ from what was shown; the others stay as the database has them."""
        return [
            str(one.pk)
            for one in self.rows
            if form_fingerprint.fingerprint(list(self._sent(one))) != before.get(str(one.pk))
        ]

    def show_anew(self) -> None:
        """Show the values that others wrote on the lines that were not changed here."""
        before = self.shows.read(self.cleaned_data.get(form_fingerprint.FIELD)) if self.shows else {}
        data = cast(Any, self.data).copy()
        for one in DisputeEvidence.objects.filter(
            pk__in={str(one.pk) for one in self.rows} - {*self.touched(before)}
        ):
            data.pop(f"ready_{one.kind}", None)
            data |= {f"note_{one.kind}": one.note, **({f"ready_{one.kind}": "on"} if one.is_ready else {})}
        self.data = data
        super().show_anew()

    @property
    def ticks(self) -> dict[str, tuple[bool, str]]:
        """Return what was ticked and noted here, by kind of evidence; set once the verb is called."""
        return {one.kind: self._sent(one) for one in self.rows if str(one.pk) in self.as_shown}

    def _sent(self, one: DisputeEvidence) -> tuple[bool, str]:
        return self.cleaned_data[f"ready_{one.kind}"], self.cleaned_data[f"note_{one.kind}"]


def _listed(rows: Iterable[DisputeEvidence]) -> str:
    ticks = {True: "✓", False: "–"}
    return "; ".join(" ".join(filter(None, [ticks[one.is_ready], str(one), one.note])) for one in rows)
