"""A shop that invoices at the sandbox's ARCA: key and certificate made on the spot, a sandbox of its own over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from django.utils import timezone

from orders.models import Invoice
from shop.demo.certificate import self_signed
from shop.sandbox.arca import wsfe
from shop.sandbox.arca.counterpart import COUNTERPART
from shop.sandbox.config import SandboxConfig
from shop.sandbox.server import Handle, start
from shop.sandbox.store import Record

CUIT = "30707654321"


@dataclass
class Office:
    """The running ARCA, and what a test does with it."""

    handle: Handle

    def arm(self, name: str, *, times: int = 1, target: str = "", **params: Any) -> None:
        """Let the next calls fail so."""
        self.handle.sandbox.faults.add(name, provider="arca", target=target, count=times, params=params)

    def issued(self, kind: int = 6) -> list[Record]:
        """Return what was issued in a series, the first first."""
        return self.handle.sandbox.store.find(wsfe.DOCUMENT, parent=f"1-{kind}")[::-1]

    def elsewhere(self, kind: int = 6) -> Record:
        """Issue a document as another program would."""
        return wsfe.issue_elsewhere(self.handle.sandbox, 1, kind)

    def sold_by(self, condition: str) -> None:
        """Register the taxpayer under another condition."""
        options: Any = self.handle.sandbox.config.options["arca"]
        options["condition"] = condition

    def reset(self) -> None:
        """Forget everything that was issued and armed."""
        self.sold_by("RI")
        self.handle.sandbox.store.reset()


@contextmanager
def open_office(folder: Path) -> Iterator[tuple[Office, dict[str, Any]]]:
    """Run ARCA; yield it with the settings of a shop that invoices there."""
    key, certificate = self_signed(CUIT)
    options = {"arca": {"cuit": CUIT, "certificate": certificate}}
    config = SandboxConfig(data_path=folder / "arca.sqlite3", options=options)
    handle = start(config, counterparts={"arca": COUNTERPART})
    try:
        yield (
            Office(handle),
            {
                "FISCAL_PROVIDER": "arca",
                "SELLER_TAX_CONDITION": "RI",
                "SELLER_GROSS_INCOME": "30-70765432-1",
                "SELLER_ACTIVITY_START": date(2020, 3, 1),
                "SHOP_LEGAL_NAME": "Percha SRL",
                "SHOP_TAX_ID": "30-70765432-1",
                "SHOP_ADDRESS": "Av. Corrientes 100, CABA",
                "ARCA_ENVIRONMENT": "sandbox",
                "ARCA_CUIT": CUIT,
                "ARCA_POINT_OF_SALE": 1,
                "ARCA_PRIVATE_KEY": key,
                "ARCA_CERTIFICATE": certificate,
                "ARCA_WSAA_URL": f"{handle.base_url}/arca/wsaa",
                "ARCA_WSFE_URL": f"{handle.base_url}/arca/wsfev1",
                "ARCA_TIMEOUT": 1,
            },
        )
    finally:
        handle.stop()


def due_now() -> None:
    """Let the time pass for which documents were put off."""
    Invoice.objects.filter(next_try_at__isnull=False).update(next_try_at=timezone.now())
