"""Secrets and personal data are removed from text, whatever surrounds them; the rest stays readable."""

import subprocess
import sys

import pytest

from shop.core.privacy.redaction import HIDDEN, is_secret_name, mask, mask_path, mask_secrets

CARD = "4509 9535 6623 3704"
CBU = "2850590940090418135201"


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("Authorization: Bearer APP_USR-123-abc-456", "APP_USR-123-abc-456"),
        ("{'Authorization': 'Bearer abcdefghij'}", "abcdefghij"),
        ('{"access_token": "abc.def"}', "abc.def"),
        ("access_token=abc&x=1", "abc"),
        ("client_secret='pi_1_secret_Aa9Aa9Aa9Aa9'", "pi_1_secret_Aa9Aa9Aa9Aa9"),
        ("paid with pi_1_secret_Aa9Aa9Aa9Aa9", "pi_1_secret_Aa9Aa9Aa9Aa9"),
        ("token eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl refused", "c2lnbmF0dXJl"),
        ("X-Session-Token: 2mh7vnjpdwlt0paii88srxxtr9ky8g29", "2mh7vnjpdwlt0paii88srxxtr9ky8g29"),
        ("No such key: sk_live_51abcdEFG", "sk_live_51abcdEFG"),
        ("whsec_abcdef0123456789 is wrong", "whsec_abcdef0123456789"),
        ("Stripe-Signature: t=1700000000,v1=00ff00ff", "00ff00ff"),
        ("x-signature: ts=1700000000,v1=aa55aa55", "aa55aa55"),
        ("digest = 'SHA256=abc'", "abc"),
        ("Basic a2V5X3NhbmRib3g6", "a2V5X3NhbmRib3g6"),
        ("postgres://percha:hunter2@db/percha", "hunter2"),
        ("GET /pedido/VeryLongSecretOfAnOrder12345/ 200", "VeryLongSecretOfAnOrder12345"),
        ("/pago/volver/VeryLongTokenOfAnAttempt1/?payment_id=1", "VeryLongTokenOfAnAttempt1"),
        ("/cuenta/password/reset/key/1-abc-def/", "1-abc-def"),
        (f"card {CARD}", "4509 9535"),
        ("card 4509953566233704.", "4509953566233704"),
        (f"to {CBU}", CBU),
        ("clabe 032180000118359719", "032180000118359719"),
        ("cbu: x1y2", "x1y2"),
        ("password=clave-segura", "clave-segura"),
        ("sessionid=abc123def", "abc123def"),
        ("&#x27;api_key&#x27;: &#x27;quoted-by-html&#x27;", "quoted-by-html"),
        ("gAAAAABl" + "x" * 60, "gAAAAABl"),
        ("-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----", "MIIE"),
    ],
)
def test_a_secret_is_hidden(text, secret):
    assert secret not in mask(text)
    assert HIDDEN in mask(text)


@pytest.mark.parametrize(
    "text",
    [
        "Payment 1234567890 of preference 724484980-8a1b is approved",
        "session_id=cs_test_a1b2c3",
        "Refund 019a0f6e-7d2b-7c11-a5a5-b0a1c2d3e4f5: 1200.00 ARS",
        "2026-11-21 08:14:30,123 INFO",
        "1763712870123 ms since the epoch",
        "the token bucket is full",
        "a keyboard, a monkey and a secretary",
        "/colecciones/invierno-2026/",
    ],
)
def test_what_is_no_secret_stays_readable(text):
    assert mask(text) == text


def test_our_own_secrets_are_found_whatever_stands_around_them(settings):
    settings.MERCADOPAGO_ACCESS_TOKEN = "nothing-a-pattern-knows"
    settings.STRIPE_WEBHOOK_SECRETS = ["first-plain-word", "second-plain-word"]

    data = mask("<<nothing-a-pattern-knows>> [second-plain-word]")

    assert data == f"<<{HIDDEN}>> [{HIDDEN}]"


def test_people_are_hidden_in_logs_and_stay_where_only_staff_reads():
    assert mask("Mail to ana.gomez@example.com failed") == "Mail to a***@example.com failed"
    assert mask_secrets("Mail to ana.gomez@example.com failed") == "Mail to ana.gomez@example.com failed"


def test_an_address_is_told_without_its_query():
    assert (
        mask_path("/pago/volver/VeryLongTokenOfAnAttempt1/?payment_id=1&status=x")
        == f"/pago/volver/{HIDDEN}/"
    )
    assert mask_path("/buzos/?q=ana") == "/buzos/"


@pytest.mark.parametrize(
    "name", ["access_token", "client_secret", "STRIPE_SECRET_KEY", "password", "cbu", "Cookie"]
)
def test_names_of_secrets_are_known(name):
    assert is_secret_name(name)


@pytest.mark.parametrize("name", ["session_id", "keys", "author", "order", "token_count"])
def test_other_names_are_not(name):
    assert not is_secret_name(name)


ENDLESS = """
from django.conf import settings
settings.configure()
from shop.core.privacy.redaction import mask
for piece in ("a", "a.", "a=1&", "a@", "@a", "1 ", "token", "access_", "a://b:", "-----BEGIN PRIVATE KEY-----", "/pedido/" + 16 * "a",
              "/pedido/" + 16 * "a" + "?", "&amp;", "t=1,v1=a,", "a_secret_", "token='"):
    mask(piece * (400_000 // len(piece)))
"""


def test_nobody_stops_the_shop_by_what_an_error_report_must_read():
    """What a visitor sends is in the report. A pattern of quadratic time would take hours."""
    subprocess.run([sys.executable, "-c", ENDLESS], check=True, timeout=120)
