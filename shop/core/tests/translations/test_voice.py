"""One form of address: the Spanish catalogues use "vos", with the words of our readers."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import django
import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po
from django.http import HttpResponse
from django.utils import translation
from django.utils.translation import to_locale

from shop.core.audit import labels
from shop.core.backoffice.script_translations import ScriptWords
from shop.core.mail.secrets import KINDS
from shop.core.translations.compilation import ROOT

LIBRARIES = Path(django.__file__).parents[1]
# Of Django only the packages whose sentences our pages show; the others are for developers or unused pages.
BORROWED = ("django/conf", "django/contrib/admin", "django/contrib/auth")
USTED = re.compile(
    r"\b(usted|asegúrese|elija|seleccione|introdu(zca|za)|ingrese|escriba|corrija|verifique|compruebe|mantenga|"
    r"pulse|utilice|vuelva|desmarque|habilite|observe|proporcione|inténtelo|elimínelos|ficheros?|añad\w+|"
    r"su (cuenta|contraseña|e-mail|paciencia)|puedes|debes|tienes|quieres|está seguro)\b|seleccionad[oa]/[oas]",
    re.IGNORECASE,
)
# Where the verb in the first or third person looks like "usted".
OURS_AS_MEANT = re.compile(r"salvo que elija otra|cuando vuelva|te podemos escribir", re.IGNORECASE)
JARGON = re.compile(r"\b(webhooks?|checkout session|slug)\b", re.IGNORECASE)
# Sentences of Django that no page of the shop shows: its own debug pages, its password pages, the old date picker.
NEVER_SHOWN = re.compile(
    r"Referer|DEBUG=True|configured your browser|Something’s wrong with your database|Use this form|same-origin",
)


def catalogue(path: Path) -> Iterator[Message]:
    """Yield the translated messages of a catalogue."""
    with path.open("rb") as stream:
        yield from (message for message in read_po(stream) if message.id and message.string)


def words(message: Message) -> str:
    return message.string if isinstance(message.string, str) else " | ".join(message.string)


def key(message: Message) -> tuple[str, str | None]:
    return (message.id if isinstance(message.id, str) else message.id[0], message.context)


OURS = {key(message): words(message) for message in catalogue(ROOT / "locale/es/LC_MESSAGES/django.po")}


def test_our_sentences_say_vos_and_plain_words():
    assert not [text for text in OURS.values() if USTED.search(OURS_AS_MEANT.sub("", text))]
    assert not [text for text in OURS.values() if JARGON.search(text)]


@pytest.mark.parametrize("room", BORROWED)
def test_borrowed_sentences_in_another_voice_are_said_anew(room):
    path = LIBRARIES / room / "locale/es/LC_MESSAGES/django.po"
    left = [
        key(message)[0]
        for message in catalogue(path)
        if key(message) not in OURS
        and USTED.search(words(message))
        and not NEVER_SHOWN.search(key(message)[0])
    ]
    assert not left


@pytest.mark.parametrize("language", ["es", "pt-br"])
def test_the_scripts_of_the_back_office_speak_in_the_shops_voice(language, rf):
    with translation.override(language):
        answer = cast(HttpResponse, ScriptWords.as_view()(rf.get("/")))
    said = json.loads(answer.content.decode().split("newcatalog = ")[1].split(";\n")[0])
    ours = catalogue(ROOT / f"locale/{to_locale(language)}/LC_MESSAGES/djangojs.po")
    for message in ours:
        assert said[key(message)[0]] == (
            message.string if isinstance(message.string, str) else list(message.string)
        )
    assert said["March"]
    assert not USTED.search(str(said))
    assert "Usted" not in str(said)


def test_every_kind_of_mail_has_words():
    assert set(KINDS) <= set(labels.MAILS)


CODES = re.compile(r"record\(\s*[\w.]+,\s*\"(?P<kind>[a-z][a-z .]*)\"")


def test_every_kind_of_event_has_words():
    rooms = ("catalog", "inventory", "orders", "payments", "shop")
    found = {
        match["kind"]
        for room in rooms
        for path in (ROOT / room).rglob("*.py")
        if "tests" not in path.parts and "sandbox" not in path.parts
        for match in CODES.finditer(path.read_text())
    }
    assert len(found) > 20
    assert not found - set(labels.KINDS)
