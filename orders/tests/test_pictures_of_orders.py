"""A picture stays while an order shows it, also when the product has another one by now, or none."""

import os
from datetime import timedelta

import pytest
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from catalog.models import ProductImage
from orders.models import OrderLine
from orders.tests.factories import make_order
from shop.core.pictures import files
from shop.core.pictures.renditions import rendition_name
from shop.core.tests.pictures.picture_files import halves, saved

pytestmark = pytest.mark.django_db


def test_a_picture_that_an_order_shows_outlives_its_replacement(
    settings, tmp_path, django_capture_on_commit_callbacks
):
    settings.MEDIA_ROOT = tmp_path
    order = make_order()
    line = order.lines.get()
    assert line.variant
    product = line.variant.product

    def replaced(address: str) -> bool:
        """Take a picture of the product away that a line shows at this address; say whether its file stayed."""
        image = ProductImage.objects.create(
            product=product, file=SimpleUploadedFile("a.png", saved(halves(), "PNG"))
        )
        name = str(image.file.name)
        small = default_storage.save(rendition_name(name, "320.webp", 1), ContentFile(b"small"))
        shown = {"own": default_storage.url(name), "small": default_storage.url(small)}.get(address, "")
        OrderLine.objects.filter(pk=line.pk).update(image=shown)
        with django_capture_on_commit_callbacks(execute=True):
            image.delete()
        old = (timezone.now() - timedelta(days=3)).timestamp()
        for one in (name, small):
            if default_storage.exists(one):
                os.utime(default_storage.path(one), (old, old))
        files.delete_orphans()
        return default_storage.exists(name) and default_storage.exists(small)

    assert replaced("own")
    assert replaced("small")
    assert not replaced("none"), "what nobody shows is deleted"
