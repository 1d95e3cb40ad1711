"""Renditions of pictures: made by a worker, once or twice or half, shown only when they are there, deleted with them."""

import os
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import InMemoryStorage, Storage, default_storage
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from PIL import Image
from pytest_django.fixtures import Settings

from catalog.models import ProductImage
from catalog.tests.factories import ProductFactory
from shop.core.pictures import files, rendering
from shop.core.pictures.markup import Picture
from shop.core.pictures.renditions import CARD_BYTES, CARD_WIDTH, MOST_TRIES, SHARE, possible_names
from shop.core.tests.pictures.picture_files import halves, saved

WIDE = saved(halves(size=(700, 875)), "JPEG")
OTHER = saved(halves(size=(330, 330)), "PNG")


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    """Return the media folder of one test."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def stored(media: Path) -> set[str]:
    """Return the names of all files in the media folder."""
    return {str(path.relative_to(media)) for path in media.rglob("*") if path.is_file()}


def picture(body: bytes = WIDE) -> ProductImage:
    """Make a product's picture as code does."""
    return ProductImage.objects.create(product=ProductFactory.create(), file=ContentFile(body, name="x"))


@pytest.mark.django_db
def test_they_are_asked_for_when_the_picture_is_committed(
    media, monkeypatch, django_capture_on_commit_callbacks
):
    asked: list[tuple[object, ...]] = []
    monkeypatch.setattr("shop.core.pictures.field.dispatch", lambda *words: asked.append(words))
    with django_capture_on_commit_callbacks(execute=True):
        image = picture()
    assert asked == [("shop.core.tasks.render_picture", image.file.name)]
    with django_capture_on_commit_callbacks(execute=True):
        image.alt = "words only"
        image.save()
    assert len(asked) == 1


