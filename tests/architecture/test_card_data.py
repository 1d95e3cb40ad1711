"""No card data in the shop: cards are typed at the provider, on its own hosted page.

That keeps the shop at PCI DSS SAQ A. Adding a card field, a column for one, or a provider's card script fails these
tests.
"""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.conf import settings
from django.test import Client
from django.urls import reverse

from orders.tests.factories import make_session

ROOT = Path(__file__).resolve().parents[2]
OURS = ("accounts", "core", "catalog", "inventory", "orders", "payments")
CARD_NAME = re.compile(
    r"(?:^|_)(?:cc|pan|cvv2?|cvc2?|csc|security_?code|card_?(?:number|no|num|holder|expiry|exp|code|token|cvc|cvv)"
    r"|cardholder|expiry_?(?:month|year|date)|exp_(?:month|year)|numero_(?:de_)?tarjeta|tarjeta)(?:$|_)"
)
# What a page needs to take a card itself: the browser's hints, and the providers' scripts for fields of our own.
CARD_MARKUP = re.compile(
    r"autocomplete=[\"']cc-|js\.stripe\.com|sdk\.mercadopago\.com|cardPaymentBrick|mercadopago\.js|conekta\.js"
    r"|cdn\.conekta|stripe\.elements|createToken|createPaymentMethod|data-checkout=[\"']cardNumber",
    re.IGNORECASE,
)


def sources(*suffixes: str) -> Iterator[Path]:
    """Yield what the shop serves and runs; the sandbox is not part of the shop."""
    for folder in ("shop", "catalog", "inventory", "orders", "payments", "templates", "static"):
        for path in sorted((ROOT / folder).rglob("*")):
            inside = path.relative_to(ROOT).parts
            if (
                path.suffix in suffixes
                and "sandbox" not in inside
                and "tests" not in inside
                and "vendor" not in inside
            ):
                yield path


def card_names(tree: ast.AST) -> set[str]:
    """Return names of form fields and columns that contain words for cards."""
    found = set()
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Assign | ast.AnnAssign) and isinstance(node.value, ast.Call)):
            continue
        kind = ast.unparse(node.value.func)
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        if kind.endswith("Field"):
            found |= {name for target in targets if CARD_NAME.search(name := ast.unparse(target).lower())}
    return found


def test_no_column_holds_a_card():
    columns = [
        f"{model._meta.label}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in OURS
        for field in model._meta.get_fields()
        if CARD_NAME.search(field.name)
    ]
    assert not columns


def test_no_form_asks_for_a_card():
    wrong = {
        f"{path.relative_to(ROOT)}: {name}"
        for path in sources(".py")
        for name in card_names(ast.parse(path.read_text()))
    }
    assert not wrong


def test_no_page_and_no_script_takes_a_card():
    wrong = []
    for path in sources(".html", ".js", ".txt"):
        text = path.read_text()
        names = re.findall(r"<(?:input|select|textarea)[^>]*\bname=[\"']([^\"']+)", text)
        wrong += [f"{path.name}: {name}" for name in names if CARD_NAME.search(name.lower())]
        wrong += [f"{path.name}: {match[0]}" for match in CARD_MARKUP.finditer(text)]
    assert not wrong


def test_control_a_card_field_would_be_found():
    tree = ast.parse(
        "class F(forms.Form):\n    card_number = forms.CharField()\n    holder = forms.CharField()"
    )
    assert card_names(tree) == {"card_number"}
    assert CARD_NAME.search("cvv")
    assert CARD_NAME.search("exp_month")
    assert not CARD_NAME.search("expires_at")
    assert not CARD_NAME.search("discount")
    assert not CARD_NAME.search("panel_url")
    assert CARD_MARKUP.search('<input autocomplete="cc-number">')
    assert CARD_MARKUP.search('<script src="https://js.stripe.com/v3"></script>')


def test_scripts_come_from_us_alone_and_forms_end_at_us_or_at_hosted_pages():
    directives: Any = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    scripts = directives.get("script-src", directives["default-src"])
    assert {str(source) for source in scripts} == {"'self'"}
    assert {str(source) for source in directives.get("frame-src", directives["default-src"])} <= {
        "'self'",
        "'none'",
    }
    hosted = {str(source) for source in directives["form-action"]} - {"'self'", settings.SANDBOX_URL}
    assert all(
        re.fullmatch(
            r"https://[\w.*-]*(mercadopago\.com(\.ar)?|mercadolibre\.com|stripe\.com|conekta\.(com|io))",
            source,
        )
        for source in hosted
    ), hosted


def test_the_providers_sdks_are_asked_for_hosted_pages_only():
    """No gateway builds a charge from a card, a card token or a saved card."""
    forbidden = re.compile(
        r"\b(card_token|PaymentMethod\.create|payment_methods\.create|sources\.create|tokens\.create|"
        r"CardToken|card_token_id|payment_method_data|\.setup_intents)\b"
    )
    wrong = [
        f"{path.relative_to(ROOT)}: {match[0]}"
        for path in sources(".py")
        if "gateways" in path.parts
        for match in forbidden.finditer(path.read_text())
    ]
    assert not wrong


@pytest.mark.django_db
def test_the_page_where_one_pays_has_buttons_and_no_field_to_type_in(settings):
    session = make_session()
    answer = Client().get(reverse("orders:checkout_payment", args=[session.token]))

    forms_of_page = re.findall(r"<form.*?</form>", answer.content.decode(), re.DOTALL)
    paying = [form for form in forms_of_page if "/pagar/" in form]
    assert paying
    for form in paying:
        kinds = re.findall(r"<input[^>]*\btype=[\"'](\w+)", form)
        assert set(kinds) <= {"hidden", "radio", "submit"}, kinds
        assert "<textarea" not in form
    assert "form-action" in answer.headers["Content-Security-Policy"]
