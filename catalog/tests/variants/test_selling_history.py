"""A price before causes a warning unless it was really charged."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse
from django.utils import timezone

from catalog.models import PriceChange, Product, Variant
from catalog.variants import selling_history
from inventory.tests.factories import make_variant
from shop.accounts.tests.staff_clients import boss

pytestmark = pytest.mark.django_db
NOW = timezone.now()


def reduced(*prices: tuple[int, int], published: int | None = 100, before: int = 100) -> Variant:
    """Make a variant that had these prices (so many days ago, amount) and is on sale for 80 now."""
    variant = make_variant()
    Product.objects.filter(pk=variant.product_id).update(
        published_at=None if published is None else NOW - timedelta(days=published)
    )
    Variant.objects.filter(pk=variant.pk).update(price=80, compare_at_price=before)
    PriceChange.objects.filter(variant=variant).delete()
    for days, price in (*prices, (1, 80)):
        PriceChange.objects.create(
            variant=variant, price=Decimal(price), changed_at=NOW - timedelta(days=days)
        )
    return variant


@pytest.mark.parametrize(
    ("prices", "published", "is_warned"),
    [
        ([(50, 100)], 100, False),
        ([(50, 120), (20, 90)], 100, False),
        ([(50, 99)], 100, True),
        ([], 100, True),
        ([(50, 100)], None, True),
        ([(50, 100), (30, 90)], 20, True),  # 100 was over before the product came on sale.
        ([(50, 100), (10, 90)], 20, False),
    ],
)
def test_only_a_price_that_was_asked_on_sale_counts(prices, published, is_warned):
    variant = reduced(*prices, published=published)
    expected = [variant.sku] if is_warned else []
    assert selling_history.without([variant.pk]) == expected
    assert selling_history.without(product=variant.product_id) == expected


def test_a_variant_without_a_price_before_is_not_warned_of():
    assert selling_history.without([make_variant().pk]) == []


def test_the_product_page_and_the_saved_form_warn_and_save():
    variant = reduced()
    client = boss()
    page = reverse("admin:catalog_variant_change", args=[variant.pk])

    assert (
        variant.sku
        in client.get(reverse("admin:catalog_product_change", args=[variant.product_id])).context[
            "never_asked"
        ]
    )

    form = {
        "product": variant.product_id,
        "sku": variant.sku,
        "price": "80",
        "compare_at_price": "110",
        "weight_grams": "0",
        "sort_order": "0",
        "is_active": "on",
    }
    for prefix in ("variant_values", "price_changes"):
        form |= {f"{prefix}-TOTAL_FORMS": "0", f"{prefix}-INITIAL_FORMS": "0"}
    answer = client.post(page, form, follow=True, headers={"accept-language": "en"})
    variant.refresh_from_db()
    assert variant.compare_at_price == 110
    assert f"{variant.sku} was never asked" in answer.content.decode()
