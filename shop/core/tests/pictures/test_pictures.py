"""Every upload becomes a plain picture or a sentence: by content, whatever its name and type."""

import io
from collections.abc import Callable
from pathlib import Path

import pytest
from django.test import override_settings
from django.utils import translation
from PIL import Image

from shop.core.pictures import PictureRefused, rewrite, rewriting
from shop.core.pictures.kinds import kind_of
from shop.core.tests.pictures.picture_files import (
    BLUE,
    GREEN,
    HTML,
    PRETENDERS,
    RED,
    camera_exif,
    halves,
    opened,
    png_of_size,
    saved,
    swapped_profile,
)


def taken(body: bytes) -> "tuple[rewriting.Rewritten, Image.Image]":
    """Return the rewritten picture, and what a browser would see in it."""
    result = rewrite(io.BytesIO(body))
    image = opened(result.body)
    assert (result.width, result.height) == image.size
    assert {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}[result.suffix] == image.format
    return result, image


def refused(body: bytes) -> PictureRefused:
    """Return the refusal of these bytes."""
    with pytest.raises(PictureRefused) as caught:
        rewrite(io.BytesIO(body))
    return caught.value


def is_like(pixel: object, colour: tuple[int, ...], tolerance: int = 24) -> bool:
    """Return whether a pixel has nearly this colour."""
    assert isinstance(pixel, tuple)
    return all(abs(one - other) <= tolerance for one, other in zip(pixel, colour, strict=False))


# -- What is taken ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("form", "suffix"),
    [("JPEG", "jpg"), ("PNG", "png"), ("WEBP", "webp"), ("AVIF", "webp"), ("HEIF", "jpg"), ("MPO", "jpg")],
)
def test_every_kind_of_picture_is_written_anew_turned_and_without_what_the_camera_told(form, suffix):
    body = saved(halves(), form, exif=camera_exif(orientation=6).tobytes())
    assert b"PhoneMaker" in body

    result, image = taken(body)

    # The camera was turned by 90°: left becomes top.
    assert (result.suffix, image.size) == (suffix, (40, 80))
    rgb = image.convert("RGB")
    assert is_like(rgb.getpixel((20, 10)), RED)
    assert is_like(rgb.getpixel((20, 70)), BLUE)
    assert not image.getexif()
    assert b"PhoneMaker" not in result.body


def test_nothing_beside_the_pixels_survives():
    body = saved(
        halves(),
        "JPEG",
        exif=camera_exif(),
        comment=b"SECRET-COMMENT",
        icc_profile=swapped_profile(),
        xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'>SECRET-XMP</x:xmpmeta>",
    )
    assert b"SECRET-COMMENT" in body
    assert b"SECRET-XMP" in body

    result, image = taken(body + b"\n" + HTML)

    assert b"SECRET" not in result.body
    assert b"<" + b"script" not in result.body
    assert not {"exif", "comment", "icc_profile", "xmp", "photoshop"} & set(image.info)


def test_a_png_loses_its_texts_and_what_was_hung_behind_it():
    from PIL.PngImagePlugin import PngInfo

    data = PngInfo()
    data.add_text("Comment", "SECRET-TEXT")
    data.add_itxt("XML:com.adobe.xmp", "SECRET-XMP")

    result, _image = taken(saved(halves(), "PNG", pnginfo=data, icc_profile=swapped_profile()) + HTML)

    assert b"SECRET" not in result.body
    assert b"script" not in result.body
    assert b"iCCP" not in result.body


def test_the_profile_is_carried_out_and_taken_off():
    """The file's red is said to look like sRGB's blue: that is what is stored, as sRGB."""
    for form in ("JPEG", "PNG", "WEBP", "AVIF", "HEIF"):
        _result, image = taken(saved(halves(left=(250, 0, 0)), form, icc_profile=swapped_profile()))

        red, green, blue = image.convert("RGB").getpixel((10, 20))  # type: ignore[misc]
        assert blue > 200 > 60 > max(red, green), form


