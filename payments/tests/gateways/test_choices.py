"""Which gateways a shop offers: their texts, what is refused at the start, and which code may name them."""

import ast
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone, translation

from orders import payables
from orders.models import CheckoutSession
from orders.tests.factories import make_session
from payments import gateways, outages
from payments.checks import check_credentials, check_gateways
from payments.models import PaymentAttempt, ProviderWatch, WebhookEvent
from payments.payouts import reading
from payments.reconciliation import provider_list
from payments.templatetags.gateways import gateway_names
from tests.support.html import compact

ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture(autouse=True)
def fresh() -> Any:
    gateways.forget()
    yield
    gateways.forget()


@pytest.mark.parametrize("code", gateways.GATEWAYS)
def test_every_gateway_says_who_it_is_in_every_language(code: str, settings: Any):
    gateway = gateways.get(code)
    assert (gateway.code, gateway.max_installments >= 1) == (code, True)
    assert gateway.label
    said = set()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            said.add(str(gateway.words))
    assert len(said) == len(settings.LANGUAGES)
    assert all(said)


def test_every_report_that_is_read_has_its_name_in_every_language(settings: Any):
    settings.PAYMENT_GATEWAYS = list(gateways.GATEWAYS)
    reports = reading.readable()
    assert reports
    for code, _label, name in reports:
        said = set()
        for language, _name in settings.LANGUAGES:
            with translation.override(language):
                said.add(str(name))
        assert len(said) == len(settings.LANGUAGES), code


@pytest.mark.django_db
def test_the_payment_step_offers_what_the_settings_name_in_their_order(settings: Any):
    settings.PAYMENT_GATEWAYS = ["conekta", "mercadopago"]
    session = make_session()
    CheckoutSession.objects.filter(pk=session.pk).update(currency="MXN")
    page = compact(Client().get(f"/checkout/{session.token}/pago/").content.decode())
    assert page.index('value="conekta" checked') < page.index('value="mercadopago"')
    assert "Tarjeta, también a meses sin intereses; efectivo en OXXO, o transferencia." in page
    assert 'value="stripe"' not in page


@pytest.mark.django_db
def test_the_privacy_page_names_them(settings: Any):
    settings.PAYMENT_GATEWAYS = ["stripe", "conekta"]
    assert [gateway.code for gateway in gateways.offered()] == ["stripe", "conekta"]
    with translation.override("en"):
        assert gateway_names() == "Stripe or Conekta"
    page = Client().get("/politicas/privacidad/").content.decode()
    assert "Stripe o Conekta" in page


def test_contradictions_stop_the_start(settings: Any):
    assert check_gateways(None) == []
    for offered, identity in (
        (["paypal", "stripe"], "percha.E004"),
        ([], "percha.E005"),
        (["conekta"], "percha.E006"),
    ):
        settings.PAYMENT_GATEWAYS = offered
        assert [found.id for found in check_gateways(None)] == [identity]
    settings.SHOP_CURRENCY = "MXN"
    settings.PAYMENT_GATEWAYS = ["conekta"]
    assert check_gateways(None) == []


def _code(path: Path) -> list[str]:
    """Return the lines of a file but those which cite what is written down about the providers."""
    return [line for line in path.read_text().splitlines() if "docs/providers/" not in line]


def test_only_its_module_its_counterpart_the_settings_and_one_line_name_the_third_gateway():
    """docs/adding-a-gateway.md promises it: whoever adds one touches nothing else."""
    own = ("payments/gateways/conekta/", "shop/sandbox/conekta/", "payments/provider_settings/conekta.py")
    named = {}
    for app in ("shop", "catalog", "inventory", "orders", "payments"):
        for path in sorted((ROOT / app).rglob("*")):
            name = path.relative_to(ROOT).as_posix()
            if (
                path.suffix not in {".py", ".html", ".txt", ".js"}
                or "/tests/" in name
                or name.startswith(own)
            ):
                continue
            if lines := [line for line in _code(path) if "conekta" in line.lower()]:
                named[name] = lines
    assert named.pop("payments/gateways/__init__.py") == ['    "conekta": "payments.gateways.conekta",']
    assert not named
    templates = [path for path in (ROOT / "templates").rglob("*.*") if "conekta" in path.read_text().lower()]
    assert not templates


