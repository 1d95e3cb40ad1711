"""The settings: `.env.example` names every key, wrong values stop the start in words, production is clean."""

import ast
import os
import re
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shop.core.configuration.old_names import OLD_NAMES
from tests.support.starter import Starter

ROOT = Path(__file__).resolve().parents[4]
PRODUCTION = {
    "DEBUG": "off",
    "SHOP_NAME": "Maal",
    "SHOP_TAX_ID": "30-71234567-1",
    "SHOP_ADDRESS": "Caseros 2739, Buenos Aires",
    "SHOP_COUNTRY": "AR",
    "SHOP_EMAIL": "hola@maal.example.com",
    "SITE_URL": "https://maal.example.com",
    "SECRET_KEY": "9f0c4d1e8b7a6f5e4d3c2b1a0f9e8d7c6b5a4f3e2d1c0b9a8f7e6d5c4b3a2f1e",
    "DATA_KEYS": "c1d2e3f4a5b6978869504132abcdef0123456789",
    "ALLOWED_HOSTS": "maal.example.com",
    "DATABASE_URL": "postgres://percha:secret@db.example.com:5432/percha",
    "REDIS_URL": "redis://cache.example.com:6379/0",
    "MERCADOPAGO_ACCESS_TOKEN": "APP_USR-1234567890",
    "MERCADOPAGO_WEBHOOK_SECRETS": "7b1f0c9d2e8a46b5,0d9c8b7a6f5e4d3c2b1a",
    "MERCADOPAGO_COLLECTOR_ID": "123456",
    "STRIPE_SECRET_KEY": "sk_live_1234567890",
    "ADMINS": "Ana <ana@maal.example.com>, ops@maal.example.com",
    "STRIPE_WEBHOOK_SECRETS": "whsec_Xk29dLq0PzRt7VbN",
}


def keys_read() -> set[str]:
    """Return every key which the settings read: the first argument of each `env.…("KEY")`, and `os.environ`'s."""
    found = set()
    read_in = (
        ROOT / "shop/settings.py",
        ROOT / "shop/core/mail/settings.py",
        *(ROOT / "payments/provider_settings").glob("*.py"),
        *(ROOT / "orders/shipping/carrier_settings").glob("*.py"),
        *(ROOT / "orders/invoice_settings").glob("*.py"),
    )
    for node in (node for path in read_in for node in ast.walk(ast.parse(path.read_text()))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args):
            continue
        first = node.args[0]
        reads = (
            isinstance(node.func.value, ast.Name)
            and node.func.value.id == "env"
            and node.func.attr != "refuse"
        )
        if reads and isinstance(first, ast.Constant):
            found.add(str(first.value))
    # The supervisor of `make run` reads its ports before there are settings.
    return found | set(re.findall(r'_port\("(\w+)"', (ROOT / "shop/demo/run/environment.py").read_text()))


CLEAN = {key: value for key, value in os.environ.items() if key in {"PATH", "HOME", "LANG", "VIRTUAL_ENV"}}
_starter: list[Starter] = []


@pytest.fixture(scope="module", autouse=True)
def _started() -> Iterator[None]:
    """Start the process that has imported Django and the libraries, and no settings."""
    _starter.append(Starter(CLEAN, with_settings=False))
    yield
    _starter.pop().stop()


def run(command: list[str], **environment: str) -> "subprocess.CompletedProcess[str]":
    """Run manage.py with this environment only."""
    env = {**CLEAN, "PERCHA_DOTENV": os.devnull, **environment}
    with TemporaryDirectory() as folder:
        return _starter[0].complete("manage.py", *command, env=env, folder=Path(folder), timeout=120)


def test_the_example_names_every_key_and_no_other():
    text = (ROOT / ".env.example").read_text()
    named = re.findall(r"^([A-Z_]+)=", text, re.MULTILINE)

    assert sorted(named) == sorted(set(named))
    assert set(named) == keys_read()


def test_every_key_of_the_example_has_its_meaning():
    """A comment is above each key, or above its group."""
    lines = (ROOT / ".env.example").read_text().splitlines()
    for number, line in enumerate(lines):
        if re.match(r"[A-Z_]+=", line):
            above = next(text for text in reversed(lines[:number]) if not re.match(r"[A-Z_]+=", text))
            assert above.startswith("# "), line


