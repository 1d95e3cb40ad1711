"""A part of a country has the name that people there give it, in forms of addresses."""

import pytest
from django.utils import translation

from orders.checkout.forms import AddressForm as CheckoutAddress
from shop.accounts.forms import AddressForm
from shop.core import countries

NAMES = {
    "AR": "Provincia",
    "BR": "Estado",
    "CL": "Región",
    "CO": "Departamento",
    "MX": "Estado",
    "PE": "Departamento",
    "UY": "Departamento",
}


def test_every_country_names_its_parts():
    with translation.override("es"):
        assert {code: one.region_label for code, one in countries.COUNTRIES.items()} == NAMES


@pytest.mark.parametrize("code", sorted(NAMES))
def test_forms_of_addresses_ask_for_it_by_that_name(code, settings):
    settings.SHOP_COUNTRY = code
    with translation.override("es"):
        asked = CheckoutAddress(prefix="x", section="shipping"), AddressForm()
        assert [str(form.fields["state"].label) for form in asked] == [NAMES[code]] * 2
