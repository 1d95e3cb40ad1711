"""Names and streets are one visible line, whatever was pasted; mails go to hosts with a public name."""

import re

import pytest
from django import forms

from orders.checkout.forms import AddressForm, ContactForm
from orders.returns.forms import WithdrawalForm
from shop.accounts.forms import AddressForm as OwnAddressForm
from shop.accounts.forms import ProfileForm
from shop.core.user_input import lines
from shop.core.user_input.lines import LineField, LinesField, MailField, one_line


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("  Ana   Paz ", "Ana Paz"),
        ("Ana\r\nBcc: x@y.z", "Ana Bcc: x@y.z"),
        ("Ana\tPaz\u2028Ruiz\u00a0Sosa", "Ana Paz Ruiz Sosa"),
        ("Ana\u202egnP\u2066", "AnagnP"),
        ("A\u200bn\u00ada\ufeff", "Ana"),
        ("Ana" + "".join(chr(0xE0000 + ord(letter)) for letter in "evil"), "Ana"),
        ("\u200b\u200d", ""),
        ("\u3164 \u2800", ""),
        ("\ue000", ""),
        ("a" + "\u0316" * 90, "a" + "\u0316" * 3),
        ("José", "Jos\u00e9"),
        ("Nguyễn Thị Ánh", "Nguyễn Thị Ánh"),
        ("O'Brien-Núñez, 2º «B» / 3ª", "O'Brien-Núñez, 2º «B» / 3ª"),
        ("محمد", "محمد"),
        ("نام\u200cهای", "نام\u200cهای"),
        ("👩‍👧", "👩‍👧"),
        ("", ""),
    ],
)
def test_one_visible_line(typed: str, line: str):
    assert one_line(typed) == line
    assert one_line(line) == line


def test_a_plain_text_is_the_line_that_any_text_would_be(monkeypatch: pytest.MonkeyPatch):
    texts = [f"a{chr(code)} {chr(code)}b {chr(code)}" for code in range(0x250)]
    assert (
        sum(bool(lines._PLAIN.fullmatch(text)) for text in texts) > 300
    )  # A control: most of them are plain.
    found = [one_line(text) for text in texts]
    monkeypatch.setattr(lines, "_PLAIN", re.compile("(?!)"))
    assert found == [one_line(text) for text in texts]


def test_nothing_visible_is_nothing_written():
    class Form(forms.Form):
        name = LineField(max_length=3)

    assert Form({"name": "\u200b"}).errors["name"].as_data()[0].code == "required"
    assert Form({"name": "\u200ba\u200b\u200b\u200b"}).is_valid()
    assert Form({"name": "abcd"}).errors


@pytest.mark.parametrize(
    ("address", "fits"),
    [
        ("ana@example.com", True),
        ("ana@ñandú.com.ar", True),
        ("ana@localhost", False),
        ("ana@[127.0.0.1]", False),
        ("ana@[IPv6:::1]", False),
        ("ana@intranet", False),
        ("ana@example.com\r\nBcc: x@y.z", False),
    ],
)
def test_mail_goes_to_public_hosts(address: str, fits: bool):
    class Form(forms.Form):
        email = MailField()

    assert Form({"email": address}).is_valid() is fits


def test_a_message_keeps_its_lines():
    assert LinesField().clean(" a\u202e\r\n\r\nb\u200b \n") == "a\n\nb"


@pytest.mark.parametrize("form", [AddressForm, ContactForm, WithdrawalForm, ProfileForm, OwnAddressForm])
def test_every_name_and_street_that_a_shopper_writes_is_such_a_line(form: type[forms.Form]):
    # Read by rules of their own, or chosen from a list.
    own = {
        "document_number",
        "order_number",
        "postal_code",
        "phone",
        "country",
        "state",
        "document_type",
        "language",
    }
    loose = [
        name for name, field in form.base_fields.items() if type(field) is forms.CharField and name not in own
    ]

    assert not loose
