"""Parts of pages that are kept: made again when anything changes that they show, and of what is named alone."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.http import HttpRequest
from django.template import RequestContext, Template, TemplateSyntaxError, engines
from django.template.context import Context
from django.test import RequestFactory, override_settings
from django.urls import set_script_prefix
from django.utils.functional import SimpleLazyObject
from django.utils.translation import override

from shop.core.shared_pages import program
from shop.core.templatetags import kept
from shop.core.web.context import shop_facts


@dataclass(frozen=True)
class Entry:
    name: str


def template(source: str) -> Template:
    return engines["django"].engine.from_string("{% load i18n kept %}" + source)  # type: ignore[attr-defined,no-any-return]


def written(made: Template, **values: Any) -> str:
    with override("es"):
        return made.render(Context({"shop": shop_facts(), **values}))


def test_a_part_is_made_once_for_the_values_that_are_named() -> None:
    part = template(
        "{% kept entries here=path %}{% for one in entries %}{{ one.name }}{% endfor %}{{ here }}{% endkept %}"
    )
    assert written(part, entries=[Entry("a")], path="/") == "a/"
    with mock.patch.object(part.nodelist[-1].nodelist, "render", side_effect=AssertionError):  # type: ignore[attr-defined]
        assert written(part, entries=[Entry("a")], path="/")
    lazy = SimpleLazyObject(lambda: [Entry("b")])
    assert written(part, entries=lazy, path="/") == "b/"
    assert written(part, entries=(Entry("b"),), path="/c/") == "b/c/"
    assert written(part, entries=[Entry("a")], path="/") == "a/"


def test_nothing_but_what_is_named_and_the_settings_is_seen() -> None:
    """Neither the visitor's request nor anything else of the page can get into what others are shown."""
    part = template(
        "{% kept word %}{{ word }}|{{ shop.name }}|{{ user }}{{ request.path }}{{ cart_count }}{% csrf_token %}{% endkept %}"
    )
    request: HttpRequest = RequestFactory().get("/somewhere/")
    context = RequestContext(request, {"word": "x", "cart_count": 3, "user": "Ada", "request": request})
    context["shop"] = shop_facts()
    assert part.render(context) == f"x|{settings.SHOP_NAME}|"


@pytest.fixture
def prefix() -> Iterator[None]:
    yield
    set_script_prefix("/")


@pytest.mark.usefixtures("prefix")
def test_a_setting_the_language_the_release_and_the_prefix_make_it_anew() -> None:
    part = template('{% kept %}{{ shop.name }} {% translate "Cart" %} {% url "catalog:home" %}{% endkept %}')
    first = written(part)
    with override_settings(SHOP_NAME="Another"):
        assert written(part).startswith("Another ")
    with override("en"):
        assert "Cart" in part.render(Context({"shop": shop_facts()}))
    set_script_prefix("/shop/")
    assert written(part).endswith("/shop/")
    set_script_prefix("/")
    assert written(part) == first
    node: Any = part.nodelist[-1]
    made = len(node._texts)
    with mock.patch.object(program, "digest", return_value="the next release"):
        assert written(part) == first
    assert len(node._texts) == made + 1


def test_what_cannot_be_compared_and_what_is_no_variable_is_refused() -> None:
    with pytest.raises(TypeError):
        written(template("{% kept word %}{{ word }}{% endkept %}"), word={"a": "dictionary"})
    with pytest.raises(TemplateSyntaxError, match="kept"):
        template("{% kept word|upper %}{% endkept %}")


def test_the_oldest_goes_where_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept, "MOST", 2)
    part = template("{% kept word %}{{ word }}{% endkept %}")
    for word in "abca":
        assert written(part, word=word) == word
    assert len(part.nodelist[-1]._texts) == 2  # type: ignore[attr-defined]
