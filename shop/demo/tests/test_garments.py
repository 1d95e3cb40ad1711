"""The drawings: small, well-formed, harmless, and the same every time."""

import re
from xml.etree import ElementTree as ET

import pytest

from shop.demo.garments import KINDS, VIEWS, Look, Print, draw
from shop.demo.garments.lettering import GLYPHS, line, width
from shop.demo.garments.look import PATTERNS
from shop.demo.garments.paths import arch, mirror, parse, whole, write
from shop.demo.garments.prints import MOTIFS, Box, render
from shop.demo.garments.tone import Tone, luminance

LIMIT = 6000
SVG = "{http://www.w3.org/2000/svg}"
DRAWN = {
    "svg",
    "defs",
    "filter",
    "feGaussianBlur",
    "feDropShadow",
    "linearGradient",
    "stop",
    "path",
    "clipPath",
    "use",
}
DRAWN |= {"g", "circle", "ellipse", "pattern"}


def test_there_are_more_kinds_than_the_shop_promises():
    assert len(KINDS) >= 14


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_view_of_every_kind_is_a_small_harmless_drawing(kind: str, view: str):
    drawing = draw(
        kind, Look("#6a7048", front=Print("wordmark", "Maal"), back=Print("wordmark", "Maal")), view
    )
    root = ET.fromstring(drawing)
    assert len(drawing.encode()) < LIMIT
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= DRAWN
    names = {name for element in root.iter() for name in element.attrib}
    assert not {name for name in names if name.startswith("on") or name in {"style", "class"}}
    assert all(element.get("href", "#").startswith("#") for element in root.iter())


@pytest.mark.parametrize("kind", KINDS)
def test_a_drawing_refers_only_to_what_it_defines(kind: str):
    for view in VIEWS:
        drawing = draw(kind, Look("#22211d", accent="#ff4a1c", pattern="check"), view)
        defined = re.findall(r'\bid="(\w+)"', drawing)
        used = set(re.findall(r'(?:href="#|url\(#)(\w+)', drawing))
        assert len(defined) == len(set(defined))
        assert used <= set(defined)


@pytest.mark.parametrize("kind", KINDS)
def test_front_back_and_detail_are_three_pictures(kind: str):
    look = Look("#b4472b")
    front, back, detail = (draw(kind, look, view) for view in VIEWS)
    assert len({front, back, detail}) == 3
    assert 'viewBox="0 0 400 500"' in front
    assert 'viewBox="0 0 400 500"' in back
    x, y, w, h = KINDS[kind].view_box.split()
    assert int(w) * 5 // 4 == int(h)
    assert int(x) + int(w) <= 400
    assert int(y) + int(h) <= 500


def test_the_same_look_is_drawn_the_same():
    look = Look("#2b46c8", front=Print("signal", "Vía"))
    assert draw("crew", look, "front") == draw("crew", look, "front")
    assert draw("crew", look, "front") != draw("crew", Look("#2b46c8", front=Print("sun", "Vía")), "front")


def test_an_unknown_view_or_kind_is_refused():
    with pytest.raises(ValueError, match="views front, back, detail"):
        draw("tee", Look("#ffffff"), "side")
    with pytest.raises(KeyError):
        draw("kilt", Look("#ffffff"), "front")


@pytest.mark.parametrize("motif", MOTIFS)
def test_every_motif_prints(motif: str):
    text = {"stacked": "Dos/líneas", "platform": "Andén/03"}.get(motif, "Señal")
    drawn = render(Print(motif, text, second="#ff4a1c"), Box(200, 150, 150, 110), "#1b1a16")
    ET.fromstring(drawn)
    assert "#1b1a16" in drawn
    assert "<path" in drawn


def test_no_print_draws_nothing():
    assert render(None, Box(0, 0, 1, 1), "#000000") == ""


@pytest.mark.parametrize("pattern", PATTERNS)
def test_every_pattern_is_laid_on_the_cloth(pattern: str):
    assert 'fill="url(#n)"' in draw("tee", Look("#ffffff", pattern=pattern, accent="#1f2a44"), "front")


def test_mirroring_twice_gives_the_path_back():
    path = "M210 20C220 30 230 40 240 50Q250 60 260 70L280 90"
    assert mirror(mirror(path)) == write(parse(path)) == path


def test_a_right_half_becomes_a_symmetrical_outline():
    assert whole("M200 10L240 20V90H200") == "M200 10L240 20L240 90L200 90L160 90L160 20L200 10Z"
    assert arch("M200 10L240 20") == "M160 20L200 10L240 20"


def test_a_path_that_cannot_be_mirrored_is_refused():
    with pytest.raises(ValueError, match="mirrored"):
        parse("M0 0a5 5 0 0 1 10 10")


def test_letters_are_paths_and_fit_the_width_they_are_given():
    assert width("MAAL") == 146 + 110 + 110 + 94 + 3 * 13 == 499
    drawn = line("MAAL", x=200, y=0, height=50, fit=49.9, colour="#000000")
    assert "scale(0.100)" in drawn
    assert "<text" not in drawn
    with pytest.raises(KeyError):
        line("@", x=0, y=0, height=10, colour="#000000")


def test_accents_and_digits_have_their_glyphs():
    plain, accented = (line(word, x=0, y=0, height=10, colour="#000000") for word in ("ANDEN", "ANDÉN"))
    assert len(accented) > len(plain)
    assert set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") <= set(GLYPHS)


@pytest.mark.parametrize("colour", ["#22211d", "#f2efe8", "#6a7048", "#ff4a1c", "#1f2a44"])
def test_printing_ink_reads_on_the_cloth(colour: str):
    tone = Tone(colour)
    light, dark = sorted((luminance(tone.ink), luminance(colour)), reverse=True)
    assert (light + 0.05) / (dark + 0.05) >= 3
