"""Telephone numbers: common notations are accepted, what cannot be dialled is refused with the reason."""

import pytest
from django.core.exceptions import ValidationError
from django.utils.translation import override

from shop.core.user_input.phones import clean_phone, without_extension


@pytest.mark.parametrize(
    ("typed", "kept", "dialled"),
    [
        ("+54 11 5555 1234", "+54 11 5555 1234", "+54 11 5555 1234"),
        ("341 555-0187 interno 12", "341 555-0187 interno 12", "341 555-0187"),
        ("341 555-0187 int. 12", "341 555-0187 int. 12", "341 555-0187"),
        ("(011) 4444-5555 x203", "(011) 4444-5555 x203", "(011) 4444-5555"),
        ("11 3333 4444, ramal 7", "11 3333 4444, ramal 7", "11 3333 4444"),
        ("\uff13\uff14\uff11\u3000555\u20130187", "341 555-0187", "341 555-0187"),
        ("\u202a+54 9 11 5555-1234\u202c", "+54 9 11 5555-1234", "+54 9 11 5555-1234"),
        ("", "", ""),
    ],
)
def test_what_people_write_is_taken(typed, kept, dialled):
    assert clean_phone(typed) == kept
    assert without_extension(kept) == dialled


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("llamar a Ana", "“l” cannot stand"),
        ("11 5555 1234 o 1235", "“o” cannot stand"),
        ("12345", "too short"),
        ("interno 12", "too short"),
        ("11 5555 1234 / 11 5555 4321", "too many digits"),
        ("11 5555+1234", "“+” cannot stand"),
    ],
)
def test_what_cannot_be_dialled_is_refused_with_the_reason(typed, reason):
    with override("en"), pytest.raises(ValidationError) as refused:
        clean_phone(typed)
    with override("en"):
        assert reason in refused.value.messages[0]
