"""Former addresses: they redirect to the last owner, and never to something hidden."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from catalog.models import Category, Collection, Product
from catalog.tests.factories import make_product

pytestmark = pytest.mark.django_db


def moved(client: Client, path: str) -> tuple[int, str]:
    response = client.get(path)
    return response.status_code, response.get("Location", "")


def test_a_products_former_address_leads_to_it_with_the_query(client):
    product = make_product()
    old = product.get_absolute_url()
    for slug in ("uno", "dos"):
        Product.objects.filter(pk=product.pk).update(slug=slug)
    assert moved(client, f"{old}?color=negro") == (301, "/en/p/dos/?color=negro")
    assert moved(client, "/p/uno/") == (301, "/en/p/dos/")
    assert moved(client, "/p/tres/") == (404, "")


def test_an_address_that_is_taken_again_shows_the_new_owner(client):
    first, second = make_product(), make_product()
    old = first.slug
    Product.objects.filter(pk=first.pk).update(slug="otra")
    Product.objects.filter(pk=second.pk).update(slug=old)
    assert client.get(f"/p/{old}/").status_code == 200
    Product.objects.filter(pk=second.pk).update(slug="nueva")
    assert moved(client, f"/p/{old}/") == (301, "/en/p/nueva/")


def test_what_is_hidden_is_not_found_at_its_former_address_either(client):
    product = make_product()
    old = product.get_absolute_url()
    Product.objects.filter(pk=product.pk).update(slug="oculto", is_active=False)
    assert moved(client, old) == (404, "")


def test_collections_and_categories_with_their_children(client):
    collection = Collection.objects.create(name="Uno", slug="uno", is_active=True)
    Collection.objects.filter(pk=collection.pk).update(slug="dos")
    assert moved(client, "/colecciones/uno/") == (301, "/en/colecciones/dos/")
    root = Category.objects.add_root({"name": "Ropa", "slug": "ropa", "path_slug": "ropa"})
    child = Category.objects.add_child(root, {"name": "Jeans", "slug": "jeans", "path_slug": "ropa/jeans"})
    Category.objects.filter(pk=root.pk).update(slug="prendas", path_slug="prendas")
    Category.objects.filter(pk=child.pk).update(path_slug="prendas/jeans")
    assert moved(client, "/c/ropa/jeans/") == (301, reverse("catalog:category", args=["prendas/jeans"]))
    assert moved(client, "/c/ropa/") == (301, "/en/c/prendas/")


def test_a_row_of_two_kinds_is_refused():
    product = make_product()
    with pytest.raises(Exception, match="formeraddress_of_one"), connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO catalog_formeraddress (kind, slug, product_id, changed_at) VALUES ('category', 'x', %s, now())",
            [product.pk],
        )
