"""Pages of folded templates, as production has them, are those that the templates write as they stand."""

import copy
import re
from pathlib import Path
from threading import Event, Thread
from typing import Any
from unittest import mock

import pytest
from django.conf import settings
from django.template import Context, engines
from django.template.loader import get_template
from django.test import Client, override_settings
from django.urls import reverse
from django.utils.translation import override

from orders.cart import carts
from orders.checkout.mails import confirm
from orders.tests.factories import make_cart, make_order, make_session, make_variant
from shop.core.models import EmailLog
from shop.core.web.folded_templates import Kept, fold
from shop.core.web.template_functions.loader import Loader
from shop.core.web.template_functions.writing import function_of
from tests.support.kept_pages import another_release

# What differs between two requests for the same page.
_OF_ONE_REQUEST = re.compile(
    r'value="[A-Za-z0-9]{64}"|data-now="[^"]*"|data-clock>[^<]*|"csrf_token": "[^"]*"'
)
# As they stand in the settings of tests, without what `tests/support/templates.py` makes of them.
PLAIN: list[dict[str, Any]] = copy.deepcopy(settings.TEMPLATES)
FOLDED = copy.deepcopy(PLAIN)
FOLDED[0]["OPTIONS"]["loaders"] = [
    ("shop.core.web.template_functions.loader.Loader", FOLDED[0]["OPTIONS"]["loaders"])
]


def pages(client: Client, addresses: list[str]) -> list[str]:
    another_release()
    return [_OF_ONE_REQUEST.sub("", client.get(address).content.decode()) for address in addresses]


@pytest.mark.django_db
def test_pages_are_the_same_in_every_language_however_often_they_are_asked_for() -> None:
    session = make_session(make_cart((make_variant(), 2)))
    assert session.cart
    client = Client()
    client.cookies[carts.COOKIE] = session.cart.token
    addresses = []
    for code, _name in settings.LANGUAGES:
        with override(code):
            steps = [f"orders:checkout_{name}" for name in ("contact", "shipping", "payment")]
            addresses += [reverse(name, args=[session.token]) for name in steps]
            addresses += [reverse("orders:cart"), reverse("orders:cart_drawer"), reverse("catalog:home")]
            addresses += [reverse("account_login"), reverse("account_signup")]
    with override_settings(TEMPLATES=PLAIN):
        before = pages(client, addresses)
    with override_settings(TEMPLATES=FOLDED):
        assert pages(client, addresses) == before
        assert pages(client, addresses) == before


@pytest.mark.django_db
def test_mails_are_the_same_in_every_language_however_often_they_are_written() -> None:
    order = make_order(make_cart((make_variant(), 2)))
    order.first_name = "Ana & <José>"

    def written() -> list[object]:
        found: list[object] = []
        for language, _name in settings.LANGUAGES:
            order.language = language
            email = confirm(order, again=f":{len(EmailLog.objects.all())}")
            found.append((email.subject, email.text, email.html))
        return found

    with override_settings(TEMPLATES=PLAIN):
        before = written()
    assert "Ana &amp; &lt;José&gt;" in str(before)
    assert "Ana & <José>" in str(before)
    with override_settings(TEMPLATES=FOLDED):
        assert written() == before
        assert written() == before


@pytest.mark.parametrize(
    "path", sorted((settings.BASE_DIR / "templates/mail").iterdir()), ids=lambda path: path.name
)
def test_every_mail_is_written_by_a_function(path: Path) -> None:
    function_of(get_template(f"mail/{path.name}").template)  # type: ignore[attr-defined]


def folded(source: str) -> tuple[list[str], str]:
    """Return the kinds of the nodes of a folded template, and what it writes in Spanish."""
    engine = engines["django"].engine  # type: ignore[attr-defined]
    template = engine.from_string("{% load i18n static ui %}" + source)
    fold(template.nodelist)
    with override("es"):
        text = template.render(Context({"shop": {"name": "Percha"}, "word": "x"}))
    return [type(node).__name__ for node in template.nodelist], text


@pytest.mark.parametrize(
    "source",
    [
        '{% translate "Cart" %} {{ shop.name|upper }}',
        '{% icon "cart" %}{% static "js/own.js" %}{% url "catalog:policy" "envios" %}',
        '{% if shop.name and not shop.tax_id == "1" %}{% translate "Cart" %}{% endif %}',
        "{% blocktranslate with amount=shop.name %}{{ amount }} more{% endblocktranslate %}",
        '{% include "components/styles.html" %}',
    ],
)
def test_what_depends_on_language_and_settings_alone_is_kept(source: str) -> None:
    kinds, text = folded(source)
    assert kinds == [Kept.__name__]
    assert text


@pytest.mark.parametrize(
    "source",
    [
        "{{ word }}",
        "{{ shop.name|default:word }}",
        '{% url "catalog:policy" word %}',
        '{% url "catalog:home" as there %}',
        '{% translate "Cart" as words %}',
        "{% if word %}{{ shop.name }}{% endif %}",
        "{% if shop.name == word %}a{% endif %}",
        "{% if shop.name %}{{ word }}{% endif %}",
        "{% blocktranslate %}{{ word }} more{% endblocktranslate %}",
        "{% blocktranslate with amount=word %}{{ amount }} more{% endblocktranslate %}",
        "{% for one in word %}a{% endfor %}",
        '{% include "components/header.html" %}',
        "{% csrf_token %}",
        '{% now "Y" %}',
    ],
)
def test_what_depends_on_the_request_is_left_as_it_is(source: str) -> None:
    kinds, _text = folded(source)
    assert kinds != [Kept.__name__]
    assert len(kinds) >= 1


def test_who_asks_for_a_template_that_is_being_folded_waits_until_it_is() -> None:
    """Nodes are put together in their lists: whoever walked these meanwhile wrote a page without its form."""
    begun, may_end = Event(), Event()
    answers: list[bool] = []

    def slowly(self: Loader, template: Any) -> None:
        begun.set()
        assert may_end.wait(20)
        template.is_whole = True

    def ask() -> None:
        found: Any = get_template("orders/cart.html")
        answers.append(hasattr(found.template, "is_whole"))

    with override_settings(TEMPLATES=FOLDED), mock.patch.object(Loader, "prepare", slowly):
        first, second = Thread(target=ask), Thread(target=ask)
        first.start()
        assert begun.wait(20)
        second.start()
        second.join(0.3)
        assert second.is_alive(), "it got a template of which half is folded"
        may_end.set()
        first.join(20)
        second.join(20)
    assert answers == [True, True]
