"""Fields that are written as a text with gaps are those that Django writes field by field."""

import pytest
from django import forms
from django.template import Context, Engine

from shop.core.user_input.kept_fields import KeptFields, KeptForm

ENGINE = Engine(libraries={"fields": "shop.core.templatetags.fields"})
WORDS = """{% load fields %}{% moulded given %}<p>{{ secret }}</p>{% field form.name %}
{% if form.city %}{% field form.city "Where?" %}{% endif %}{% if form.none %}{% field form.none %}{% endif %}
<b>{{ form.agreed.label }}</b>{% widget form.agreed %}{% widget form.key %}{% endmoulded %}"""
TEMPLATE = ENGINE.from_string(WORDS)
FIELDS = {
    "name": forms.CharField(help_text="As in your papers"),
    "city": forms.ChoiceField(choices=[("", "Choose"), ("a", "Azul"), ("b", "Bahía & co")], required=False),
    "agreed": forms.BooleanField(label="I agree"),
    "key": forms.CharField(widget=forms.HiddenInput, required=False),
}


class Plain(forms.Form):
    name, city, agreed, key = FIELDS.values()


class Kept(Plain):
    pass


Kept.base_fields = KeptFields(Plain.base_fields)


def written(form: forms.Form) -> str:
    return TEMPLATE.render(Context({"given": form, "secret": ""}))


VALUES = [
    {},
    {"name": 'Ana "la" <b>', "city": "b", "agreed": True, "key": "1&2"},
    {"name": "\x00", "city": "a", "agreed": False, "key": None},
    {"name": 7, "city": "elsewhere", "agreed": "on", "key": ""},
]


@pytest.mark.parametrize("values", VALUES)
@pytest.mark.parametrize("prefix", [None, "delivery"])
def test_new_forms_are_written_alike(values, prefix):
    for _turn in range(2):
        assert written(Kept(initial=values, prefix=prefix)) == written(Plain(initial=values, prefix=prefix))


def test_a_form_that_was_sent_shows_its_errors():
    assert written(Kept(data={"name": ""})) == written(Plain(data={"name": ""}))
    assert "error-text" in written(Kept(data={"name": ""}))


def test_nothing_of_the_page_stands_among_the_fields():
    values = {"name": "Ana", "city": "a"}
    assert "shh" not in TEMPLATE.render(Context({"given": Kept(initial=values), "secret": "shh"}))
    direct = ENGINE.from_string("{% load fields %}{% moulded given %}{{ form.name }}{% endmoulded %}")
    assert direct.render(Context({"given": Kept(initial=values)})) == ""


def test_a_form_with_another_widget_is_written_field_by_field():
    class Odd(forms.Form):
        when = forms.CharField(widget=forms.Textarea)

    Odd.base_fields = KeptFields(Odd.base_fields)
    template = ENGINE.from_string("{% load fields %}{% moulded given %}{% field form.when %}{% endmoulded %}")
    for value in ("one", "two"):
        assert value in template.render(Context({"given": Odd(initial={"when": value})}))


def test_the_fields_of_two_forms_have_their_own_values_and_errors():
    class Sent(KeptForm):
        name = forms.CharField(help_text="As in your papers")

    Sent.base_fields = KeptFields(Sent.base_fields)
    first, second = Sent({"name": "Ana"}, prefix="a"), Sent({"name": ""})
    third = Sent({"name": ""}, prefix="a")
    assert (first["name"].html_name, second["name"].html_name) == ("a-name", "name")
    assert (third["name"].value(), len(third["name"].errors)) == (None, 1)
    assert Sent({"a-name": "Eva"}, prefix="a")["name"].errors == []
    assert third["name"].form is third
    assert third["name"].field is first["name"].field


class Whole(forms.Form):
    """A form in which each way to check a field occurs."""

    name = forms.CharField(max_length=5)
    fixed = forms.CharField(disabled=True, initial="as it was")
    code = forms.CharField(required=False)
    kind = forms.ChoiceField(choices=[("a", "A")])
    is_sure = forms.BooleanField(required=False)
    file = forms.FileField(required=False)

    def clean_code(self) -> str:
        """Refuse one, and change the others."""
        if self.cleaned_data["code"] == "no":
            raise forms.ValidationError("not this one")
        return str(self.cleaned_data["code"]).upper()


class KeptWhole(KeptForm, Whole):
    """The same, whose fields are kept."""


KeptWhole.base_fields = KeptFields(KeptWhole.base_fields)


@pytest.mark.parametrize("prefix", [None, "a"])
@pytest.mark.parametrize(
    "sent",
    [
        {"name": "Ana", "kind": "a", "is_sure": "on", "code": "x"},
        {"name": "too long", "kind": "b", "code": "no", "fixed": "changed"},
        {},
    ],
)
def test_what_is_sent_is_checked_as_django_does_without_bound_fields(
    sent: dict[str, str], prefix: str | None
):
    data = {f"{prefix}-{name}" if prefix else name: value for name, value in sent.items()}
    ours, django = KeptWhole(data, prefix=prefix), Whole(data, prefix=prefix)
    assert ours.is_valid() == django.is_valid()
    assert ours.cleaned_data == django.cleaned_data
    assert ours.errors == django.errors
    made: dict[str, object] = vars(ours)["_bound_fields_cache"]
    assert set(made) <= {"fixed", "file", *ours.errors}
