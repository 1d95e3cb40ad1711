"""The back office asks for the words of pictures, and takes focal points by two numbers."""

import pytest
from django.core.files.base import ContentFile
from django.urls import reverse
from pytest_django.fixtures import Settings

from catalog.models import ProductImage
from catalog.tests.factories import ProductFactory
from catalog.tests.test_pictures import PNG, product_form
from shop.accounts.tests.staff_clients import clerk


@pytest.mark.django_db
def test_products_without_words_are_found_and_their_page_asks(settings: Settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    silent, said, bare = (ProductFactory.create(name=name) for name in ("Muda", "Dicha", "Sin foto"))
    ProductImage.objects.create(product=silent, file=ContentFile(PNG, name="x"))
    ProductImage.objects.create(product=said, file=ContentFile(PNG, name="x"), alt="De frente")
    staff = clerk("catalogue")
    products = reverse("admin:catalog_product_changelist")

    def listed(asked: str) -> set[str]:
        rows = staff.get(products, {"words": asked}).context["cl"].result_list
        return {product.name for product in rows}

    assert listed("missing") == {"Muda"}
    assert listed("there") == {"Dicha", "Sin foto"}
    asks = [
        staff.get(reverse("admin:catalog_product_change", args=[product.pk])).context["without_words"]
        for product in (silent, said, bare)
    ]
    assert [bool(words) for words in asks] == [True, False, False]


@pytest.mark.django_db
def test_a_focal_point_is_two_numbers_and_changes_nothing_else(settings: Settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    image = ProductImage.objects.create(product=ProductFactory.create(), file=ContentFile(PNG, name="x"))
    made = {
        "file": image.file.name,
        "recipe": 1,
        "widths": [320],
        "formats": ["avif", "webp", "jpg"],
        "colour": "",
    }
    ProductImage.objects.filter(pk=image.pk).update(renditions=made)
    page = reverse("admin:catalog_product_change", args=[image.product_id])
    row = {"id": image.pk, "product": image.product_id, "view": "other", "sort_order": 0}

    def send(x: str, y: str) -> int:
        sent = {**row, "focus_x": x, "focus_y": y}
        form = product_form(image.product) | {f"images-0-{name}": value for name, value in sent.items()}
        form |= {"images-TOTAL_FORMS": 1, "images-INITIAL_FORMS": 1}
        return int(clerk("catalogue").post(page, form).status_code)

    assert send("20", "101") == 200
    assert send("20", "10") == 302
    image.refresh_from_db()
    assert (image.focus_x, image.focus_y) == (20, 10)
    assert image.renditions == made
    html = clerk("catalogue").get(page).content.decode()
    assert 'data-focus-of="images-0-file"' in html
    assert 'src="/media/' in html
    assert "-r1-320.jpg" in html
