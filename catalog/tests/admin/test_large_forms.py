"""Forms with more fields than the shop accepts, and deletions of what is in use."""

import pytest
from django.contrib.auth.models import Permission
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from catalog.models import Brand, Category, Collection, CollectionProduct, CustomerGroup, OptionValue, Product
from catalog.tests.factories import (
    BrandFactory,
    CollectionFactory,
    ProductFactory,
    colour_value,
    make_category,
    make_product,
    size_option,
)
from shop.accounts.models import User
from shop.accounts.tests.factories import UserFactory
from shop.accounts.tests.staff_clients import boss, clerk
from tests.support.forms import Shown, open_form

pytestmark = pytest.mark.django_db


def change(row: Model) -> str:
    return reverse(f"admin:catalog_{row._meta.model_name}_change", args=[row.pk])


def delete(row: Model) -> str:
    return reverse(f"admin:catalog_{row._meta.model_name}_delete", args=[row.pk])


def test_an_option_of_a_thousand_values_is_changed_on_any_page():
    option = size_option()
    OptionValue.objects.bulk_create(
        OptionValue(option=option, code=f"v{n}", name=f"V{n:04}", sort_order=n) for n in range(1, 1201)
    )
    client = boss()
    last = open_form(client, f"{change(option)}?values-page=24")
    assert len(last.fields) < 500
    name = next(key for key, value in last.fields.items() if value == "V1200")

    answer = last.send(**{name: "V1200 nuevo"})

    assert answer.status_code == 302, answer.context["errors"]
    assert option.values.count() == 1200
    assert option.values.get(code="v1200").name == "V1200 nuevo"


def test_a_collection_of_thirteen_hundred_products_is_changed():
    drop = CollectionFactory.create(kind=Collection.Kind.DROP, starts_at=None, ends_at=None)
    first = ProductFactory.create()
    products = Product.objects.bulk_create(
        Product(name=f"P{n}", slug=f"p-{n}", brand=first.brand, category=first.category) for n in range(1300)
    )
    CollectionProduct.objects.bulk_create(
        CollectionProduct(collection=drop, product=one, sort_order=n) for n, one in enumerate(products)
    )
    form = open_form(boss(), change(drop))
    assert len(form.fields) < 500

    assert form.send(tagline="Una letra").status_code == 302

    drop.refresh_from_db()
    assert (drop.tagline, drop.entries.count()) == ("Una letra", 1300)


def test_a_row_that_moved_to_another_page_meanwhile_is_still_saved():
    option = size_option()
    OptionValue.objects.bulk_create(
        OptionValue(option=option, code=f"v{n}", name=f"V{n:04}", sort_order=n) for n in range(1, 101)
    )
    form = open_form(boss(), change(option))
    option.values.filter(code="v50").update(sort_order=9000)

    answer = form.send(**{next(key for key, value in form.fields.items() if value == "V0001"): "Uno"})

    assert answer.status_code == 302, answer.context["errors"]
    assert option.values.get(code="v50").sort_order == 9000
    assert option.values.get(code="v1").name == "Uno"


def test_a_row_deleted_meanwhile_is_left_out_or_offered_as_a_new_one():
    option = size_option()
    OptionValue.objects.bulk_create(
        OptionValue(option=option, code=code, name=code.upper(), sort_order=n) for n, code in enumerate("abc")
    )
    client = boss()
    untouched, touched = open_form(client, change(option)), open_form(client, change(option))
    option.values.filter(code="b").delete()

    assert untouched.send(name="Talle nuevo").status_code == 302
    assert sorted(option.values.values_list("code", flat=True)) == ["a", "c"]

    name = next(key for key, value in touched.fields.items() if value == "B")
    answer = touched.send(**{name: "Bis"})
    assert answer.status_code == 200
    assert option.values.count() == 2
    assert Shown(client, change(option), answer).send().status_code == 302
    assert sorted(option.values.values_list("name", flat=True)) == ["A", "Bis", "C"]


def test_a_row_changed_meanwhile_is_not_deleted_unseen():
    option = size_option()
    value = OptionValue.objects.create(option=option, code="a", name="A")
    client = boss()
    form = open_form(client, change(option))
    OptionValue.objects.filter(pk=value.pk).update(name="Otro")

    answer = form.send(**{"values-0-DELETE": "on"})

    assert answer.status_code == 200
    assert "Otro" in answer.content.decode()
    again = Shown(client, change(option), answer)
    assert again.send(**{"values-0-DELETE": "on"}).status_code == 302
    assert not option.values.exists()


