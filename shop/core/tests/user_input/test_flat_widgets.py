"""Widgets that are written without a template are what Django's templates make of them."""

from typing import Any

import pytest
from django import forms
from django.forms.renderers import DjangoTemplates
from django.test.html import parse_html
from django.utils.safestring import mark_safe

from shop.core.user_input.flat_widgets import WRITERS, FlatRenderer

GROUPS = [("", "Choose"), ("Group <a>", [("x", "X & Y"), (2, 1234)]), ("<b>", mark_safe("<i>safe</i>"))]


class Everything(forms.Form):
    text = forms.CharField(max_length=9, help_text="Help")
    email = forms.EmailField(required=False, disabled=True)
    number = forms.IntegerField(min_value=1, max_value=2000)
    secret = forms.CharField(widget=forms.PasswordInput(render_value=True, attrs={"data-a": '"<&>'}))
    hidden = forms.CharField(widget=forms.HiddenInput)
    day = forms.DateField(localize=True)
    check = forms.BooleanField(required=False)
    area = forms.CharField(widget=forms.Textarea)
    file = forms.FileField(required=False, widget=forms.FileInput)
    one = forms.ChoiceField(choices=GROUPS)
    several = forms.MultipleChoiceField(choices=GROUPS)
    radio = forms.ChoiceField(choices=GROUPS, widget=forms.RadioSelect)
    checks = forms.MultipleChoiceField(choices=GROUPS, widget=forms.CheckboxSelectMultiple)


FILLED = {
    "text": "<script>'\"&",
    "number": "1500",
    "secret": "s",
    "hidden": "h",
    "day": "2026-11-30",
    "check": "on",
    "area": "\n<two>\nlines & more",
    "one": "2",
    "several": ["x", "<b>"],
    "radio": "<b>",
    "checks": ["x", "2"],
}


@pytest.mark.parametrize("data", [None, {}, FILLED], ids=["unbound", "empty", "filled"])
def test_each_widget_is_what_its_template_makes_of_it(data: dict[str, Any] | None) -> None:
    plain, flat = Everything(data, renderer=DjangoTemplates()), Everything(data, renderer=FlatRenderer())
    for before, now in zip(plain, flat, strict=True):
        assert parse_html(str(now)) == parse_html(str(before))
        assert parse_html("".join(map(str, now.subwidgets))) == parse_html(
            "".join(map(str, before.subwidgets))
        )


def test_every_template_that_is_replaced_is_one_of_djangos() -> None:
    for name in WRITERS:
        assert DjangoTemplates().get_template(name)
