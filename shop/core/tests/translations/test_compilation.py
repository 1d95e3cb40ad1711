"""Catalogues: compiled without GNU gettext, and compared with the code."""

import gettext
import os
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import PoFileError, read_po

from shop.core.translations.check import ExtractionFailed, collect_sentences, outdated, placeholders, problems
from shop.core.translations.compilation import compile_catalogues, uncompiled

HEADER = (
    'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    '"Plural-Forms: nplurals=2; plural=(n != 1);\\n"\n\n'
)


def catalogue(body: str) -> Catalog:
    return read_po(BytesIO((HEADER + body).encode()), locale="es")


def template(body: str) -> Catalog:
    return read_po(BytesIO((HEADER + body).encode()))


def write(root: Path, body: str) -> Path:
    source = root / "locale" / "es" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True, exist_ok=True)
    source.write_text(HEADER + body)
    return source


def test_compiled_catalogue_is_read_by_gettext(tmp_path: Path) -> None:
    source = write(tmp_path, 'msgid "Cart"\nmsgstr "Carrito"\n\n#, fuzzy\nmsgid "Size"\nmsgstr "Tallo"\n')
    assert uncompiled(tmp_path) == ["es"]
    assert compile_catalogues(tmp_path) == [source.with_suffix(".mo")]
    assert uncompiled(tmp_path) == []
    with source.with_suffix(".mo").open("rb") as stream:
        words = gettext.GNUTranslations(stream)
    assert words.gettext("Cart") == "Carrito"
    assert words.gettext("Size") == "Size"


def test_only_changed_catalogues_are_compiled(tmp_path: Path) -> None:
    source = write(tmp_path, 'msgid "Cart"\nmsgstr "Carrito"\n')
    assert compile_catalogues(tmp_path)
    assert compile_catalogues(tmp_path) == []
    later = source.with_suffix(".mo").stat().st_mtime_ns + 1_000_000
    os.utime(source, ns=(later, later))
    assert compile_catalogues(tmp_path)


def test_an_unreadable_catalogue_is_an_error(tmp_path: Path) -> None:
    write(tmp_path, 'msgid "Cart"\nmsgstr "Carrito"\nwhat is this\n')
    with pytest.raises(PoFileError):
        compile_catalogues(tmp_path)


@pytest.mark.parametrize(
    ("said", "translated", "problem"),
    [
        ('msgid "Cart"\nmsgstr ""', 'msgid "Bag"\nmsgstr "Bolsa"', "not translated"),
        ('msgid "Cart"\nmsgstr ""', 'msgid "Cart"\nmsgstr ""', "not translated"),
        ('msgid "Cart"\nmsgstr ""', '#, fuzzy\nmsgid "Cart"\nmsgstr "Carro"', "fuzzy"),
        (
            'msgid "Pay %(total)s"\nmsgstr ""',
            'msgid "Pay %(total)s"\nmsgstr "Pagar %(tota)s"',
            "placeholders",
        ),
        ('msgid "Pay {total}"\nmsgstr ""', 'msgid "Pay {total}"\nmsgstr "Pagar"', "placeholders"),
        ('msgid "<a>Pay</a>"\nmsgstr ""', 'msgid "<a>Pay</a>"\nmsgstr "<a>Pagar"', "markup"),
        (
            'msgid "%(n)s unit"\nmsgid_plural "%(n)s units"\nmsgstr[0] ""\nmsgstr[1] ""',
            'msgid "%(n)s unit"\nmsgid_plural "%(n)s units"\nmsgstr[0] "%(n)s unidad"\nmsgstr[1] ""',
            "not translated",
        ),
        (
            'msgid "%(n)s sold"\nmsgid_plural "%(n)s sold"\nmsgstr[0] ""\nmsgstr[1] ""',
            'msgid "%(n)s sold"\nmsgstr[0] "%(n)s vendida"\nmsgstr[1] "%(n)s vendidas"',
            "one has a plural",
        ),
    ],
)
def test_what_a_catalogue_lacks_is_named(said: str, translated: str, problem: str) -> None:
    (line,) = problems(template(said), catalogue(translated))
    assert line.startswith(problem)


def test_a_faithful_catalogue_has_no_problems() -> None:
    said = template(
        'msgid "One unit"\nmsgid_plural "%(n)s units"\nmsgstr[0] ""\nmsgstr[1] ""\n\n'
        'msgid "100%% of {total!s}"\nmsgstr ""\n'
    )
    translated = catalogue(
        'msgid "One unit"\nmsgid_plural "%(n)s units"\nmsgstr[0] "Una unidad"\nmsgstr[1] "%(n)s unidades"\n\n'
        'msgid "100%% of {total!s}"\nmsgstr "El 100%% de {total!s}"\n\nmsgid "Old"\nmsgstr "Viejo"\n'
    )
    assert list(problems(said, translated)) == []
    assert outdated(said, translated) == ["Old"]


def test_placeholders_are_told_from_per_cent_signs() -> None:
    assert set(placeholders("%(a)s is 10%% of %s and {b:.2f}")) == {"%(a)s", "%s", "{b:.2f}"}


def test_sentences_are_collected_from_code_and_templates(tmp_path: Path) -> None:
    (tmp_path / "shop").mkdir()
    (tmp_path / "shop" / "words.py").write_text(
        'from django.utils.translation import gettext as _\n_("From code")\n'
    )
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "page.html").write_text('{% load i18n %}{% translate "From a page" %}')
    (tmp_path / "shop" / "tests").mkdir()
    (tmp_path / "shop" / "tests" / "test_words.py").write_text('_("From a test")\n')
    sentences = collect_sentences(tmp_path)["django"]
    assert {message.id for message in sentences if message.id} == {"From code", "From a page"}


def test_missing_gettext_is_a_clear_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ExtractionFailed, match="apt-get install gettext"):
        collect_sentences(tmp_path)
