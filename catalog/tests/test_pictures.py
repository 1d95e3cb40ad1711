"""Pictures of products and collections: which uploads are accepted, by every way, and when files are deleted."""

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.core.management import call_command
from django.db import models, transaction
from django.urls import reverse
from pytest_django.fixtures import Settings

from catalog.models import Collection, Product, ProductImage
from catalog.tests.factories import CollectionFactory, ProductFactory
from shop.accounts.tests.staff_clients import clerk
from shop.core.pictures import PictureField, PictureRefused, files, rewriting
from shop.core.pictures.files import OWN_NAME
from shop.core.pictures.video import VideoField
from shop.core.tasks import sweep_pictures
from shop.core.tests.pictures.picture_files import (
    GREEN,
    HTML,
    PRETENDERS,
    SVG,
    camera_exif,
    halves,
    opened,
    saved,
)
from tests.support.html import compact

JPEG = saved(halves(size=(120, 60)), "JPEG", exif=camera_exif(orientation=6))
PNG = saved(halves(size=(30, 20)), "PNG")


@pytest.fixture
def media(settings: Settings, tmp_path: Path) -> Path:
    """Return the media folder of one test."""
    settings.MEDIA_ROOT = tmp_path
    return tmp_path


def stored(media: Path) -> list[str]:
    """Return the names of all files in the media folder."""
    return sorted(str(path.relative_to(media)) for path in media.rglob("*") if path.is_file())


def upload(body: bytes = JPEG, name: str = "IMG_0001.JPG", kind: str = "image/jpeg") -> SimpleUploadedFile:
    """Return what a browser sends."""
    return SimpleUploadedFile(name, body, content_type=kind)


def picture(product: Product, body: bytes = PNG, **fields: Any) -> ProductImage:
    """Make a picture of the product from these bytes, as code does."""
    return ProductImage.objects.create(product=product, file=ContentFile(body, name="x"), **fields)


def product_form(product: Product, **more: Any) -> dict[str, Any]:
    """Return what the product's page sends when nothing was typed; `more` is of the first new picture."""
    first = {f"images-0-{name}": value for name, value in more.items() if name in {"file", "alt", "view"}}
    return {
        "name": product.name,
        "slug": product.slug,
        "brand": product.brand_id,
        "category": product.category_id,
        "is_active": "on",
        "summary": "",
        "description": "",
        "care": "",
        "images-TOTAL_FORMS": 1 if first else 0,
        "images-INITIAL_FORMS": 0,
        "variants-TOTAL_FORMS": 0,
        "variants-INITIAL_FORMS": 0,
        **first,
        **({"images-0-sort_order": 0, "images-0-product": product.pk} if first else {}),
        **{name: value for name, value in more.items() if name not in {"file", "alt", "view"}},
    }


def test_no_file_of_the_project_goes_round_the_rule():
    """A file field that is not a picture needs a decision on its storage and access, listed here."""
    found = {
        f"{model._meta.label}.{field.name}": field
        for model in apps.get_models()
        for field in model._meta.get_fields()
        if isinstance(field, models.FileField)
    }

    assert {"catalog.ProductImage.file", "catalog.Collection.hero_image"} <= set(found)
    for label, field in found.items():
        assert isinstance(field, PictureField | VideoField), label
        assert isinstance(field, VideoField) or len(field.sizes()) == 2, label


# -- The admin ----------------------------------------------------------------------------------------------------


@pytest.mark.django_db
def test_a_clerk_hangs_a_photograph_and_it_comes_out_clean(media):
    product = ProductFactory.create()
    page = reverse("admin:catalog_product_change", args=[product.pk])

    answer = clerk("catalogue").post(
        page, product_form(product, file=upload(name="x" * 240 + ".html"), alt="Espalda", view="back")
    )

    assert answer.status_code == 302, answer.context["errors"]
    image = product.images.get()
    assert OWN_NAME.match(image.file.name)
    assert image.file.name.endswith(".jpg")
    assert (image.width, image.height, image.alt) == (60, 120, "Espalda")
    with image.file.open() as file:
        seen = opened(file.read())
    assert seen.size == (60, 120)
    assert not seen.getexif()
    assert stored(media) == [image.file.name]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["page.jpg", "drawing.svg", "code.js", "empty.jpg"])