def test_code_outside_the_gateways_does_not_ask_which_one_it_is():
    """A comparison with a gateway's code is a place that the next one would have to find."""
    found = []
    for app in ("shop", "catalog", "inventory", "orders", "payments"):
        for path in sorted((ROOT / app).rglob("*.py")):
            name = path.relative_to(ROOT).as_posix()
            if "/tests/" in name or name.startswith(("payments/gateways/", "shop/sandbox/")):
                continue
            for node in ast.walk(ast.parse(path.read_text())):
                if not isinstance(node, ast.Compare):
                    continue
                values = [part.value for part in ast.walk(node) if isinstance(part, ast.Constant)]
                if set(gateways.GATEWAYS) & {value for value in values if isinstance(value, str)}:
                    found.append(f"{name}:{node.lineno}")
    assert not found


@pytest.mark.django_db
def test_a_provider_may_lose_its_credentials_once_nothing_of_it_is_under_way(settings: Any):
    assert check_credentials(None, databases=["default"]) == []
    settings.PAYMENT_GATEWAYS = ["mercadopago"]
    settings.STRIPE_SECRET_KEY, settings.STRIPE_WEBHOOK_SECRETS = "", []
    assert check_credentials(None, databases=["default"]) == []

    session = make_session()
    attempt = PaymentAttempt.objects.create(
        payable=payables.of_purchase(session),
        purchase=session,
        gateway="stripe",
        amount=1,
        currency="ARS",
        fingerprint="f",
        expires_at=timezone.now(),
    )
    (found,) = check_credentials(None, databases=["default"])
    assert (found.id, "stripe" in found.msg) == ("percha.W016", True)
    PaymentAttempt.objects.filter(pk=attempt.pk).update(status=PaymentAttempt.Status.FAILED)
    assert check_credentials(None, databases=["default"]) == []


CREDENTIALS: dict[str, dict[str, Any]] = {
    "mercadopago": {
        "MERCADOPAGO_ACCESS_TOKEN": "",
        "MERCADOPAGO_WEBHOOK_SECRETS": [],
        "MERCADOPAGO_COLLECTOR_ID": "",
    },
    "stripe": {"STRIPE_SECRET_KEY": "", "STRIPE_WEBHOOK_SECRETS": []},
    "conekta": {"CONEKTA_ACCESS_TOKEN": "", "CONEKTA_WEBHOOK_KEYS": []},
    "transfer": {"BANK_TRANSFER_ACCOUNT": ""},
}


@pytest.mark.django_db
@pytest.mark.parametrize("alone", gateways.GATEWAYS)
def test_a_provider_without_offer_and_credentials_is_not_there(alone: str, settings: Any):
    settings.PAYMENT_GATEWAYS = [alone]
    absent = set(gateways.GATEWAYS) - {alone}
    for code in absent:
        for name, nothing in CREDENTIALS[code].items():
            setattr(settings, name, nothing)
        ProviderWatch.objects.create(gateway=code)  # It was offered once.

    assert provider_list.watched() == [alone]
    assert set(outages.probe_silent()) == {alone}
    assert [one.gateway for one in outages.health_by_provider()] == [alone]
    event = {"id": "evt_1", "type": "order.paid", "data": {"object": {"id": "ord_1", "object": "order"}}}
    answers = {
        code: Client().post(f"/payments/webhook/{code}/", event, content_type="application/json").status_code
        for code in absent
    }
    assert set(answers.values()) == {404}
    assert not WebhookEvent.objects.exists()
    assert (
        Client().post(f"/payments/webhook/{alone}/", b"{}", content_type="application/json").status_code
        != 404
    )


@pytest.mark.django_db
def test_a_provider_that_was_offered_is_looked_after_while_its_credentials_are_there(settings: Any):
    settings.PAYMENT_GATEWAYS = ["mercadopago"]
    ProviderWatch.objects.create(gateway="stripe")

    assert provider_list.watched() == ["mercadopago", "stripe"]
    assert "stripe" in outages.probe_silent()
    assert (
        Client().post("/payments/webhook/stripe/", b"{}", content_type="application/json").status_code == 400
    )
