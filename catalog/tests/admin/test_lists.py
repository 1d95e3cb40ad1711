"""The catalogue in the back office: lists of constant cost, the tree in its order, collections, price history."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.listing import category_tree
from catalog.models import Category, Collection, PriceChange
from catalog.tests.factories import (
    CollectionFactory,
    ProductFactory,
    colour_value,
    make_category,
    make_product,
    make_variant,
)
from shop.accounts.tests.staff_clients import boss, clerk, queries

pytestmark = pytest.mark.django_db


def test_lists_cost_the_same_for_five_rows_and_for_nine():
    client = boss()
    lists = [
        reverse(f"admin:catalog_{model}_changelist")
        for model in (
            "product",
            "variant",
            "collection",
            "category",
            "option",
            "brand",
            "supplier",
            "pricechange",
        )
    ]

    def grow(first: int, last: int) -> None:
        for number in range(first, last):
            product = ProductFactory.create(category=make_category(f"Category {number}"))
            make_variant(product, sku=f"SKU-{number}")
            CollectionFactory.create()

    grow(0, 5)
    for address in lists:
        queries(client, address)
    few = [queries(client, address) for address in lists]
    grow(5, 9)

    assert [queries(client, address) for address in lists] == few
    assert max(few) <= 14


def test_every_page_of_the_catalogue_opens():
    client = boss()
    product = make_product(colours=["Negro"], sizes=["M"])
    variant = product.variants.get()
    pages: dict[str, Any] = {
        "product": product,
        "variant": variant,
        "category": product.category,
        "brand": product.brand,
        "collection": CollectionFactory.create(),
        "option": colour_value("Negro").option,
        "optionvalue": colour_value("Negro"),
        "pricechange": variant.price_changes.get(),
    }

    for model, row in pages.items():
        assert client.get(reverse(f"admin:catalog_{model}_change", args=[row.pk])).status_code == 200, model
    for model in ("product", "variant", "category", "brand", "supplier", "collection", "option"):
        assert client.get(reverse(f"admin:catalog_{model}_add")).status_code == 200, model


def test_a_price_changed_by_staff_is_kept_and_its_history_is_only_read():
    product = make_product(colours=["Negro"], sizes=["M"])
    variant = product.variants.get()
    client = clerk("catalogue")
    page = reverse("admin:catalog_variant_change", args=[variant.pk])
    formsets = {
        "variant_values-TOTAL_FORMS": 0,
        "variant_values-INITIAL_FORMS": 0,
        "price_changes-TOTAL_FORMS": 0,
        "price_changes-INITIAL_FORMS": 0,
    }
    data = {
        "product": product.pk,
        "sku": variant.sku,
        "name": variant.name,
        "price": "70000.00",
        "weight_grams": 1,
        "sort_order": 0,
        "is_active": "on",
        **formsets,
    }

    answer = client.post(page, data)

    assert answer.status_code == 302, answer.context["errors"]
    assert [change.price for change in variant.price_changes.all()] == [Decimal(70000), Decimal(84900)]
    change = PriceChange.objects.first()
    assert change
    assert (
        client.post(reverse("admin:catalog_pricechange_delete", args=[change.pk]), {"post": "y"}).status_code
        == 403
    )


# -- The tree ---------------------------------------------------------------------------------------------------


def names() -> list[str]:
    return [f"{node.depth}{node.name}" for node in Category.objects.order_by("path")]


def category_data(category: Category, **changes: object) -> dict[str, object]:
    return {
        "name": category.name,
        "slug": category.slug,
        "description": "",
        "size_guide": "{}",
        "is_active": "on",
        "parent": "",
        **changes,
    }


def test_a_category_is_made_below_its_parent_with_its_address():
    parent = make_category("Ropa")

    answer = boss().post(
        reverse("admin:catalog_category_add"),
        {"name": "Camperas", "slug": "camperas", "parent": parent.pk, "size_guide": "{}", "is_active": "on"},
    )

    assert answer.status_code == 302
    child = Category.objects.get(slug="camperas")
    assert (child.path_slug, child.depth, category_tree.tree.get_parent(child)) == (
        "ropa/camperas",
        2,
        parent,
    )


def test_moving_or_renaming_a_branch_takes_its_addresses_along():
    ropa, calzado = make_category("Ropa"), make_category("Calzado")
    camperas = make_category("Camperas", ropa)
    make_category("Cuero", camperas)
    client = boss()

    client.post(
        reverse("admin:catalog_category_change", args=[camperas.pk]),
        category_data(camperas, parent=calzado.pk),
    )
    assert names() == ["1Ropa", "1Calzado", "2Camperas", "3Cuero"]
    assert Category.objects.get(name="Cuero").path_slug == "calzado/camperas/cuero"

    calzado.refresh_from_db()
    client.post(
        reverse("admin:catalog_category_change", args=[calzado.pk]), category_data(calzado, slug="pies")
    )
    assert Category.objects.get(name="Cuero").path_slug == "pies/camperas/cuero"
    assert category_tree.tree.find_problems() == ([], [], [], [], [])


def test_a_place_or_an_address_that_cannot_be_is_told_beside_its_field():
    ropa = make_category("Ropa")
    camperas = make_category("Camperas", ropa)
    client = boss()
    page = reverse("admin:catalog_category_change", args=[ropa.pk])

    inside = client.post(page, category_data(ropa, parent=camperas.pk))
    taken = client.post(reverse("admin:catalog_category_add"), category_data(ropa))
    guide = client.post(page, category_data(ropa, size_guide='{"columns": ["a"], "rows": [["1", "2"]]}'))

    assert "parent" in inside.context["adminform"].form.errors
    assert "slug" in taken.context["adminform"].form.errors
    assert "size_guide" in guide.context["adminform"].form.errors
    with pytest.raises(category_tree.IntoItself):
        category_tree.place(Category.objects.get(pk=ropa.pk), parent=camperas)
    assert names() == ["1Ropa", "2Camperas"]


def test_arrows_move_a_category_among_its_siblings():
    first, second = make_category("Uno"), make_category("Dos")
    make_category("Adentro", second)
    page = reverse("admin:catalog_category_shift", args=[second.pk])

    assert clerk("support").post(page + "?to=up").status_code == 403
    seen = f"?to=up&at={second.path}"
    assert (
        seen.replace("&", "&amp;")
        in boss().get(reverse("admin:catalog_category_changelist")).content.decode()
    )
    for _twice in range(2):
        assert boss().post(page + seen).status_code == 302

    assert names() == ["1Dos", "2Adentro", "1Uno"]
    assert category_tree.shift(Category.objects.get(pk=second.pk), up=True) is False
    first.refresh_from_db()
    boss().post(reverse("admin:catalog_category_shift", args=[first.pk]) + f"?to=up&at={first.path}")
    assert names() == ["1Uno", "1Dos", "2Adentro"]
    assert category_tree.tree.find_problems() == ([], [], [], [], [])


# -- Collections --------------------------------------------------------------------------------------------------


def test_a_drop_shows_its_phase_and_refuses_a_window_that_closes_before_it_opens():
    now = timezone.now()
    CollectionFactory.create(kind=Collection.Kind.DROP, starts_at=now + timedelta(days=1))
    client = boss()
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"

    assert "upcoming" in client.get(reverse("admin:catalog_collection_changelist")).content.decode()
    answer = client.post(
        reverse("admin:catalog_collection_add"),
        {
            "name": "X",
            "slug": "x",
            "kind": "drop",
            "sort_order": 0,
            "starts_at_0": "2027-01-02",
            "starts_at_1": "10:00",
            "ends_at_0": "2027-01-01",
            "ends_at_1": "10:00",
            "entries-TOTAL_FORMS": 0,
            "entries-INITIAL_FORMS": 0,
            "early_openings-TOTAL_FORMS": 0,
            "early_openings-INITIAL_FORMS": 0,
        },
    )
    assert answer.status_code == 200
    assert answer.context["adminform"].form.non_field_errors()


def test_the_products_of_a_collection_keep_the_order_they_are_given():
    collection = CollectionFactory.create()
    one, two = ProductFactory.create(), ProductFactory.create()
    data = {
        "name": collection.name,
        "slug": collection.slug,
        "kind": "seasonal",
        "sort_order": 0,
        "is_active": "on",
        "entries-TOTAL_FORMS": 2,
        "entries-INITIAL_FORMS": 0,
        "early_openings-TOTAL_FORMS": 0,
        "early_openings-INITIAL_FORMS": 0,
        "entries-0-product": one.pk,
        "entries-0-sort_order": 2,
        "entries-1-product": two.pk,
        "entries-1-sort_order": 1,
    }

    answer = boss().post(reverse("admin:catalog_collection_change", args=[collection.pk]), data)

    assert answer.status_code == 302
    assert [entry.product for entry in collection.entries.all()] == [two, one]