def test_whatever_is_no_picture_is_refused_beside_its_field_and_the_rest_is_kept(media, name):
    product = ProductFactory.create()
    page = reverse("admin:catalog_product_change", args=[product.pk])
    data = product_form(
        product, file=upload(PRETENDERS[name], name), alt="Lo que escribí", summary="Nuevo resumen"
    )

    answer = clerk("catalogue").post(page, data)

    assert answer.status_code == 200
    html = answer.content.decode()
    assert "Lo que escribí" in html
    assert "Nuevo resumen" in html
    formset = next(inline.formset for inline in answer.context["inline_admin_formsets"])
    assert len(formset.forms[0].errors["file"]) == 1
    assert not product.images.exists()
    assert stored(media) == []


@pytest.mark.django_db
@pytest.mark.parametrize("fault", ["full", "read-only"])
def test_a_folder_that_cannot_be_written_to_is_a_sentence(media, monkeypatch, fault):
    product = ProductFactory.create()
    page = reverse("admin:catalog_product_change", args=[product.pk])

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise (
            OSError(28, "No space left on device")
            if fault == "full"
            else PermissionError(13, "Permission denied")
        )

    monkeypatch.setattr(default_storage, "_save", refuse)
    answer = clerk("catalogue").post(page, product_form(product, file=upload(), alt="Lo que escribí"))

    assert answer.status_code == 200
    assert "Lo que escribí" in answer.content.decode()
    formset = next(inline.formset for inline in answer.context["inline_admin_formsets"])
    assert formset.forms[0].errors["file"].as_data()[0].code == "picture_not_stored"
    assert not product.images.exists()


@pytest.mark.django_db
def test_a_hero_picture_is_set_replaced_and_taken_off(media, django_capture_on_commit_callbacks):
    collection = CollectionFactory.create()
    client, page = clerk("catalogue"), reverse("admin:catalog_collection_change", args=[collection.pk])
    data = {
        "name": collection.name,
        "slug": collection.slug,
        "kind": "seasonal",
        "sort_order": 0,
        "is_active": "on",
    }
    for prefix in ("early_openings", "entries"):
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}
    opened_page = client.get(page)
    for formset in opened_page.context["inline_admin_formsets"]:
        prefix = formset.formset.prefix
        data |= {f"{prefix}-TOTAL_FORMS": 0, f"{prefix}-INITIAL_FORMS": 0}

    def send(**more: Any) -> Collection:
        with django_capture_on_commit_callbacks(execute=True):
            answer = client.post(page, {**data, **more})
        assert answer.status_code == 302, answer.context["errors"]
        collection.refresh_from_db()
        return collection

    first = send(hero_image=upload()).hero_image.name
    assert (collection.hero_width, collection.hero_height) == (60, 120)
    assert stored(media) == [first]
    second = send(hero_image=upload(PNG)).hero_image.name
    assert (collection.hero_width, collection.hero_height) == (30, 20)
    assert stored(media) == sorted(
        [first, second]
    )  # Pages of a moment ago name the first; the night deletes it.
    assert send(name="Otro nombre").hero_image.name == second
    assert stored(media) == sorted([first, second])
    send(**{"hero_image-clear": "on"})
    assert (collection.hero_image.name, collection.hero_width, collection.hero_height) == ("", None, None)
    assert stored(media) == [first]


@pytest.mark.django_db
def test_the_list_of_pictures_shows_them(media):
    product = ProductFactory.create()
    image = picture(product, alt="De frente, negro")

    html = clerk("catalogue").get(reverse("admin:catalog_product_change", args=[product.pk])).content.decode()
    assert f'<img src="/media/{image.file.name}" alt="De frente, negro"' in compact(html)
    assert 'accept="image/jpeg,' in html


# -- Every other way -----------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_code_passes_the_same_rule_on_every_road(media):
    product = ProductFactory.create()
    evil = ContentFile(HTML, name="photo.jpg")

    with pytest.raises(PictureRefused):
        ProductImage.objects.create(product=product, file=evil)
    with pytest.raises(PictureRefused):
        ProductImage.objects.bulk_create([ProductImage(product=product, file=evil)])
    with pytest.raises(PictureRefused):
        ProductImage(product=product).file.save("photo.jpg", evil)
    with pytest.raises(ValidationError):
        ProductImage(product=product, file=evil).full_clean()
    image = picture(product)
    with pytest.raises(TypeError):
        ProductImage.objects.filter(pk=image.pk).update(file=evil)
    image.file = evil
    with pytest.raises(PictureRefused):
        image.save(update_fields=["file"])
    with pytest.raises(TypeError):
        ProductImage.objects.bulk_update([image], ["file"])

    image.refresh_from_db()
    assert stored(media) == [image.file.name]


