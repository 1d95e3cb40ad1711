"""Amounts already in the books that the currency cannot have are found at a migration, and listed by a command."""

from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from inventory.tests.factories import make_variant
from shop.core.checks import check_amounts
from shop.core.user_input.payable_amounts import unpayable

pytestmark = pytest.mark.django_db


def test_a_price_with_decimals_is_found_where_the_currency_has_none(settings, capsys):
    whole, broken = make_variant(), make_variant()
    type(whole).objects.filter(pk=whole.pk).update(price=Decimal("9990.00"), compare_at_price=None)
    type(broken).objects.filter(pk=broken.pk).update(price=Decimal("9990.50"), compare_at_price=None)
    assert list(unpayable()) == []
    assert check_amounts(None, databases=["default"]) == []

    settings.SHOP_CURRENCY = "CLP"

    assert [(one.field, one.pk, one.amount) for one in unpayable()] == [
        ("price", broken.pk, Decimal("9990.50"))
    ]
    assert [found.id for found in check_amounts(None, databases=["default"])] == ["percha.W014"]
    with pytest.raises(CommandError, match="1 amount"):
        call_command("amounts_with_decimals")
    assert str(broken.pk) in capsys.readouterr().out
