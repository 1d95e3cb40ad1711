"""Forms of verbs: a field that is added for a row looks like one that the form declares."""

from typing import Any

from django import forms
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from shop.core.backoffice.verb_forms import VerbForm
from shop.core.user_input.fields import WholeField


class RowsForm(VerbForm):
    """A form with fields of its rows."""

    note = forms.CharField(label="note", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["units"] = WholeField(label="units", min_value=0, required=False)
        self.fields["words"] = forms.CharField(label="words", required=False)
        self.fields["way"] = forms.ChoiceField(label="way", choices=[("a", "A")], required=False)


def test_fields_that_are_added_afterwards_are_styled_like_the_others():
    form = RowsForm()
    page = form.as_p()

    assert isinstance(form["words"].field.widget, UnfoldAdminTextInputWidget)
    assert isinstance(form["way"].field.widget, UnfoldAdminSelectWidget)
    assert form["words"].field.widget.attrs["class"] == form["note"].field.widget.attrs["class"]
    assert "border" in form["units"].field.widget.attrs["class"]
    assert (form["units"].label, form["words"].label) == ("Units", "Words")
    assert page.count("border") >= 4


def test_what_is_sent_is_read_as_before():
    form = RowsForm({"token": "t", "units": "3", "words": "x", "way": "a", "note": ""})

    assert form.is_valid()
    assert (form.cleaned_data["units"], form.cleaned_data["way"]) == (3, "a")