@pytest.mark.django_db
def test_code_may_store_a_picture_on_every_road(media):
    product = ProductFactory.create()
    [bulk] = ProductImage.objects.bulk_create(
        [ProductImage(product=product, file=ContentFile(JPEG, name="a"))]
    )
    direct = ProductImage(product=product)
    direct.file.save("a", ContentFile(PNG))
    checked = ProductImage(product=product, file=upload())
    checked.full_clean()
    checked.save()

    for row, size in ((bulk, (60, 120)), (direct, (30, 20)), (checked, (60, 120))):
        row.refresh_from_db()
        assert (row.width, row.height) == size
        assert default_storage.exists(row.file.name)
    assert len(stored(media)) == 3


@pytest.mark.django_db
def test_the_shops_own_code_names_its_drawing_and_no_form_can(media):
    name = default_storage.save("products/own.svg", ContentFile(SVG))
    image = ProductImage.objects.create(product=ProductFactory.create(), file=name)
    image.full_clean()
    image.save()
    page = reverse("admin:catalog_product_change", args=[image.product_id])

    answer = clerk("catalogue").post(page, product_form(image.product, file="products/own.svg", alt="x"))

    assert answer.status_code == 200
    assert image.product.images.count() == 1
    assert default_storage.exists(name)


# -- Files that go ------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_file_goes_with_its_row_after_the_commit_and_not_before(media):
    product = ProductFactory.create()
    kept, replaced, deleted = (picture(product) for _number in range(3))

    with transaction.atomic():
        ProductImage.objects.all().delete()
        transaction.set_rollback(True)
    assert len(stored(media)) == 3

    former, replaced.file = replaced.file.name, ContentFile(JPEG, name="new")
    with transaction.atomic():
        replaced.save()
        deleted.delete()
        assert len(stored(media)) == 4
    # Pages that were shown a moment ago name the one that was replaced: it stays until the night.
    assert stored(media) == sorted([kept.file.name, replaced.file.name, former])
    os.utime(media / former, (0, 0))
    assert sweep_pictures() == {"deleted": 1, "unknown": 0}
    assert stored(media) == sorted([kept.file.name, replaced.file.name])

    kept.alt = "only words"
    kept.save()
    assert len(stored(media)) == 2
    product.delete()
    assert stored(media) == []


@pytest.mark.django_db(transaction=True)
def test_a_file_that_another_row_names_stays(media):
    product = ProductFactory.create()
    first = picture(product)
    second = ProductImage.objects.create(product=product, file=first.file.name)
    hero = CollectionFactory.create(hero_image=first.file.name)

    first.delete()
    ProductImage.objects.filter(pk=second.pk).delete()
    assert stored(media) == [hero.hero_image.name]
    Collection.objects.all().delete()
    assert stored(media) == []


@pytest.mark.django_db(transaction=True)
def test_a_file_that_cannot_be_deleted_costs_nobody_the_deletion(media, monkeypatch):
    image = picture(ProductFactory.create())

    def refuse(name: str) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(default_storage, "delete", refuse)
    image.delete()
    monkeypatch.undo()

    assert not ProductImage.objects.exists()
    assert len(stored(media)) == 1


@pytest.mark.django_db
def test_the_list_reading_finds_what_a_crash_left_and_nothing_else(media, capsys):
    """As after a crash between commit and deletion: the row is deleted, the file is not."""
    product = ProductFactory.create()
    named, lost, young = (picture(product) for _number in range(3))
    ProductImage.objects.filter(pk__in=[lost.pk, young.pk])._raw_delete("default")
    (media / "products" / "evil.html").write_bytes(HTML)
    (media / "notes.txt").write_bytes(b"not ours")
    long_ago = (lost.created_at - timedelta(days=2)).timestamp()
    for name in (named.file.name, lost.file.name, "products/evil.html", "notes.txt"):
        os.utime(media / name, (long_ago, long_ago))

    assert sweep_pictures() == {"deleted": 1, "unknown": 1}
    assert sweep_pictures() == {"deleted": 0, "unknown": 1}
    assert stored(media) == sorted(["notes.txt", "products/evil.html", named.file.name, young.file.name])

    call_command("find_orphan_pictures")
    assert capsys.readouterr().out == "products/evil.html\n1 found, 0 deleted\n"
    call_command("find_orphan_pictures", delete=True)
    assert stored(media) == sorted(["notes.txt", named.file.name, young.file.name])


