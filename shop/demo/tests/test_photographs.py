"""The demo's photographs: made of the drawings, the same every time, light enough for a phone, taken one by one."""

import io
from pathlib import Path

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from PIL import Image
from pytest_django.fixtures import Settings

from catalog.models import OptionValue, ProductImage
from catalog.tests.factories import ProductFactory
from shop.core.pictures.renditions import CARD_BYTES, CARD_WIDTH
from shop.demo import photographing
from shop.demo.catalogue import PRODUCTS
from shop.demo.garments import KINDS, VIEWS, Look, Print, draw
from shop.demo.photographs import SIZE, photograph
from shop.demo.photographs.drawing import Reader
from shop.demo.photographs.outlines import dashed, polylines
from shop.demo.seeding.pictures import picture_name

LOOK = Look("#6a7048", accent="#ff4a1c", front=Print("blocks", "Maal"), pattern="check")


@pytest.mark.parametrize("kind", KINDS)
def test_every_drawing_can_be_taken_apart(kind: str):
    for view in VIEWS:
        taken = Reader(draw(kind, LOOK, view), (96, 120)).read()
        assert any(layer.kind == "piece" for layer in taken.layers)
        for layer in taken.layers:
            assert layer.mask.size == (layer.box[2] - layer.box[0], layer.box[3] - layer.box[1])


def test_paths_become_lines():
    assert polylines("M0 0H10V5Z") == [[(0, 0), (10, 0), (10, 5), (0, 0)]]
    [quarter] = polylines("M10 0a10 10 0 0 1 -10 10")
    assert quarter[-1] == pytest.approx((0, 10))
    assert all(abs((x**2 + y**2) ** 0.5 - 10) < 0.01 for x, y in quarter)
    [wave] = polylines("M0 0Q5 5 10 0T20 0")
    assert min(y for _x, y in wave) < -2
    assert list(dashed([(0, 0), (10, 0)], 3, 2)) == [[(0, 0), (3, 0)], [(5, 0), (8, 0)]]


def test_a_garment_looks_the_same_every_time_and_of_its_colour():
    first = photograph("tee", Look("#b03030"), "front")
    assert photograph("tee", Look("#b03030"), "front") == first
    image = Image.open(io.BytesIO(first))
    assert (image.format, image.size) == ("JPEG", SIZE)
    red, green, blue = image.resize((9, 9)).getpixel((4, 4))  # type: ignore[misc]
    assert red > 2 * green
    assert red > 2 * blue
    corner = image.getpixel((5, 5))
    assert min(corner) > 200  # type: ignore[arg-type]


@pytest.mark.django_db
def test_a_photograph_takes_the_place_of_a_drawing_once(settings: Settings, tmp_path: Path):
    settings.MEDIA_ROOT = tmp_path
    spec = PRODUCTS[0]
    drawing = default_storage.save(
        picture_name(spec, spec.colours[0], "front"), ContentFile(draw(spec.kind, LOOK, "front").encode())
    )
    image = ProductImage.objects.create(product=ProductFactory.create(), file=drawing, alt="De frente")
    assert photographing.ask_for_photographs() == 1
    assert photographing.take_photographs() == {"taken": 1, "left": 0}

    image.refresh_from_db()
    made = image.picture.renditions
    assert made is not None
    assert (image.alt, image.width, image.height) == ("De frente", *SIZE)
    assert default_storage.exists(drawing)  # Pages of a moment ago still name it.
    for width in made.widths:
        for form in made.formats:
            assert width > CARD_WIDTH or default_storage.size(made.name(width, form)) <= CARD_BYTES
    assert photographing.take_photographs() == {"taken": 0, "left": 0}
    assert not default_storage.exists(drawing)

    (tmp_path / image.file.name).unlink()
    assert photographing.take_photographs() == {"taken": 1, "left": 0}
    assert default_storage.exists(image.file.name)


@pytest.mark.django_db
def test_what_is_no_demo_picture_is_left_alone():
    ProductImage.objects.create(product=ProductFactory.create(), file="products/own.svg")
    assert photographing.ask_for_photographs() == 0
    assert not OptionValue.objects.exists()