def test_an_old_name_stops_the_start_and_tells_the_new_one():
    assert set(OLD_NAMES.values()) <= keys_read()
    assert not set(OLD_NAMES) & keys_read()

    answer = run(["check"], DEBUG="on", HOLD_MARGIN="600", VOUCHER_TTLS="")

    assert answer.returncode != 0
    assert "HOLD_MARGIN is called RESERVATION_MARGIN now: rename it." in answer.stderr
    assert "VOUCHER_TTLS" not in answer.stderr


def test_production_values_pass_the_deployment_check(tmp_path):
    answer = run(["check", "--deploy", "--fail-level", "WARNING"], MEDIA_ROOT=str(tmp_path), **PRODUCTION)

    assert answer.returncode == 0, answer.stderr
    assert "no issues" in answer.stdout


def test_a_replica_is_asked_as_the_primary_is(tmp_path):
    """Its address brings an engine of its own, which knows no kept statements."""
    code = "from django.db import connections; print({type(connections[name]).ask for name in connections})"
    replica = "postgres://percha:secret@replica.example.com:5432/percha"

    answer = run(
        ["shell", "--no-imports", "-c", code],
        MEDIA_ROOT=str(tmp_path),
        **PRODUCTION,
        DATABASE_REPLICA_URL=replica,
    )

    assert answer.returncode == 0, answer.stderr
    assert answer.stdout.count("DatabaseWrapper.ask") == 1


def test_the_example_itself_starts_the_demo(tmp_path):
    dotenv = tmp_path / ".env"
    dotenv.write_text((ROOT / ".env.example").read_text())

    answer = run(["check"], PERCHA_DOTENV=str(dotenv))

    assert answer.returncode == 0, answer.stderr


def test_production_without_values_names_every_missing_key_at_once():
    answer = run(["check"], DEBUG="off")

    assert answer.returncode != 0
    for key in PRODUCTION.keys() - {"DEBUG", "ADMINS", "SHOP_TAX_ID", "SHOP_ADDRESS"}:
        assert f"  - {key} is not set; it has no default when DEBUG is off." in answer.stderr
    assert ".env.example" in answer.stderr


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"SANDBOX_ENABLED": "on"}, "SANDBOX_ENABLED must be off when DEBUG is off"),
        ({"SITE_URL": "http://maal.example.com"}, "SITE_URL must start with https://"),
        (
            {"EMAIL_USE_TLS": "on", "EMAIL_USE_SSL": "on"},
            "EMAIL_USE_SSL and EMAIL_USE_TLS are both on; a server speaks one of them",
        ),
        ({"SHOP_NAME": "Percha\nBcc: a@b.co"}, "SHOP_NAME must be one line"),
        (
            {"STRIPE_SECRET_KEY": "sk_test_sandbox0123456789"},
            "STRIPE_SECRET_KEY still has its public development value",
        ),
        (
            {"STRIPE_WEBHOOK_SECRETS": "x,whsec_sandbox_0123456789"},
            "STRIPE_WEBHOOK_SECRETS still contains its public",
        ),
        ({"DATA_KEYS": "too-short"}, "DATA_KEYS must hold secrets of at least 32 characters each."),
        ({"BEHIND_PROXY": "on"}, "TRUSTED_PROXY_COUNT is not set while BEHIND_PROXY is on"),
        ({"TRUSTED_PROXY_COUNT": "1"}, "TRUSTED_PROXY_COUNT is set while BEHIND_PROXY is off"),
        (
            {"TRUSTED_PROXY_COUNT": "-1"},
            "TRUSTED_PROXY_COUNT must lie between 0 and 10",
        ),
        ({"RESERVED_PER_IP": "0"}, "RESERVED_PER_IP must lie between 1 and"),
        ({"MEDIA_ROOT": str(ROOT)}, "MEDIA_ROOT must be a folder of its own"),
        ({"MEDIA_ROOT": str(ROOT.parent)}, "MEDIA_ROOT must be a folder of its own"),
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL must look like postgres://"),
        ({"STRIPE_SECRET_KEY": "rk_test_1234567890"}, "STRIPE_SECRET_KEY is a test key"),
        ({"PAYMENT_GATEWAYS": ""}, "PAYMENT_GATEWAYS is empty"),
        (
            {
                "PAYMENT_GATEWAYS": "mercadopago,conekta",
                "CONEKTA_ACCESS_TOKEN": "key_1234567890",
                "CONEKTA_WEBHOOK_KEYS": "whsec_pasted_by_mistake",
            },
            "CONEKTA_WEBHOOK_KEYS holds something at place 1 that is no public key",
        ),
    ],
)
def test_a_dangerous_production_value_stops_the_start_in_words(changes, sentence):
    answer = run(["check"], **{**PRODUCTION, **changes})

    assert answer.returncode != 0
    assert sentence in answer.stderr
    assert "Percha cannot start, 1 setting(s) need attention" in answer.stderr