@pytest.mark.parametrize("profile", [b"", b"broken", b"\x00" * 128])
def test_a_broken_profile_counts_as_none(profile):
    _result, image = taken(saved(halves(), "PNG", icc_profile=profile))

    assert is_like(image.convert("RGB").getpixel((10, 20)), RED)


def test_broken_exif_does_not_cost_the_picture():
    _result, image = taken(saved(halves(), "JPEG", exif=b"Exif\x00\x00MM\x00*\xff\xff\xff\xff"))

    assert image.size == (80, 40)


def test_print_colours_become_screen_colours():
    result, image = taken(saved(halves(left=(255, 255, 255), right=(0, 0, 0)).convert("CMYK"), "JPEG"))

    assert (result.suffix, image.mode) == ("jpg", "RGB")
    assert is_like(image.getpixel((10, 20)), (255, 255, 255))
    assert is_like(image.getpixel((70, 20)), (0, 0, 0), 45)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "AVIF", "HEIF"])
def test_transparency_is_kept(form):
    _result, image = taken(saved(halves(left=(*RED, 255), right=(*BLUE, 0)), form))

    assert image.mode == "RGBA"
    assert image.getchannel("A").getpixel((10, 20)) == 255
    assert image.getchannel("A").getpixel((70, 20)) == 0
    assert is_like(image.getpixel((10, 20)), RED)


def test_alpha_that_hides_nothing_goes():
    assert taken(saved(halves(left=(*RED, 255), right=(*BLUE, 255)), "PNG"))[1].mode == "RGB"


def test_a_palette_with_a_hole_and_sixteen_bits_are_understood():
    palette = halves(left=RED, right=GREEN).quantize(4)
    hole = palette.getpixel((70, 20))
    _result, image = taken(saved(palette, "PNG", transparency=hole))
    assert image.getchannel("A").getpixel((70, 20)) == 0
    assert is_like(image.getpixel((10, 20)), RED)

    grey = Image.new("I;16", (40, 40), 32768)
    _result, image = taken(saved(grey, "PNG"))
    assert is_like(image.convert("RGB").getpixel((5, 5)), (128, 128, 128), 3)

    _result, image = taken(saved(Image.new("1", (40, 40), 1), "PNG"))
    assert is_like(image.convert("RGB").getpixel((5, 5)), (255, 255, 255), 0)


@override_settings(PICTURE_MAX_SIDE=1200)
def test_a_large_picture_is_made_smaller_and_a_heavy_png_becomes_a_photograph():
    assert taken(saved(halves(size=(2400, 1000)), "JPEG"))[1].size == (1200, 500)
    assert taken(saved(halves(size=(90, 60)), "JPEG"))[1].size == (90, 60)

    noise = Image.merge("RGB", [Image.effect_noise((1200, 1200), 90) for _channel in range(3)])
    result, _image = taken(saved(noise, "PNG", compress_level=0))
    assert result.suffix == "jpg"


# -- What is refused -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", PRETENDERS)
def test_whatever_is_no_picture_is_refused_by_content_and_before_it_is_decoded(name, monkeypatch):
    monkeypatch.setattr(rewriting, "_decoded", lambda *args: pytest.fail("it was decoded"))

    assert refused(PRETENDERS[name]).code == "picture_kind"


