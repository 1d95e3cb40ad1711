"""Templates that functions write say what Django's nodes say, whatever stands in them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from unittest import mock

import pytest
from django.core.exceptions import ObjectDoesNotExist
from django.template import Context, Engine, Library, Template, TemplateSyntaxError
from django.utils.functional import SimpleLazyObject
from django.utils.safestring import mark_safe
from django.utils.translation import override

from shop.core.web import folded_templates
from shop.core.web.template_functions import values
from shop.core.web.template_functions.expressions import NotWritten
from shop.core.web.template_functions.writing import function_of

LIBRARIES = {
    "i18n": "django.templatetags.i18n",
    "ui": "shop.core.templatetags.ui",
    "money": "shop.core.templatetags.money",
    "static": "django.templatetags.static",
    "here": "tests.test_template_functions",
}
register = Library()


@register.simple_tag(takes_context=True)
def seen(context: Context, name: str) -> Any:
    """Return what stands in the context by a name."""
    return context.get(name, "-")


TEMPLATES = {
    "base": "<title>{% block title %}Percha{% endblock %}</title>{% block main %}{% block inner %}-{% endblock %}{% endblock %}"
    "{% block foot %}{% include 'part' %}{% endblock %}{{ said }}",
    "middle": "{% extends 'base' %}{% block main %}<main>{% block inner %}{{ word }}{% endblock %}</main>{% endblock %}",
    "part": "({{ word }}{{ one }})",
    "sets": "{% load i18n %}{% url 'catalog:home' as one %}{% translate 'Cart' as said %}{{ one }}{{ said }}",
    "components/clock.html": "{{ left }}{{ word }}{{ now|date:'H' }}",
    "turns": "{% cycle 'a' 'b' %}",
    "mail": "{% load i18n %}{{ word }}{% translate 'You & I' %}{% autoescape off %}{% block main %}{% endblock %}{{ word }}"
    "{% translate 'You & I' %}{% autoescape on %}{{ word }}{% endautoescape %}{{ shop.name }}{% endautoescape %}{{ word }}",
    "itself": "{{ word }}{% if rows %}{% with rows=none word='y' %}{% include 'itself' %}{% endwith %}{% endif %}",
}
ENGINE = Engine(loaders=[("django.template.loaders.locmem.Loader", TEMPLATES)], libraries=LIBRARIES)


@pytest.fixture(autouse=True)
def _these_templates(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(folded_templates, "_engine", lambda: ENGINE)


@dataclass
class Thing:
    name: str
    price: Decimal = Decimal("1234.50")

    def call(self) -> str:
        return f"<{self.name}>"

    @property
    def missing_row(self) -> str:
        raise ObjectDoesNotExist

    @property
    def misses(self) -> str:
        raise AttributeError("it fails within")

    @property
    def broken(self) -> str:
        raise RuntimeError("broken")

    def delete(self) -> str:
        raise AssertionError("it was called")

    delete.alters_data = True  # type: ignore[attr-defined]


def context() -> Context:
    values: dict[str, Any] = {
        "word": "x & <y>",
        "safe": mark_safe("<b>"),
        "number": 12345,
        "numbers": [0, 7, 999, 1000, -7, -1000, True, 7.5, 10**12, Decimal(7)],
        "none": None,
        "rows": [Thing("a"), Thing("b & c")],
        "pairs": [("a", 1), ("b", 2)],
        "empty": [],
        "thing": Thing("t"),
        "lazy": SimpleLazyObject(lambda: Thing("z")),
        "table": {"key": "value", "items": "of the table", "2": "two"},
        "shop": {"name": "Percha & Co"},
        "moment": datetime(2026, 11, 30, 12, 15, tzinfo=UTC),
        "now": datetime(2026, 11, 30, 12, tzinfo=UTC),
    }
    return Context(values, use_l10n=True, use_tz=True)


SOURCES = [
    "{{ word }} {{ safe }} {{ number }} {{ none }} {{ unknown }} {{ unknown.name }} {{ thing.unknown }}",
    "{{ thing.name|upper }} {{ thing.call }} {{ thing.price|money }} {{ table.key }} {{ table.items }} {{ rows.1.name }}",
    "{{ thing.missing_row }} {{ thing.delete }} {{ unknown|default:word }} {{ none|default_if_none:'n' }} {{ table.2 }}",
    "{{ autoescape }} {{ use_tz }} {{ thing.unknown|default:word }} {{ table.unknown }} {{ table.unknown.more }} {{ rows.7 }} {{ lazy.unknown }}",
    "{{ word|add:thing.name }} {% if thing.unknown %}a{% elif table.unknown == none %}b{% endif %} {{ lazy.name }} {{ number.unknown }}",
    "{% for one in numbers %}{{ one }} {{ one|add:1 }}{{ forloop.counter }}{% endfor %}{{ numbers.2 }}",
    "{% for turn in rows %}{{ thing.name }}{{ thing.unknown }}{{ thing.call }}{{ thing.delete }}{% endfor %}",
    "{{ word|truncatechars:3|lower }} {{ safe|upper }} {{ word|safe }} {{ rows|length }} {{ word|add:safe }}",
    "{% if word and not none or unknown %}a{% elif number > 3 %}b{% else %}c{% endif %}",
    "{% if none > 3 %}a{% else %}b{% endif %}{% if number|divisibleby:unknown %}a{% else %}c{% endif %}",
    "{% if word == 'x' or number == 12345 %}a{% endif %}{% if thing.name in 'stu' %}in{% endif %}{% if none is None %}n{% endif %}",
    "{% for row in rows %}{{ forloop.counter }}{{ row.name }}{% if not forloop.last %}, {% endif %}{% endfor %}{{ row }}",
    "{% for name, value in pairs reversed %}{{ name }}={{ value }}{{ forloop.revcounter0 }};{% empty %}none{% endfor %}{{ name }}",
    "{% for row in empty %}{{ row }}{% empty %}none of {{ word }}{% endfor %}{% for a in unknown %}a{% endfor %}",
    "{% for row in rows %}{% for a in pairs %}{{ forloop.parentloop.counter }}{{ forloop.counter }}{{ a.0 }}{% endfor %}{% endfor %}",
    "{% with word=thing.name two=number %}{{ word }}{{ two }}{% endwith %}{{ word }}{{ two }}",
    "{% include 'part' %}{% include 'part' with one=word %}{% include 'part' with one=number only %}{{ one }}",
    "{% include 'sets' %}{{ one }}{{ said }}{% include 'itself' %}",
    "{% for row in rows %}{% include 'turns' %}{% cycle '1' '2' %}{% endfor %}",
    "{% url 'catalog:home' as there %}{{ there }}{% url 'catalog:policy' 'envios' as there %}{% if there %}{{ there }}{% endif %}",
    "{% url 'catalog:policy' thing.name %}{% url 'nowhere' as there %}[{{ there }}]",
    "{% url 'orders:checkout_contact' thing.name %}{% url 'orders:checkout_contact' word %}{% url 'account_login' %}",
    "{% url 'orders:checkout_contact' thing.name as there %}{{ there }}{% url 'nowhere' thing.name as there %}[{{ there }}]",
    "{% translate 'Cart' %}{% translate 'Cart' as words %}{{ words }}{% icon 'cart' %}{% csrf_token %}",
    "{% blocktranslate trimmed with amount=word %} {{ amount }} more and shipping is free. {% endblocktranslate %}",
    "{% blocktranslate count number=rows|length %}{{ number }} unit{% plural %}{{ number }} units{% endblocktranslate %}",
    "{% blocktranslate %}100 % of {{ word }}{{ unknown }}{% endblocktranslate %}",
    "{% autoescape off %}{{ word }}{% include 'part' %}{% endautoescape %}{% firstof none word %}{% language 'en' %}{% translate 'Cart' %}{% endlanguage %}",
    "{% clock moment now %}{{ deadline }}{% for a in pairs %}{% clock moment now %}{{ a.0 }}{% endfor %}",
    "{% extends 'base' %}{% block title %}{% translate 'Cart' %} · {{ shop.name }}{% endblock %}ignored {{ word }}",
    "{% extends 'middle' %}{% block inner %}{% url 'catalog:home' as said %}{{ said }}{% endblock %}",
    "{% extends 'middle' %}{% block foot %}{% for row in rows %}{{ row.name }}{% endfor %}{% endblock %}",
    "{% extends 'mail' %}{% block main %}{% for row in rows %}{{ row.name }}{% endfor %}{{ shop.name }}{{ word }}{% endblock %}",
    "{% autoescape off %}{{ word }}{% translate word %}{% if word %}{{ thing.call }}{% endif %}{% endautoescape %}{{ thing.call }}",
    "{% for row in rows %}[{{ one }}]{% url 'catalog:home' as one %}{{ one }}{% endfor %}{{ one }}",
    "{% for a, b in pairs %}[{{ one }}]{% url 'catalog:home' as one %}{{ one }}{% endfor %}{{ one }}{{ a }}",
    "{% if none %}{% translate 'Cart' as word %}{% endif %}{{ word }}{% if word %}{% translate 'Cart' as word %}{% endif %}{{ word }}",
    "{% with word=number %}{% with word=word|add:1 two=word %}{{ word }}{{ two }}{% include 'part' %}{% endwith %}{{ word }}{% endwith %}",
    (
        "{% for a in rows %}{% firstof none forloop.counter %}{{ forloop.parentloop }}{{ forloop.unknown }}{% for b in pairs %}"
        "{{ forloop.parentloop.last }}{{ forloop.parentloop.parentloop }}{{ forloop }}{% endfor %}{% endfor %}{{ forloop.counter }}"
    ),
    (
        "{% for row in rows %}{% firstof none row.name %}{% language 'en' %}{{ row.name }}{% endlanguage %}{% with two=row.name %}"
        "{% firstof two %}{% spaceless %}<a> <b>{{ two }}{% endspaceless %}{% endwith %}{% endfor %}"
    ),
    "{% firstof none word as first %}{{ first }}{% translate word as said %}{{ said }}{% get_current_language as code %}{{ code }}",
    (
        "{% for row in rows %}{% seen 'row' as found %}{{ found.name }}{% seen 'forloop' as turn %}{{ turn.counter }}{% seen 'one' %}"
        "{% url 'catalog:home' as one %}{% endfor %}{% with two=word %}{% seen 'two' %}{% endwith %}{% seen 'two' %}{% seen 'word' %}"
    ),
    "{% if none %}a{% elif none > 3 %}b{% elif word < none %}c{% else %}d{% endif %}{% if thing.broken or word %}a{% else %}b{% endif %}",
    "{% if none %}a{% elif thing.name == 't' %}{% if none > 3 %}b{% else %}{{ word }}{% endif %}{% else %}d{% endif %}{{ word }}",
    "{% if number|add:unknown %}a{% elif rows|length > 1 %}b{% endif %}{% if not none and not unknown %}c{% endif %}",
    "{% blocktranslate asvar said %}Hello {{ word }}{% endblocktranslate %}{{ said }}{% blocktranslate %}of {{ thing }}{% endblocktranslate %}",
    "{% with call=thing.call gone=thing.delete %}{{ call }}{{ gone }}{{ thing.delete.x }}{% endwith %}{{ None }}{{ True }}",
    "{% for word in rows %}{{ word.name }}{% endfor %}{{ word }}{% for key in table %}{{ key }}{% endfor %}",
    "",
]


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("language", ["es", "en"])
def test_a_function_writes_what_the_nodes_write(source: str, language: str) -> None:
    template = Template(
        "{% load i18n static ui money here %}" + source
        if "extends" not in source
        else source.replace("%}", "%}{% load i18n static ui money here %}", 1),
        engine=ENGINE,
    )
    with override(language):
        expected = template.render(context())
        write = function_of(template)
        template._render = lambda given: write(given)  # type: ignore[attr-defined]
        written = [template.render(context()) for _turn in range(2)]
    assert written == [expected, expected]


@pytest.mark.parametrize(
    "source",
    [
        "{{ thing.broken }}",
        "{{ thing.misses }}",
        "{{ lazy.misses }}",
        "{% for a, b in rows %}{% endfor %}",
        "{% url 'nowhere' %}",
    ],
)
def test_an_error_is_the_same(source: str) -> None:
    template = Template(source, engine=ENGINE)
    with pytest.raises(Exception) as expected:  # noqa: PT011
        template.render(context())
    write = function_of(template)
    template._render = lambda given: write(given)  # type: ignore[attr-defined]
    with pytest.raises(type(expected.value)):
        template.render(context())


@pytest.mark.parametrize(
    "source",
    [
        "{% extends word %}",
        "{% filter upper %}{% block a %}{{ word }}{% endblock %}{% endfilter %}",
        # They set names, or keep what they know of a loop in the context.
        "{% regroup rows by name as groups %}{{ groups }}",
        "{% for row in rows %}{% cycle 'a' 'b' as turn %}{{ turn }}{% endfor %}",
        "{% for row in rows %}{% ifchanged row.price %}{{ row.name }}{% endifchanged %}{% endfor %}",
        "{% extends 'base' %}{% block title %}{{ block.super }}{% endblock %}",
    ],
)
def test_what_cannot_be_written_is_left_to_django(source: str) -> None:
    with pytest.raises(NotWritten):
        function_of(Template(source, engine=ENGINE))


class _Fixed(list[Any]):
    """Layers of a context to which nobody adds any."""

    def append(self, layer: Any) -> None:
        raise AssertionError(layer)


def test_names_are_variables_and_no_layers_of_the_context() -> None:
    source = (
        "{% load i18n %}{% with two=word %}{% for row in rows %}{{ forloop.counter }}{{ row.name }}{{ two }}"
        "{% if forloop.last and row.price > 3 %}{% include 'part' with one=row.name %}{% endif %}{% endfor %}"
        "{% blocktranslate with name=two %}Hello {{ name }}{% endblocktranslate %}{% endwith %}"
    )
    template = Template(source, engine=ENGINE)
    expected = template.render(context())
    given = context()
    given.dicts = _Fixed(given.dicts)
    assert function_of(template)(given) == expected


def test_a_count_that_is_no_number_is_an_error() -> None:
    source = (
        "{% load i18n %}{% blocktranslate count n=word %}{{ n }}{% plural %}{{ n }}s{% endblocktranslate %}"
    )
    template = Template(source, engine=ENGINE)
    write = function_of(template)
    template._render = lambda given: write(given)  # type: ignore[attr-defined]
    with pytest.raises(TemplateSyntaxError):
        template.render(context())


def test_small_numbers_and_attributes_are_not_left_to_django(monkeypatch: pytest.MonkeyPatch) -> None:
    write = function_of(Template("{{ table.items }}{{ numbers.2 }}{{ thing.name }}", engine=ENGINE))
    unusual = mock.Mock(side_effect=AssertionError)
    monkeypatch.setattr(values, "render_value_in_context", unusual)
    assert write(context()) == "of the table999t"
    localized = mock.Mock(return_value="98,765")
    monkeypatch.setattr(values, "localize", localized)
    write = function_of(Template("{{ large }}", engine=ENGINE))
    assert [write(Context({"large": 98765})) for _turn in range(2)] == ["98,765", "98,765"]
    assert localized.call_count == 1
    # Of a class without items that was met before, nothing but the attribute is asked.
    monkeypatch.setattr(values, "_part", unusual)
    write = function_of(Template("{{ thing.name }}", engine=ENGINE))
    assert write(context()) == "t"
