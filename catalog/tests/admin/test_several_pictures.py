"""Several pictures chosen at once on a product's page."""

import pytest
from django.urls import reverse

from catalog.tests.factories import ProductFactory
from catalog.tests.test_pictures import PNG, media, picture, product_form, stored, upload
from shop.accounts.tests.staff_clients import clerk
from shop.core.tests.pictures.picture_files import SVG

__all__ = ["media"]  # A fixture.


@pytest.mark.django_db
def test_several_pictures_come_at_once_and_a_bad_one_costs_nobody_the_others(media):
    product = ProductFactory.create()
    picture(product, sort_order=4)
    page = reverse("admin:catalog_product_change", args=[product.pk])
    chosen = [upload(), upload(SVG, "dibujo.svg"), upload(b"", "vacio.jpg"), upload(PNG, "detalle.png")]

    answer = clerk("catalogue").post(page, product_form(product, new_pictures=chosen), follow=True)

    rows = product.images.values_list("sort_order", "width", "height")
    assert list(rows) == [(4, 30, 20), (5, 60, 120), (6, 30, 20)]
    assert len(stored(media)) == 3
    notified = [str(message) for message in answer.context["messages"] if message.level_tag == "error"]
    assert [words.partition("»")[0] for words in notified] == ["«dibujo.svg", "«vacio.jpg"]


@pytest.mark.django_db
def test_more_pictures_than_a_form_may_wait_for_are_refused_beside_the_field(media):
    product = ProductFactory.create()
    page = reverse("admin:catalog_product_change", args=[product.pk])
    chosen = [upload(b"x", f"{n}.jpg") for n in range(21)]

    answer = clerk("catalogue").post(page, product_form(product, new_pictures=chosen))

    assert "new_pictures" in answer.context["adminform"].form.errors
    assert not product.images.exists()