@pytest.mark.django_db
def test_every_width_and_format_that_is_not_larger_than_the_picture(media):
    image = picture()
    assert rendering.render(image.file.name) == 1
    image.refresh_from_db()

    made = image.picture.renditions
    assert made is not None
    assert (made.widths, made.formats) == ((320, 480, 640), ("avif", "webp", "jpg"))
    red = int(made.colour[1:3], 16)  # The picture is half red (220), half blue (30).
    assert abs(red - 220) < 12 or abs(red - 30) < 12
    for width in made.widths:
        for form, kind in (("avif", "AVIF"), ("webp", "WEBP"), ("jpg", "JPEG")):
            with default_storage.open(made.name(width, form)) as file, Image.open(file) as opened:
                assert (opened.format, opened.size) == (kind, (width, width * 5 // 4))
    with default_storage.open(made.share) as file, Image.open(file) as opened:
        assert (opened.format, opened.size) == ("JPEG", SHARE)
    assert len(stored(media)) == 1 + 3 * 3 + 1
    assert rendering.render(image.file.name) == 0
    assert rendering.render_missing() == {"made": 0, "left": 0}


@pytest.mark.django_db
def test_a_phones_card_keeps_to_its_bytes_whatever_the_picture(media):
    noise = Image.effect_noise((1000, 1250), 90).convert("RGB")
    image = picture(saved(noise, "JPEG", quality=90))
    rendering.render(image.file.name)
    image.refresh_from_db()
    made = image.picture.renditions
    assert made is not None
    # Noise is the worst there is: only the widest JPEG of it may miss, and every photograph keeps to it.
    sizes = {
        (width, form): default_storage.size(made.name(width, form))
        for width in made.widths
        if width <= CARD_WIDTH
        for form in made.formats
    }
    assert max(size for (width, form), size in sizes.items() if form == "avif") <= CARD_BYTES
    assert max(size for (width, _form), size in sizes.items() if width <= 320) <= CARD_BYTES


@pytest.mark.django_db
def test_a_transparent_picture_has_no_jpeg_and_no_ground(media):
    image = picture(saved(halves((200, 0, 0, 255), (0, 0, 0, 0), size=(400, 400)), "PNG"))
    rendering.render(image.file.name)
    image.refresh_from_db()
    made = image.picture.renditions
    assert made is not None
    assert (made.formats, made.colour) == (("avif", "webp"), "")


@pytest.mark.django_db
def test_whoever_saves_the_row_meanwhile_loses_nothing_and_a_new_picture_forgets_the_old_ones(media):
    image = picture()
    stale = ProductImage.objects.get(pk=image.pk)
    rendering.render(image.file.name)
    stale.alt = "written by a form that was open"
    stale.save()
    image.refresh_from_db()
    assert image.picture.renditions is not None

    former = image.file.name
    image.file = ContentFile(OTHER, name="y")
    image.save()
    image.refresh_from_db()
    assert image.renditions is None
    assert image.picture.renditions is None
    assert rendering.render(former) == 0

    # Assigned by hand, past every guard: what was made of another file is not shown.
    ProductImage.objects.filter(pk=image.pk).update(
        renditions={"file": former, "widths": [320], "formats": ["jpg"], "recipe": 1, "colour": ""}
    )
    image.refresh_from_db()
    assert image.picture.renditions is None


@pytest.mark.django_db
def test_a_worker_that_was_killed_leaves_nothing_broken(media):
    image = picture()
    half = f"{image.file.name.removesuffix('.jpg')}-r1-320.avif"
    (media / half).write_bytes(b"half of it")
    lost = f"{half}.0123abcd.part"
    (media / lost).write_bytes(b"x")
    assert image.picture.renditions is None

    assert rendering.render_missing() == {"made": 1, "left": 0}
    with default_storage.open(half) as file, Image.open(file) as opened:
        assert opened.size == (320, 400)
    os.utime(media / lost, (0, 0))
    assert files.delete_orphans() == {"deleted": 1, "unknown": 0}
    assert lost not in stored(media)


@pytest.mark.django_db
def test_deleted_while_it_is_rendered_nothing_stays(media, monkeypatch):
    image = picture()
    put = rendering.put

    def put_and_lose(storage: Storage, name: str, body: bytes) -> None:
        put(storage, name, body)
        ProductImage.objects.all()._raw_delete("default")

    monkeypatch.setattr(rendering, "put", put_and_lose)
    assert rendering.render(image.file.name) == 0
    assert stored(media) == set()


@pytest.mark.django_db(transaction=True)
def test_they_are_deleted_with_the_picture_and_found_by_the_clean_up(media):
    image = picture()
    rendering.render(image.file.name)
    assert len(stored(media)) == 11
    image.delete()
    assert stored(media) == set()

    kept, lost = picture(), picture(OTHER)
    for row in (kept, lost):
        rendering.render(row.file.name)
    before = stored(media)
    ProductImage.objects.filter(pk=lost.pk)._raw_delete("default")
    long_ago = (timezone.now() - timedelta(days=2)).timestamp()
    for name in before:
        os.utime(media / name, (long_ago, long_ago))
    found = {name for name in possible_names(lost.file.name) if name in before}
    assert set(files.orphans()) == found | {lost.file.name}
    assert files.delete_orphans()["unknown"] == 0
    assert stored(media) == before - found - {lost.file.name}


@pytest.mark.django_db
def test_what_cannot_be_encoded_is_tried_a_few_times_and_stays_as_it_is(media, capsys):
    image = picture()
    (media / image.file.name).write_bytes(b"\xff\xd8\xff broken on the disk")
    for _try in range(MOST_TRIES + 2):
        rendering.render_missing()
    image.refresh_from_db()
    assert image.renditions["tries"] == MOST_TRIES
    assert image.picture.renditions is None

    (media / image.file.name).write_bytes(WIDE)
    call_command("render_pictures")
    assert capsys.readouterr().out == "0 made, 0 left\n"
    call_command("render_pictures", again=True)
    assert capsys.readouterr().out == "1 made, 0 left\n"


def test_a_storage_without_a_folder_gets_the_same_names():
    """An object store has no paths: objects are replaced whole, under exactly the name."""
    objects = InMemoryStorage()
    for body in (b"old", b"new"):
        rendering.put(objects, "products/a.avif", body)
    assert objects.listdir("products") == ([], ["a.avif"])
    with objects.open("products/a.avif") as file:
        assert file.read() == b"new"


@pytest.mark.django_db
def test_the_cart_shows_the_smallest_one_by_the_same_name(media):
    """orders/sql/cart_options.sql writes the name that `Picture.small_url` writes."""
    image = picture()
    rendering.render(image.file.name)
    image.refresh_from_db()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT regexp_replace(file, '\\.[^.]*$', '') || '-r' || (renditions ->> 'recipe') || '-' "
            "|| (renditions -> 'widths' ->> 0) || '.' || (renditions -> 'formats' ->> -1) "
            "FROM catalog_productimage WHERE id = %s",
            [image.pk],
        )
        [name] = cursor.fetchone()
    assert default_storage.url(name) == image.picture.small_url
    assert default_storage.exists(name)
    assert Picture.of({"file": image.file.name}).small_url == image.file.url
