"""Videos of products: MP4 or WebM by their bytes, stored as they come, served as what they are, gone with their row."""

import struct
from pathlib import Path

import pytest
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.test import Client
from django.urls import reverse
from pytest_django.fixtures import Settings

from catalog.models import ProductImage
from catalog.tests.factories import ProductFactory
from shop.core.pictures.kinds import kind_of
from shop.core.pictures.video import VideoRefused
from shop.core.tests.pictures.picture_files import halves, saved

PNG = saved(halves(size=(400, 500)), "PNG")
MP4 = struct.pack(">I", 24) + b"ftypisom\x00\x00\x02\x00isommp42" + bytes(2000)
WEBM = (
    b"\x1aE\xdf\xa3\x9fB\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82\x84webmB\x87\x81\x04"
    + bytes(500)
)
MATROSKA = WEBM.replace(b"webm", b"mkv ")
QUICKTIME = MP4.replace(b"ftypisom", b"ftypqt  ")


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    """Return the media folder of one test."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def shown(body: bytes, name: str = "clip.MOV") -> ProductImage:
    """Make a picture with a video."""
    return ProductImage.objects.create(
        product=ProductFactory.create(),
        file=ContentFile(PNG, name="x"),
        video=ContentFile(body, name=name),
    )


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("body", "suffix", "kind"), [(MP4, "mp4", "video/mp4"), (WEBM, "webm", "video/webm")]
)
def test_it_is_stored_as_it_comes_and_served_in_ranges_as_what_it_is(media, body, suffix, kind):
    image = shown(body)
    assert image.video.name.endswith(f".{suffix}")
    assert (media / image.video.name).read_bytes() == body

    whole = Client().get(image.video.url)
    assert (whole.status_code, whole["Content-Type"], whole.getvalue()) == (200, kind, body)
    assert "Content-Disposition" not in whole
    assert "immutable" in whole["Cache-Control"]
    part = Client().get(image.video.url, headers={"range": "bytes=10-19"})
    assert (part.status_code, part.getvalue()) == (206, body[10:20])
    assert part["Content-Range"] == f"bytes 10-19/{len(body)}"


@pytest.mark.django_db
@pytest.mark.parametrize("body", [b"", PNG, MATROSKA, QUICKTIME, b"<html>", MP4[:8]])
def test_anything_else_is_refused_whatever_its_name_says(media, body):
    image = ProductImage(
        product=ProductFactory.create(),
        file=ContentFile(PNG, name="x"),
        video=ContentFile(body, name="clip.mp4"),
    )
    with pytest.raises(ValidationError) as refused:
        image.full_clean()
    assert "video" in refused.value.message_dict
    if body:
        with pytest.raises(VideoRefused):
            shown(body)
    assert kind_of(body) not in {"MP4", "WEBM"}


@pytest.mark.django_db
def test_a_large_one_is_refused_with_the_limit(media, settings):
    settings.VIDEO_MAX_BYTES = 1024 * 1024
    with pytest.raises(VideoRefused, match="1 MB"):
        shown(MP4 + bytes(1024 * 1024))


@pytest.mark.django_db(transaction=True)
def test_it_goes_with_its_row_and_is_replaced(media):
    image = shown(MP4)
    first = image.video.name
    image.video = ContentFile(WEBM, name="y")
    image.save()
    assert not (media / first).exists()
    second = image.video.name
    image.delete()
    assert not (media / second).exists()


@pytest.mark.django_db
def test_the_page_loads_nothing_of_it_before_it_is_asked_to(media):
    image = shown(MP4)
    page = Client().get(reverse("catalog:product", args=[image.product.slug])).content.decode()
    assert f'<video controls playsinline preload="none" poster="{image.file.url}"' in page
    assert f'<source src="{image.video.url}" type="video/mp4">' in page


@pytest.mark.django_db
def test_its_thumbnail_says_that_it_plays(media):
    image = shown(MP4)
    ProductImage.objects.create(product=image.product, file=ContentFile(PNG, name="y"))
    page = Client().get(reverse("catalog:product", args=[image.product.slug])).content.decode()
    assert page.count('class="is-video"') == 1