def test_each_refusal_says_what_it_is_and_what_to_do():
    with translation.override("en"):
        words = {name: refused(PRETENDERS[name]).messages[0] for name in PRETENDERS}

    assert "SVG" in words["drawing.png"]
    assert "PNG" in words["drawing.svg"]
    assert "web page" in words["page.jpg"]
    assert "GIF" in words["moving.gif"]
    assert "PDF" in words["paper.pdf"]
    assert "empty" in words["empty.jpg"]
    assert "HEIC" in words["text.jpg"]


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF", "HEIF"])
def test_a_picture_that_is_cut_off_is_refused(form):
    noise = Image.merge("RGB", [Image.effect_noise((300, 300), 90) for _channel in range(3)])
    body = saved(noise, form)

    for kept in (len(body) // 2, len(body) // 5, 40):
        assert refused(body[:kept]).code == "picture_damaged", kept


def test_bombs_are_refused_before_they_are_decoded():
    for size in ((50_000, 50_000), (7_072, 7_072), (2_000_000_000, 1)):
        refusal = refused(png_of_size(*size))
        assert refusal.code == "picture_pixels"
        assert f"{size[0]} × {size[1]}" in refusal.messages[0]


def test_an_animation_is_refused():
    frames = [halves(), halves(left=GREEN)]
    for form in ("WEBP", "PNG", "AVIF"):
        body = saved(frames[0], form, save_all=True, append_images=frames[1:], duration=100)
        assert refused(body).code == "picture_animated", form


@override_settings(PICTURE_MAX_BYTES=1024 * 1024)
def test_a_file_above_the_limit_is_refused_with_the_limit_and_not_read_whole():
    class Endless(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            assert size is not None
            assert 0 <= size <= 1024 * 1024 + 1
            return (b"\xff\xd8\xff" + bytes(size))[:size]

    with pytest.raises(PictureRefused, match="1 MB") as caught:
        rewrite(Endless())
    assert caught.value.code == "picture_bytes"


@pytest.fixture
def decoder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Replace the decoder by another program within the context."""

    def be(code: str) -> None:
        program = tmp_path / "decoder.py"
        program.write_text(code)
        monkeypatch.setattr(rewriting, "_DECODER", program)

    return be


def replaced(function: str) -> str:
    """Return the decoder's own program with another `write_anew`."""
    source = rewriting._DECODER.read_text()
    assert source.count('if __name__ == "__main__":') == 1
    return source.replace('if __name__ == "__main__":', f'{function}\n\nif __name__ == "__main__":')


def test_a_decoder_that_hangs_or_dies_is_told_in_words(decoder, settings):
    settings.PICTURE_SECONDS = 1
    for code in ("import time; time.sleep(60)", "import os; os.abort()", "raise SystemExit(3)"):
        decoder(code)
        assert refused(saved(halves(), "PNG")).code == "picture_effort"


def test_the_decoder_finds_no_secret_and_may_write_no_file(decoder, monkeypatch, tmp_path):
    monkeypatch.setenv("SECRET_KEY", "never-seen-by-a-decoder")
    target = tmp_path / "written"
    decoder(
        replaced(
            "def write_anew(*args):\n"
            "    import os\n"
            "    if 'SECRET_KEY' not in os.environ:\n"
            "        try:\n"
            f"            open({str(target)!r}, 'wb', buffering=0).write(b'x')\n"
            "        except OSError:\n"
            "            raise Refused('animated')\n"
        )
    )

    assert refused(saved(halves(), "PNG")).code == "picture_animated"
    assert not target.exists() or target.stat().st_size == 0


@pytest.mark.memory_limit
def test_a_decoder_has_no_more_memory_than_it_is_given(decoder):
    decoder(replaced("def write_anew(*args):\n    bytearray(2**31)\n"))

    assert refused(saved(halves(), "PNG")).code == "picture_effort"


def test_kinds_are_told_by_brands_whatever_comes_first():
    def iso(*brands: bytes) -> bytes:
        body = b"ftyp" + brands[0] + b"\x00\x00\x00\x00" + b"".join(brands[1:])
        return (len(body) + 4).to_bytes(4, "big") + body

    assert kind_of(iso(b"mif1", b"avif", b"miaf")) == "AVIF"
    assert kind_of(iso(b"mif1", b"heic")) == "HEIF"
    assert kind_of(iso(b"heix")) == "HEIF"
    assert kind_of(iso(b"avis", b"msf1")) == "AVIF"
    assert kind_of(iso(b"qt  ")) == "VIDEO"