@pytest.mark.parametrize("browser", [boss, lambda: clerk("catalogue")])
def test_a_category_or_brand_in_use_is_not_deleted_and_says_by_how_many(browser):
    parent = make_category("Ropa")
    category = make_category("Remeras", parent)
    brand = BrandFactory.create()
    ProductFactory.create_batch(3, brand=brand, category=category)
    client = browser()
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"

    for row in (category, parent, brand):
        page = client.get(delete(row))
        assert page.status_code == 200
        assert "3 products" in page.content.decode()
        assert client.post(delete(row), {"post": "yes"}).status_code == 200
    chosen = {"action": "delete_selected", "_selected_action": [brand.pk], "post": "yes"}
    client.post(reverse("admin:catalog_brand_changelist"), chosen)

    assert Category.objects.count() == 2
    assert Brand.objects.filter(pk=brand.pk).exists()


def test_a_used_colour_ticked_for_deletion_answers_with_one_sentence():
    black = colour_value("Negro")
    make_product(["Negro"])
    make_product(["Negro"])
    used = black.variant_values.count()
    client = boss()
    client.defaults["HTTP_ACCEPT_LANGUAGE"] = "en"
    form = open_form(client, change(black.option))
    index = next(key.split("-")[1] for key, value in form.fields.items() if value == str(black.pk))

    answer = form.send(**{f"values-{index}-DELETE": "on"})

    assert answer.status_code == 200
    text = answer.content.decode()
    assert f"{used} variants" in text
    assert "variant value" not in text
    assert OptionValue.objects.filter(pk=black.pk).exists()


def test_a_row_that_was_changed_after_the_question_is_not_deleted():
    brand = BrandFactory.create(name="Vieja")
    client = boss()
    asked = client.get(delete(brand)).context["shown"]
    Brand.objects.filter(pk=brand.pk).update(name="Nueva")

    answer = client.post(delete(brand), {"post": "yes", "shown": asked})
    assert answer.status_code == 200
    assert Brand.objects.filter(pk=brand.pk).exists()
    assert client.post(delete(brand), {"post": "yes", "shown": ""}).status_code == 200

    chosen = {"action": "delete_selected", "_selected_action": [brand.pk], "post": "yes", "shown": asked}
    assert client.post(reverse("admin:catalog_brand_changelist"), chosen).status_code == 200
    assert Brand.objects.filter(pk=brand.pk).exists()

    assert client.post(delete(brand), {"post": "yes", "shown": answer.context["shown"]}).status_code == 302
    assert not Brand.objects.filter(pk=brand.pk).exists()


def test_a_group_of_three_thousand_members_is_changed_by_whoever_may_change_groups():
    group = CustomerGroup.objects.create(name="Amigas")
    users = User.objects.bulk_create(User(email=f"m{n:04}@b.example") for n in range(3000))
    group.members.add(*users)
    newcomer = UserFactory.create()
    client = clerk("manager")
    form = open_form(client, change(group))
    assert len(form.fields) < 300

    row = next(name for name, value in form.fields.items() if name.endswith("-0-id") and value)
    total = int(form.fields["CustomerGroup_members-TOTAL_FORMS"])
    answer = form.send(
        **{
            row.replace("-id", "-DELETE"): "on",
            "CustomerGroup_members-TOTAL_FORMS": total + 1,
            f"CustomerGroup_members-{total}-user": newcomer.pk,
        }
    )

    assert answer.status_code == 302, answer.context["errors"]
    assert group.members.count() == 3000
    assert set(group.members.filter(pk__in=[users[0].pk, newcomer.pk])) == {newcomer}


def test_whoever_may_only_look_at_groups_changes_no_member():
    group = CustomerGroup.objects.create(name="Amigas")
    group.members.add(UserFactory.create())
    client = Client()
    looker = UserFactory.create(is_staff=True)
    looker.user_permissions.add(Permission.objects.get(codename="view_customergroup"))
    client.force_login(looker)
    page = client.get(change(group))
    assert (page.status_code, b'-user"' in page.content) == (200, False)
