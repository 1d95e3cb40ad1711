"""One stylesheet, few scripts: every sheet is in it or named by its page, and what a page loads stays small."""

import gzip
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from shop.core.web import stylesheet

STATIC = Path(settings.BASE_DIR) / "static"
LINK = re.compile(r'<link rel="stylesheet" href="([^"]+)"')
SCRIPT = re.compile(r'<script[^>]+src="([^"]+)"')
IMPORT = re.compile(r'^import .*?"\./([\w-]+\.js)"', re.MULTILINE)
MOST_SCRIPT, MOST_STYLE = 40 * 1024, 20 * 1024  # bytes, compressed


def size(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 6))


def scripts(page: str) -> set[Path]:
    """Return the scripts that a page loads, and those that they import."""
    found = {STATIC / url.removeprefix("/static/") for url in SCRIPT.findall(page)}
    while more := {path.parent / name for path in found for name in IMPORT.findall(path.read_text())} - found:
        found |= more
    return found


def test_every_sheet_is_joined_or_named_by_a_page():
    written = {str(path.relative_to(STATIC)) for path in (STATIC / "css").rglob("*.css")}
    templates = "".join(path.read_text() for path in Path(settings.BASE_DIR, "templates").rglob("*.html"))
    # The back office names its sheet in the settings; without JavaScript the browser takes one more.
    named = {name for name in written if name in templates or name == "css/admin.css"}
    assert set(stylesheet.SHEETS) & named == set()
    assert set(stylesheet.SHEETS) | named == written


def test_the_joined_sheet_has_all_in_order_and_follows_its_sources(tmp_path, monkeypatch):
    found = Path(str(finders.find(stylesheet.NAME)))
    text = found.read_text()
    places = [text.index(stylesheet.compact((STATIC / name).read_text())) for name in stylesheet.SHEETS]
    assert places == sorted(places)
    assert text.index("@layer tokens,base") < text.index("@layer tokens{")
    found.write_text("another release")
    assert Path(str(finders.find(stylesheet.NAME))).read_text() == text
    assert stylesheet.NAME in {path for finder in finders.get_finders() for path, _storage in finder.list([])}


def test_comments_and_indentation_are_left_out_and_nothing_else():
    written = """/* A note; of { two }
 lines. */
@media (width > 1px) {
  a :hover, b > c { content: " /* , */ ; "; margin: calc(1px + 2px) 0; }
}
"""
    wanted = '@media (width > 1px){a :hover,b > c{content: " /* , */ ; ";margin: calc(1px + 2px) 0}}'
    assert stylesheet.compact(written) == wanted


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/buscar/", "/colecciones/", "/carrito/"])
def test_a_page_loads_one_sheet_and_little_script(client: Client, path: str):
    page = client.get(path).content.decode()
    assert LINK.findall(page) == ["/static/css/shop.css"]
    assert sum(map(size, scripts(page))) <= MOST_SCRIPT
    # They wait for pictures: a page works without them.
    assert page.count('<script type="module"') == page.count('<script type="module" fetchpriority="low"')
    assert size(Path(str(finders.find(stylesheet.NAME)))) <= MOST_STYLE
