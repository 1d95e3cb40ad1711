"""What is kept of a form's fields is the same for everybody; what somebody typed is in no other form."""

import pytest
from django.test import override_settings
from django.test.html import parse_html
from django.utils.translation import override

from orders.checkout.forms import ContactForm
from shop.core.templatetags.fields import _around, field

FILLED = {
    "email": '"><script>@example.com',
    "first_name": "Ana & Lía",
    "document_type": "DNI",
    "delivery": {"street": "Calle 'Uno' 1", "state": "Córdoba", "postal_code": ""},
    "billing": {"state": "nowhere"},
}


def parts(form: ContactForm) -> list[object]:
    return [bound for part in (form, form.delivery, form.billing) for bound in part]


@pytest.mark.parametrize("language", ["es", "en", "pt-br"])
@pytest.mark.parametrize("country", ["AR", "BR"])
def test_a_field_is_what_it_is_without_being_kept(language: str, country: str) -> None:
    with override(language), override_settings(SHOP_COUNTRY=country):
        for initial in ({}, FILLED, {}):
            form = ContactForm(initial=initial, has_pickup=True, is_member=True)
            for bound in parts(form):
                whole = _around(bound, str(bound), "", False)  # type: ignore[arg-type]
                assert parse_html(field(bound)) == parse_html(whole)  # type: ignore[arg-type]


def test_an_error_marks_the_fields_of_its_own_form_alone() -> None:
    before = [field(bound) for bound in parts(ContactForm(has_pickup=False, is_member=False))]  # type: ignore[arg-type]
    wrong = ContactForm({"email": "no", "delivery-street": "x"}, has_pickup=False, is_member=False)
    assert not wrong.is_valid()
    assert wrong.error_list()
    assert "autofocus" in field(wrong["email"])
    assert "field--error" in field(wrong["email"])
    after = [field(bound) for bound in parts(ContactForm(has_pickup=False, is_member=False))]  # type: ignore[arg-type]
    assert after == before
    assert ContactForm(has_pickup=True, is_member=True).fields["receive"] is not wrong.fields["receive"]
