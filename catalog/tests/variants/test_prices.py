"""The price that a law requires beside the final one."""

from decimal import Decimal

import pytest

from catalog.variants.prices import without_national_taxes


@pytest.mark.parametrize(("country", "shown"), [("AR", "100.00"), ("MX", None), ("CL", None)])
def test_the_price_without_national_taxes_is_shown_where_the_law_asks_for_it(country: str, shown: str | None):
    found = without_national_taxes(Decimal("121.00"), country)
    assert found == (Decimal(shown) if shown else None)
