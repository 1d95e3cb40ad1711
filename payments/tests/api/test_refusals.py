"""What a client of a contract is told of goods that it cannot buy: which one, and why."""

import pytest
from django.utils import translation

from inventory.reservations import InsufficientStock, NotSellable, OverLimit, Shortage
from orders.cart.errors import LimitReached, TooManyLines, UnknownVariant
from orders.tests.factories import make_variant
from payments.api.refusals import refusing
from shop.core.api.problems import Problem

pytestmark = pytest.mark.django_db


def test_the_product_is_named_with_the_reason_in_each_language():
    variant = make_variant()
    key = variant.pk
    said = [
        (LimitReached(key, 1), "At most 1 unit of", "Como máximo 1 unidad de", "No máximo 1 unidade de"),
        (
            OverLimit(variant_id=key, limit=3, own=1),
            "At most 3 units of",
            "Como máximo 3 unidades de",
            "No máximo 3 unidades de",
        ),
        (
            InsufficientStock([Shortage(key, 5, 2)]),
            "only 2 units of",
            "solo 2 unidades de",
            "apenas 2 unidades de",
        ),
        (NotSellable(variant_id=key, reason="closed"), "is closed", "cerró", "encerrou"),
        (TooManyLines(4), "4 different products", "4 productos distintos", "4 produtos diferentes"),
        (UnknownVariant(), "no such product", "no existe", "não existe"),
    ]
    for error, *sentences in said:
        for language, words in zip(("en", "es", "pt-br"), sentences, strict=True):
            with translation.override(language), pytest.raises(Problem) as refused, refusing():
                raise error
            assert words in refused.value.detail, refused.value.detail
            if not isinstance(error, TooManyLines | UnknownVariant):
                assert variant.product.name in refused.value.detail
