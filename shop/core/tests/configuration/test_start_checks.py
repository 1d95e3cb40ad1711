"""Settings that stop the start: each bad value has a sentence, and the values of a real shop pass."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from payments import gateways, provider_settings
from shop.core.configuration import problems

GATEWAYS = Path(__file__).resolve().parents[4] / "payments" / "gateways"
SECRET = "q8Zr5vK2mN7pX4tL9wB3cF6hJ1sD0gYaUeIoRkTnVbMx-_QWz8"
DATA_KEY = "Zx7Kq2Lm9Nw4Rt6Yp1Sd3Fg8Hj5Vb0Cn-_"
REAL = {
    "DEBUG": False,
    "SANDBOX_ENABLED": False,
    "SITE_URL": "https://www.maal.com.ar",
    "SECRET_KEY": SECRET,
    "HEALTH_TOKEN": "",
    "API_TOKEN_KEY": "",
    "API_CORS_ORIGINS": [],
    "DATA_KEYS": [DATA_KEY, DATA_KEY[::-1]],
    "ALLOWED_HOSTS": ["www.maal.com.ar", ".maal.com.ar"],
    "SHOP_EMAIL": "hola@maal.com.ar",
    "PAYMENT_GATEWAYS": ["stripe", "mercadopago"],
    "MERCADOPAGO_ACCESS_TOKEN": "APP_USR-7462738462-110912-abc",
    "MERCADOPAGO_WEBHOOK_SECRETS": ["0c9d2e8a46b57b1f"],
    "MERCADOPAGO_COLLECTOR_ID": "98765432",
    "MERCADOPAGO_API_BASE": "",
    "STRIPE_SECRET_KEY": "sk_live_51Hx",
    "STRIPE_WEBHOOK_SECRETS": ["whsec_Xk29dLq0PzRt7VbN"],
    "STRIPE_LIVEMODE": True,
    "STRIPE_API_BASE": "",
    "CONEKTA_ACCESS_TOKEN": "",
    "CONEKTA_LIVEMODE": True,
    "CONEKTA_API_BASE": "",
}
CONEKTA = {"PAYMENT_GATEWAYS": ["stripe", "mercadopago", "conekta"], "CONEKTA_ACCESS_TOKEN": "key_a1B2c3"}
TRANSFER = {
    "PAYMENT_GATEWAYS": ["transfer"],
    "SHOP_COUNTRY": "AR",
    "BANK_TRANSFER_ACCOUNT": "2850590940090418135201",
    "BANK_TRANSFER_HOLDER": "Maal SRL",
    "BANK_TRANSFER_TAX_ID": "",
    "BANK_TRANSFER_BANK": "",
    "BANK_TRANSFER_AGENCY": "",
    "BANK_TRANSFER_KIND": "",
    "BANK_TRANSFER_WAY": "",
    "BANK_TRANSFER_ALIAS": "",
    "BANK_TRANSFER_TTL": timedelta(days=2),
    "BANK_TRANSFER_REMIND": timedelta(hours=12),
}


def data(**changes: Any) -> list[str]:
    values = {**REAL, **changes}
    found = (*problems.problems(values, gateways=GATEWAYS), *provider_settings.problems(values))
    return [f"{key} {sentence}" for key, sentence in found]


def test_a_real_shops_values_pass():
    assert data() == []
    assert data(**CONEKTA) == []
    assert data(**{**CONEKTA, "PAYMENT_GATEWAYS": ["conekta"]}) == []
    assert data(PAYMENT_GATEWAYS=["mercadopago"], STRIPE_SECRET_KEY="", STRIPE_WEBHOOK_SECRETS=[]) == []
    assert data(STRIPE_SECRET_KEY="rk_live_51Hx", ALLOWED_HOSTS=[".maal.com.ar"]) == []
    assert data(API_TOKEN_KEY=SECRET[::-1]) == []
    assert (
        data(API_CORS_ORIGINS=["https://app.maal.com.ar", "capacitor://localhost", "http://localhost"]) == []
    )
    assert data(ALLOWED_HOSTS=["127.0.0.1", "[::1]", "localhost", "www.maal.com.ar"]) == []


@pytest.mark.parametrize(
    ("changes", "beginning"),
    [
        ({"SECRET_KEY": "short"}, "SECRET_KEY must be at least 50 characters long"),
        ({"SECRET_KEY": SECRET[:49]}, "SECRET_KEY must be at least 50"),
        ({"SECRET_KEY": "abababab" * 10}, "SECRET_KEY must be random: it has only few different"),
        ({"SECRET_KEY": "Kx7Qm2Lp9" * 7}, "SECRET_KEY must be random: it repeats itself"),
        ({"SECRET_KEY": "django-insecure-" + SECRET}, "SECRET_KEY must be a secret of your own"),
        ({"DATA_KEYS": [DATA_KEY, "x" * 40]}, "DATA_KEYS must be random"),
        ({"DATA_KEYS": [DATA_KEY, DATA_KEY]}, "DATA_KEYS holds the same secret twice"),
        ({"DATA_KEYS": [SECRET]}, "DATA_KEYS must not hold the SECRET_KEY"),
        ({"DATA_KEYS": ["short"]}, "DATA_KEYS must hold secrets of at least 32"),
        (
            {"MERCADOPAGO_WEBHOOK_SECRETS": ["secret"]},
            "MERCADOPAGO_WEBHOOK_SECRETS must hold secrets of at least 16",
        ),
        ({"MERCADOPAGO_WEBHOOK_SECRETS": ["a" * 40]}, "MERCADOPAGO_WEBHOOK_SECRETS must hold random secrets"),
        (
            {"MERCADOPAGO_WEBHOOK_SECRETS": [SECRET]},
            "MERCADOPAGO_WEBHOOK_SECRETS must not hold another secret",
        ),
        (
            {"STRIPE_WEBHOOK_SECRETS": ["whsec_short"]},
            "STRIPE_WEBHOOK_SECRETS must hold secrets of at least 16",
        ),
        (
            {"STRIPE_WEBHOOK_SECRETS": ["we_Xk29dLq0PzRt7VbN"]},
            "STRIPE_WEBHOOK_SECRETS must hold signing secrets",
        ),
        ({"STRIPE_SECRET_KEY": "sk_test_1"}, "STRIPE_SECRET_KEY is a test key"),
        ({"STRIPE_SECRET_KEY": "rk_test_1"}, "STRIPE_SECRET_KEY is a test key"),
        ({"STRIPE_SECRET_KEY": "pk_live_1"}, "STRIPE_SECRET_KEY must be a live secret key"),
        ({"STRIPE_LIVEMODE": False}, "STRIPE_LIVEMODE is off while DEBUG is off"),
        ({"MERCADOPAGO_ACCESS_TOKEN": "TEST-1"}, "MERCADOPAGO_ACCESS_TOKEN is a test credential"),
        ({"MERCADOPAGO_ACCESS_TOKEN": "x"}, "MERCADOPAGO_ACCESS_TOKEN must be a production access token"),
        (
            {"MERCADOPAGO_COLLECTOR_ID": "724484980"},
            "MERCADOPAGO_COLLECTOR_ID still has its value of the demo",
        ),
        ({"SHOP_EMAIL": "hola@example.com"}, "SHOP_EMAIL still has its value of the demo"),
        ({**CONEKTA, "CONEKTA_ACCESS_TOKEN": "key_test_1"}, "CONEKTA_ACCESS_TOKEN is a test key"),
        ({**CONEKTA, "CONEKTA_LIVEMODE": False}, "CONEKTA_LIVEMODE is off while DEBUG is off"),
        ({"STRIPE_API_BASE": "https://127.0.0.1:8002/stripe"}, "STRIPE_API_BASE leads to 127.0.0.1"),
        ({"ALLOWED_HOSTS": ["*"]}, "ALLOWED_HOSTS must name the shop's hosts, not '*'"),
        ({"ALLOWED_HOSTS": ["*.maal.com.ar"]}, "ALLOWED_HOSTS must name the shop's hosts"),
        (
            {"ALLOWED_HOSTS": ["www.maal.com.ar", ".com"]},
            "ALLOWED_HOSTS must name the shop's hosts, not '.com'",
        ),
        ({"ALLOWED_HOSTS": ["www.maal.com.ar", ".com.ar"]}, "ALLOWED_HOSTS must name the shop's hosts"),
        ({"ALLOWED_HOSTS": ["https://www.maal.com.ar"]}, "ALLOWED_HOSTS must hold host names only"),
        ({"ALLOWED_HOSTS": ["www.maal.com.ar:8000"]}, "ALLOWED_HOSTS must hold host names only"),
        ({"SITE_URL": "https://u:pass@www.maal.com.ar"}, "SITE_URL must be scheme and host only"),
        ({"SITE_URL": "https://www.maal.com.ar/shop"}, "SITE_URL must be scheme and host only"),
        ({"SITE_URL": "https://www.maal.com.ar?x=1"}, "SITE_URL must be scheme and host only"),
        ({"ALLOWED_HOSTS": ["other.com"]}, "ALLOWED_HOSTS lacks www.maal.com.ar of SITE_URL"),
        ({"API_TOKEN_KEY": "short"}, "API_TOKEN_KEY must be at least 50 characters long"),
        ({"API_TOKEN_KEY": "short", "DEBUG": True}, "API_TOKEN_KEY must be at least 50 characters long"),
        ({"API_TOKEN_KEY": "abababab" * 10}, "API_TOKEN_KEY must be random"),
        ({"API_TOKEN_KEY": SECRET}, "API_TOKEN_KEY must not be another secret"),
        ({"API_CORS_ORIGINS": ["*"]}, "API_CORS_ORIGINS must hold origins such as"),
        ({"API_CORS_ORIGINS": ["null"]}, "API_CORS_ORIGINS must hold origins such as"),
        ({"API_CORS_ORIGINS": ["https://*.maal.com.ar"]}, "API_CORS_ORIGINS must hold origins such as"),
        ({"API_CORS_ORIGINS": ["https://app.maal.com.ar/"]}, "API_CORS_ORIGINS must hold origins such as"),
        ({"API_CORS_ORIGINS": ["app.maal.com.ar"]}, "API_CORS_ORIGINS must hold origins such as"),
        (
            {"API_CORS_ORIGINS": ["http://app.maal.com.ar"]},
            "API_CORS_ORIGINS must hold origins with https://",
        ),
        ({"PAYMENT_GATEWAYS": []}, "PAYMENT_GATEWAYS is empty"),
        ({"PAYMENT_GATEWAYS": ["paypal"]}, "PAYMENT_GATEWAYS names what is no payment provider: paypal"),
        ({"PAYMENT_GATEWAYS": ["stripe", "stripe"]}, "PAYMENT_GATEWAYS names a provider twice"),
        (
            {"PAYMENT_GATEWAYS": ["stripe"], "SITE_URL": "https://10.0.0.7", "ALLOWED_HOSTS": ["10.0.0.7"]},
            "SITE_URL must be the shop's public address, not 10.0.0.7",
        ),
    ],
)
def test_a_value_that_no_shop_should_have_is_refused_in_one_sentence(changes, beginning):
    sentences = data(**changes)

    assert len(sentences) == 1
    assert sentences[0].startswith(beginning)


@pytest.mark.parametrize(
    ("address", "is_fit"),
    [
        ("https://my-try.tunnel.dev", True),
        ("http://my-try.tunnel.dev", False),
        ("http://127.0.0.1:8000", False),
        ("https://localhost", False),
        ("https://192.168.1.20", False),
        ("https://[fe80::1]", False),
        ("https://shop.local", False),
        ("https://laptop", False),
    ],
)
def test_mercado_pago_itself_needs_a_public_address_also_for_a_trial(address, is_fit):
    trial = {"DEBUG": True, "SITE_URL": address, "ALLOWED_HOSTS": ["*"], "MERCADOPAGO_ACCESS_TOKEN": "TEST-1"}

    assert bool(data(**trial)) is not is_fit
    assert data(**trial, MERCADOPAGO_API_BASE="http://127.0.0.1:8002/mp") == []
    assert data(**{**trial, "PAYMENT_GATEWAYS": ["stripe"]}) == []


def test_every_provider_there_is_may_be_offered():
    assert data(**{**CONEKTA, **TRANSFER, "PAYMENT_GATEWAYS": list(gateways.GATEWAYS)}) == []


def test_every_provider_has_its_settings_and_nobody_else_has():
    assert {code for code, _module in provider_settings._providers()} == set(gateways.GATEWAYS)


@pytest.mark.parametrize(
    ("changes", "beginnings"),
    [
        ({}, []),
        ({"BANK_TRANSFER_ALIAS": "Maal.Ropa"}, []),
        ({"BANK_TRANSFER_ACCOUNT": ""}, ["BANK_TRANSFER_ACCOUNT is not set"]),
        # The last digit checks the others.
        ({"BANK_TRANSFER_ACCOUNT": "2850590940090418135202"}, ["BANK_TRANSFER_ACCOUNT must be a CBU or CVU"]),
        ({"BANK_TRANSFER_HOLDER": ""}, ["BANK_TRANSFER_HOLDER is not set"]),
        ({"BANK_TRANSFER_TAX_ID": "30-50000000-4"}, ["BANK_TRANSFER_TAX_ID must be a CUIT"]),
        ({"BANK_TRANSFER_ALIAS": "á"}, ["BANK_TRANSFER_ALIAS must be an alias"]),
        ({"BANK_TRANSFER_WAY": "pix"}, ["BANK_TRANSFER_WAY must be one of cbu in Argentina"]),
        ({"BANK_TRANSFER_REMIND": timedelta(days=2)}, ["BANK_TRANSFER_REMIND must be shorter"]),
        ({"SHOP_COUNTRY": "MX", "BANK_TRANSFER_ACCOUNT": "032180000118359719"}, []),
        (
            {"SHOP_COUNTRY": "MX", "BANK_TRANSFER_ACCOUNT": "032180000118359718"},
            ["BANK_TRANSFER_ACCOUNT must be a CLABE"],
        ),
        ({"SHOP_COUNTRY": "BR", "BANK_TRANSFER_ACCOUNT": "11.444.777/0001-61"}, []),
        (
            {"SHOP_COUNTRY": "BR", "BANK_TRANSFER_ACCOUNT": "percha"},
            ["BANK_TRANSFER_ACCOUNT must be a Pix key"],
        ),
        (
            {"SHOP_COUNTRY": "BR", "BANK_TRANSFER_WAY": "account", "BANK_TRANSFER_ACCOUNT": "12345-6"},
            ["BANK_TRANSFER_BANK is not set", "BANK_TRANSFER_AGENCY is not set"],
        ),
        (
            {"SHOP_COUNTRY": "PE", "BANK_TRANSFER_ACCOUNT": "0021910012345678905"},
            ["BANK_TRANSFER_ACCOUNT must be a CCI"],
        ),
        (
            {"SHOP_COUNTRY": "MX", "BANK_TRANSFER_ALIAS": "maal.ropa"},
            ["BANK_TRANSFER_ACCOUNT must be a CLABE", "BANK_TRANSFER_ALIAS must be empty"],
        ),
    ],
)
def test_the_shops_own_account_is_checked_by_its_countrys_rules(
    changes: dict[str, Any], beginnings: list[str]
):
    found = data(**{**TRANSFER, **changes})
    assert len(found) == len(beginnings)
    assert all(one.startswith(words) for one, words in zip(found, beginnings, strict=True))


def test_an_account_that_is_not_offered_is_judged_too():
    (found,) = data(**{**TRANSFER, "PAYMENT_GATEWAYS": ["stripe"], "BANK_TRANSFER_HOLDER": ""})
    assert found.startswith("BANK_TRANSFER_HOLDER is not set")
