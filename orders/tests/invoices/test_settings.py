"""Settings of invoices: what stops the start, in sentences. Pure."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from orders import invoice_settings
from shop.core.configuration.env import Env
from shop.demo.certificate import self_signed

CUIT = "30707654321"
KEY, CERTIFICATE = self_signed(CUIT)
WHOLE = {
    "DEBUG": True,
    "FISCAL_PROVIDER": "arca",
    "SHOP_COUNTRY": "AR",
    "SHOP_CURRENCY": "ARS",
    "SHOP_TAX_ID": "30-70765432-1",
    "SHOP_LEGAL_NAME": "Percha SRL",
    "SHOP_ADDRESS": "Corrientes 1",
    "SELLER_GROSS_INCOME": "1",
    "SELLER_ACTIVITY_START": date(2020, 3, 1),
    "ARCA_CUIT": CUIT,
    "ARCA_ENVIRONMENT": "sandbox",
    "ARCA_PRIVATE_KEY": KEY,
    "ARCA_CERTIFICATE": CERTIFICATE,
}


def refused(**changes: Any) -> list[str]:
    return [f"{key} {sentence}" for key, sentence in invoice_settings.problems({**WHOLE, **changes})]


def test_whole_settings_are_taken_and_without_a_tax_office_nothing_is_asked():
    assert refused() == []
    assert refused(FISCAL_PROVIDER="", ARCA_CUIT="", SHOP_COUNTRY="MX") == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"ARCA_CUIT": "30707654322"}, "SHOP_TAX_ID must be the seller's CUIT"),
        ({"SHOP_COUNTRY": "MX"}, "FISCAL_PROVIDER is arca, which invoices shops of Argentina"),
        ({"SELLER_GROSS_INCOME": ""}, "SELLER_GROSS_INCOME is not set; the law wants it"),
        ({"SELLER_ACTIVITY_START": None}, "SELLER_ACTIVITY_START is not set"),
        ({"DEBUG": False}, "ARCA_ENVIRONMENT must be production when DEBUG is off"),
        ({"ARCA_PRIVATE_KEY": "-----BEGIN"}, "ARCA_PRIVATE_KEY is not a private key in PEM"),
        ({"ARCA_CERTIFICATE": KEY}, "ARCA_CERTIFICATE is not a certificate in PEM"),
        ({"ARCA_CERTIFICATE": self_signed(CUIT)[1]}, "ARCA_CERTIFICATE is of another key"),
        (
            {"ARCA_CUIT": "20301234563", "SHOP_TAX_ID": "20-30123456-3"},
            "ARCA_CERTIFICATE is of CUIT 30707654321, and SHOP_TAX_ID says CUIT 20301234563",
        ),
    ],
)
def test_what_is_wrong_is_said(changes: dict[str, Any], said: str):
    assert [one for one in refused(**changes) if one.startswith(said)], refused(**changes)


def read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, **given: str) -> tuple[dict[str, Any], Env]:
    for key, value in given.items():
        monkeypatch.setenv(key, value)
    env = Env(dotenv=tmp_path / "none")
    env.development = True
    values = invoice_settings.read(env, tax_id="30-70765432-1", sandbox_url="http://s", folder=tmp_path)
    return values, env


def test_a_key_is_a_text_or_a_file_and_the_sandbox_is_asked_while_there_is_one(monkeypatch, tmp_path):
    (tmp_path / "own.pem").write_text(CERTIFICATE)
    values, env = read(
        monkeypatch,
        tmp_path,
        FISCAL_PROVIDER="arca",
        ARCA_PRIVATE_KEY=KEY.replace("\n", "\\n"),
        ARCA_CERTIFICATE=str(tmp_path / "own.pem"),
        SELLER_ACTIVITY_START="2020-03-01",
    )
    assert env.problems == []
    assert (values["ARCA_PRIVATE_KEY"], values["ARCA_CERTIFICATE"]) == (KEY, CERTIFICATE)
    assert (values["ARCA_CUIT"], values["ARCA_WSFE_URL"]) == (CUIT, "http://s/arca/wsfev1")
    assert values["ARCA_IDENTIFY_FROM"] is None


def test_a_missing_key_and_a_bad_day_are_said(monkeypatch, tmp_path):
    _values, env = read(
        monkeypatch, tmp_path, FISCAL_PROVIDER="arca", INVOICES_SINCE="ayer", ARCA_CERTIFICATE="/none"
    )
    words = "\n".join(env.problems)
    assert "ARCA_PRIVATE_KEY is not set" in words
    assert "ARCA_CERTIFICATE is neither a PEM text nor a file" in words
    assert "INVOICES_SINCE must be a day" in words