# -- A shop that has pictures from before --------------------------------------------------------------------------


def old(product: Product, name: str, body: bytes | None) -> ProductImage:
    """Make a picture as before the validation: any bytes, under the uploaded name."""
    if body is not None:
        default_storage.save(name, ContentFile(body))
    return ProductImage.objects.create(product=product, file=name)


@pytest.mark.django_db(transaction=True)
def test_pictures_from_before_are_written_anew_or_told(media, capsys):
    product = ProductFactory.create()
    photo, page = old(product, "products/IMG_1.JPG", JPEG), old(product, "products/evil.html", HTML)
    drawing, gone = old(product, "products/logo.svg", SVG), old(product, "products/gone.png", None)
    hero = CollectionFactory.create(hero_image=default_storage.save("collections/hero.svg", ContentFile(SVG)))

    call_command("rewrite_pictures", dry_run=True)
    assert "1 missing, 3 refused, 1 rewritten (nothing was changed)" in capsys.readouterr().out
    assert photo.file.name in stored(media)

    call_command("rewrite_pictures")
    notified = capsys.readouterr().out
    photo.refresh_from_db()
    assert OWN_NAME.match(photo.file.name)
    assert (photo.width, photo.height) == (60, 120)
    assert "products/IMG_1.JPG" not in stored(media)
    for row, words in ((page, "web page"), (drawing, "SVG"), (gone, "not in the media folder")):
        assert any(str(row.pk) in line and words in line for line in notified.splitlines()), (row, notified)

    call_command("rewrite_pictures", remove_refused=True)
    assert "1 kept" in capsys.readouterr().out
    hero.refresh_from_db()
    assert hero.hero_image.name == ""
    assert set(product.images.all()) == {photo, gone}
    assert stored(media) == [photo.file.name]


@pytest.mark.django_db(transaction=True)
def test_whoever_replaces_a_picture_while_it_is_written_anew_wins(media, monkeypatch):
    from shop.core.pictures import existing

    image = old(ProductFactory.create(), "products/IMG_1.JPG", JPEG)
    rewrite = rewriting.rewrite

    def replaced_meanwhile(file: Any) -> Any:
        row = ProductImage.objects.get(pk=image.pk)
        row.file = ContentFile(PNG, name="newer")
        row.save()
        return rewrite(file)

    monkeypatch.setattr(existing, "rewrite", replaced_meanwhile)
    assert len(list(existing.rewrite_all())) == 1

    image.refresh_from_db()
    assert (image.width, image.height) == (30, 20)
    assert stored(media) == [image.file.name]


@pytest.mark.django_db
def test_shared_pages_show_a_photograph_before_a_drawing(client, media):
    product = ProductFactory.create()
    ProductImage.objects.create(product=product, file="products/own.svg", sort_order=0)
    photo = picture(product, saved(halves(left=GREEN), "JPEG"), sort_order=1)

    html = compact(client.get(product.get_absolute_url()).content.decode())

    assert f'property="og:image" content="http://127.0.0.1:8000/media/{photo.file.name}"' in html
    assert f'"image": ["http://127.0.0.1:8000/media/{photo.file.name}"]' in html
    assert 'width="80" height="40"' in html


@pytest.mark.django_db
@pytest.mark.django_db
def test_a_picture_that_was_read_is_named_without_the_object_that_opens_it():
    ProductImage.objects.create(product=ProductFactory.create(), file="products/a.jpg", width=8, height=10)
    image = ProductImage.objects.get()
    assert (image.stored_name("file"), image.picture.file) == ("products/a.jpg", "products/a.jpg")
    assert type(image.__dict__["file"]) is str
    # Nor does it matter whether somebody has asked for that object.
    assert image.file.name == "products/a.jpg"
    assert (image.stored_name("file"), image.picture.file) == ("products/a.jpg", "products/a.jpg")
    assert ProductImage.objects.defer("file").get().stored_name("file") == "products/a.jpg"
    assert ProductImage().stored_name("file") == ""


def test_no_two_pictures_have_names_that_follow_from_one_another(media):
    product = ProductFactory.create()

    assert len({picture(product).file.name for _number in range(3)}) == 3
    assert files.OWN_NAME.match("products/own.svg") is None
