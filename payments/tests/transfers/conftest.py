"""The shop takes bank transfers: an account of Argentina, no other provider, no HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest

ACCOUNT = {
    "SHOP_COUNTRY": "AR",
    "SHOP_CURRENCY": "ARS",
    "BANK_TRANSFER_ACCOUNT": "2850590940090418135201",
    "BANK_TRANSFER_ALIAS": "percha.azul.mar",
    "BANK_TRANSFER_HOLDER": "Percha SRL",
    "BANK_TRANSFER_TAX_ID": "30500000003",
    "BANK_TRANSFER_BANK": "Banco Galicia",
    "BANK_TRANSFER_WAY": "",
}


@pytest.fixture(autouse=True)
def an_account(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    from payments import gateways
    from payments.tests.conftest import patient_with_redis

    for name, value in ACCOUNT.items():
        setattr(settings, name, value)
    settings.PAYMENT_GATEWAYS = ["transfer", "mercadopago"]
    settings.PAYMENT_CALLS_PER_PROVIDER = settings.PAYMENT_CALLS_IN_ALL = 100
    settings.PAYMENT_PAGE_SECONDS = 30
    patient_with_redis(monkeypatch)
    gateways.forget()
    yield
    gateways.forget()
