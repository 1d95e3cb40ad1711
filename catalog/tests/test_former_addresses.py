"""Former addresses: they redirect to the last owner, and never to something hidden."""

import pytest
from django.db import connection
from django.test import Client
from django.urls import reverse

from catalog.models import Category, Collection, Product
from catalog.tests.factories import make_product
from shop.core.shared_pages.middleware import SHARED

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


def test_what_moves_back_or_makes_room_is_asked_for_again(client):
    """A browser that kept the redirect would go round in circles, or to a product that has left this address."""
    first, second = make_product(), make_product()
    rows = Product.objects.filter(pk=first.pk)
    rows.update(slug="a")
    rows.update(slug="b")
    response = client.get("/p/a/")
    assert (response.status_code, response["Location"]) == (301, "/en/p/b/")
    assert response["Cache-Control"] == SHARED
    assert "max-age=0" in SHARED
    rows.update(slug="a")
    assert client.get("/p/a/").status_code == 200
    assert moved(client, "/p/b/") == (301, "/en/p/a/")
    rows.update(slug="c")
    Product.objects.filter(pk=second.pk).update(slug="a")
    response = client.get("/p/a/")
    assert (response.status_code, response.context["product"].pk) == (200, second.pk)
    assert moved(client, "/p/b/") == (301, "/en/p/c/")


def test_collections_categories_and_drops_are_asked_for_again_in_every_language(client):
    Collection.objects.create(name="Uno", slug="uno", is_active=True)
    Collection.objects.create(name="Gota", slug="gota", is_active=True, kind=Collection.Kind.DROP)
    Category.objects.add_root({"name": "Ropa", "slug": "ropa", "path_slug": "ropa"})
    Collection.objects.filter(slug="uno").update(slug="dos")
    Collection.objects.filter(slug="gota").update(slug="lluvia")
    Category.objects.filter(slug="ropa").update(slug="prendas", path_slug="prendas")
    for path in ("/colecciones/uno/", "/colecciones/gota/", "/c/ropa/"):
        for prefix in ("", "/pt"):
            response = client.get(f"{prefix}{path}")
            found = (response.status_code, response["Cache-Control"])
            assert found == (301, SHARED), f"{prefix}{path}"


def test_an_address_that_nothing_has_had_is_not_kept_either(client):
    """Something may get it in a moment."""
    for path in ("/p/nada/", "/c/nada/", "/colecciones/nada/", "/nada/"):
        response = client.get(path)
        assert (response.status_code, response["Cache-Control"]) == (404, "no-cache"), path


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
