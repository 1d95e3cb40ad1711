"""What a page says of a picture: sources by format and width, its size, when it is loaded, and what stays in sight."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from django.conf import settings

from shop.core.pictures.markup import PLACES, Picture, write, write_hover, write_small, write_video
from shop.core.pictures.renditions import Renditions

STEM = "products/0123456789abcdef0123456789abcdef"
MADE = Renditions(f"{STEM}.jpg", (320, 480, 640, 960, 1280, 1600), ("avif", "webp", "jpg"), "#d8d2c8", 1)
BARE = Picture(f"{STEM}.jpg", width=2000, height=2500)
FULL = Picture(f"{STEM}.jpg", width=2000, height=2500, focus_x=32, focus_y=8, renditions=MADE)


def test_until_there_are_renditions_the_picture_itself_is_shown():
    assert write(BARE, "card") == (
        f'<picture><img src="/media/{STEM}.jpg" alt="" width="2000" height="2500" loading="lazy" '
        'decoding="async"></picture>'
    )


def test_three_formats_each_in_the_widths_of_the_place():
    html = write(FULL, "card", alt='Remera "negra"')
    for form, kind in (("avif", "avif"), ("webp", "webp")):
        widths = ", ".join(f"/media/{STEM}-r1-{width}.{form} {width}w" for width in (320, 480, 640, 960))
        assert f'<source type="image/{kind}" srcset="{widths}" sizes="{PLACES["card"].sizes}">' in html
    assert f'<img src="/media/{STEM}-r1-640.jpg" srcset="/media/{STEM}-r1-320.jpg 320w, ' in html
    assert 'alt="Remera &quot;negra&quot;" width="2000" height="2500" class="focus-x-30 focus-y-10"' in html
    assert '<rect width="1" height="1" fill="#d8d2c8"/>' in html
    assert "1600" not in html
    assert "-r1-1600.avif 1600w" in write(FULL, "gallery")


@pytest.mark.parametrize("picture", [BARE, FULL])
def test_only_the_first_picture_of_a_page_is_hurried(picture):
    first, other = write(picture, "card", first=True), write(picture, "card")
    assert 'fetchpriority="high"' in first
    assert "lazy" not in first
    assert 'loading="lazy" decoding="async"' in other
    assert "fetchpriority" not in other


def test_a_tall_cut_out_is_as_wide_as_its_height_lets_it_be():
    assert "min(64vw, 29vh)" in write(FULL, "cutout")
    wide = replace(FULL, width=2500, height=2000)
    assert write(wide, "cutout") == write(wide, "hero")


@pytest.mark.parametrize("picture", [BARE, FULL])
def test_a_hover_picture_is_downloaded_only_where_something_hovers(picture):
    html = write_hover(picture, "card", css="tile-alt")
    sources = re.findall(r"<source [^>]*>", html)
    assert sources
    assert all('media="(hover: hover) and (pointer: fine)"' in source for source in sources)
    [image] = re.findall(r"<img [^>]*>", html)
    assert 'src="data:image/gif;base64,' in image
    assert "/media/" not in image


def test_a_video_waits_behind_a_picture_of_a_phones_size():
    html = write_video(FULL, "/media/products/x.webm", words="De espaldas")
    assert f'preload="none" poster="/media/{STEM}-r1-640.webp"' in html


def test_a_line_keeps_one_address_and_gets_the_better_formats_of_it():
    url = FULL.small_url
    assert url == f"/media/{STEM}-r1-320.jpg"
    html = write_small(url)
    assert re.findall(r'srcset="([^"]*)"', html) == [
        f"/media/{STEM}-r1-320.{form}" for form in ("avif", "webp")
    ]
    assert f'<img src="{url}" alt=""' in html
    drawn = write_small("/media/products/buzo-negro-front.svg")
    assert drawn.startswith('<img src="/media/products/buzo-negro-front.svg"')


def test_sizes_follow_the_breakpoints_of_the_style_sheets():
    """Who moves a breakpoint of the grid, the hero or the gallery finds here that pictures follow it."""
    css = Path(settings.BASE_DIR) / "static/css"
    rule = {
        "card": ("layout.css", r"\.grid \{"),
        "door": ("components/cards.css", r"\.doors \{"),
        "hero": ("components/hero.css", r"\.hero \{"),
        "cutout": ("components/hero.css", r"\.hero \{"),
        "gallery": ("components/gallery.css", r"\.gallery-track \{"),
        "gallery-half": ("components/gallery.css", r"\.gallery-track \{"),
    }
    wrap = re.search(r"--wrap: (\d+)rem", (css / "tokens.css").read_text())
    assert wrap
    for place, (sheet, selector) in rule.items():
        text = (css / sheet).read_text()
        blocks = re.findall(r"@media \(min-width: (\d+)rem\) \{(.*?)\n  \}", text, re.DOTALL)
        expected = {rem for rem, body in blocks if re.search(selector, body)}
        assert expected
        said = set(re.findall(r"min-width: (\d+)rem", PLACES[place].sizes)) - {wrap.group(1)}
        assert said == expected, place


def test_every_step_of_the_focal_point_has_its_class():
    css = (Path(settings.BASE_DIR) / "static/css/components/picture.css").read_text()
    for axis in "xy":
        steps = set(re.findall(rf"\.focus-{axis}-(\d+) \{{\s*--focus-{axis}: \1%;", css))
        assert steps == {str(step) for step in range(0, 101, 5)} - {"50"}


def test_a_common_phone_takes_the_small_rendition_of_a_card():
    """412 pixels of 1.75 (a Moto G, and Lighthouse's phone): 322 physical pixels are shown by a rendition of 320."""
    [left] = re.findall(r"calc\(50vw - ([\d.]+)rem\)$", PLACES["card"].sizes)

    assert 315 < (412 / 2 - 16 * float(left)) * 1.75 <= 320