def test_a_trial_with_real_keys_on_this_machine_is_told_that_it_needs_a_tunnel():
    trial = {"DEBUG": "on", "SANDBOX_ENABLED": "off", "MERCADOPAGO_ACCESS_TOKEN": "TEST-123"}

    refused = run(["check"], **trial)
    tunnelled = run(["check"], **trial, SITE_URL="https://my-try.tunnel.example.com")

    assert (
        "SITE_URL must be a public https:// address as soon as Mercado Pago itself is asked" in refused.stderr
    )
    assert tunnelled.returncode == 0, tunnelled.stderr


def values_of(*keys: str, **environment: str) -> list[str]:
    """Start with this environment and return the resulting settings."""
    shown = "; ".join(f"print(settings.{key})" for key in keys)
    answer = run(
        ["shell", "--no-imports", "--command", f"from django.conf import settings; {shown}"], **environment
    )
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.split("\n")[: len(keys)]


def test_production_promises_nothing_and_counts_as_its_country_does():
    keys = ("SHOP_CURRENCY", "TIME_ZONE", "FREE_SHIPPING_FROM")

    assert values_of(*keys, **{**PRODUCTION, "SHOP_COUNTRY": "CL"}) == ["CLP", "America/Santiago", "0"]
    data = {"SHOP_CURRENCY": "USD", "TIME_ZONE": "America/Punta_Arenas", "FREE_SHIPPING_FROM": "90"}
    assert values_of(*keys, **{**PRODUCTION, "SHOP_COUNTRY": "CL", **data}) == [
        "USD",
        "America/Punta_Arenas",
        "90",
    ]


def without(*beginnings: str, **changes: str) -> dict[str, str]:
    return {key: value for key, value in PRODUCTION.items() if not key.startswith(beginnings)} | changes


def conekta() -> dict[str, str]:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    text = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return {
        "PAYMENT_GATEWAYS": "conekta",
        "SHOP_COUNTRY": "MX",
        "SHOP_CURRENCY": "MXN",
        "SHOP_TAX_ID": "EKU9003173C9",
        "CONEKTA_ACCESS_TOKEN": "key_1234567890abcdef",
        "CONEKTA_WEBHOOK_KEYS": b64encode(text).decode(),
    }


@pytest.mark.parametrize(
    ("missing", "changes"),
    [
        (("STRIPE_", "CONEKTA_"), {"PAYMENT_GATEWAYS": "mercadopago"}),
        (("MERCADOPAGO_", "CONEKTA_"), {"PAYMENT_GATEWAYS": "stripe"}),
        (("MERCADOPAGO_", "STRIPE_"), conekta()),
        (("CONEKTA_",), {"PAYMENT_GATEWAYS": "mercadopago,stripe"}),
    ],
    ids=["mercadopago", "stripe", "conekta", "two"],
)
def test_a_provider_that_is_not_offered_needs_no_credentials(missing, changes):
    answer = run(["check"], **without(*missing, **changes))

    assert answer.returncode == 0, answer.stderr


def test_half_the_credentials_of_a_provider_are_a_mistake_even_where_it_is_not_offered():
    half = without("STRIPE_", PAYMENT_GATEWAYS="mercadopago", STRIPE_SECRET_KEY="sk_live_1234567890")

    assert "STRIPE_WEBHOOK_SECRETS is not set" in run(["check"], **half).stderr


def test_missing_credentials_are_told_with_the_other_way_out():
    answer = run(["check"], **without("STRIPE_", PAYMENT_GATEWAYS="mercadopago,stripe"))

    assert "STRIPE_SECRET_KEY is not set" in answer.stderr
    assert "Or take stripe out of PAYMENT_GATEWAYS." in answer.stderr
