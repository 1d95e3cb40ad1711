"""The demo's folders, ports and addresses, and the environment of its processes."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import environ

from shop.demo.certificate import self_signed
from shop.demo.services.errors import ServiceError
from shop.demo.services.ports import LOOPBACK
from shop.demo.services.processes import MARK

ROOT = Path(__file__).resolve().parents[3]
ON = {"1", "on", "true", "yes"}


# An account of nobody's: its bank does not exist.
ACCOUNT: Final = {
    "PAYMENT_GATEWAYS": "mercadopago,stripe,transfer",
    "BANK_TRANSFER_ACCOUNT": "2850590940090418135201",
    "BANK_TRANSFER_ALIAS": "percha.demo.tienda",
    "BANK_TRANSFER_HOLDER": "Percha SRL (demo)",
    "BANK_TRANSFER_TAX_ID": "30-50000000-3",
    "BANK_TRANSFER_BANK": "Banco de Prueba",
}


# A seller of nobody's.
SELLER: Final = {
    "SHOP_TAX_ID": "30-70765432-1",
    "SHOP_ADDRESS": "Av. Corrientes 1000, Ciudad Autónoma de Buenos Aires",
    "SELLER_GROSS_INCOME": "30-70765432-1",
    "SELLER_ACTIVITY_START": "2020-03-01",
}


@dataclass(frozen=True)
class Demo:
    """One demo on this machine. Servers named in DATABASE_URL/REDIS_URL are used instead of embedded ones."""

    data: Path
    web_port: int
    sandbox_port: int
    postgres_port: int
    redis_port: int
    site_url: str
    database_url: str
    redis_url: str
    has_sandbox: bool

    @property
    def sandbox_url(self) -> str:
        """Return the address of the payment sandbox."""
        return f"http://{LOOPBACK}:{self.sandbox_port}"

    def child_environment(self, *, database_url: str, redis_url: str) -> dict[str, str]:
        """Return the environment of the shop's processes; the mark lets a later start recognise them."""
        child = os.environ | {
            "DJANGO_SETTINGS_MODULE": "shop.settings",
            "DEBUG": "on",
            "PERCHA_DATA_DIR": str(self.data),
            "DATABASE_URL": database_url,
            "REDIS_URL": redis_url,
            "SITE_URL": self.site_url,
            "SANDBOX_ENABLED": "on" if self.has_sandbox else "off",
            "CELERY_BEAT_SCHEDULE": str(self.data / "run" / "celerybeat-schedule"),
            "PYTHONUNBUFFERED": "1",
            MARK: str(self.data),
        }
        child.setdefault("STATIC_ROOT", str(self.data / "run" / "static"))
        if self.has_sandbox:
            child.setdefault("SANDBOX_URL", self.sandbox_url)
        return child | _transfers(child) | _invoices(child, self)


def _transfers(child: Mapping[str, str]) -> dict[str, str]:
    """Return settings with which the demo offers bank transfers as well, unless it names its own ways to pay."""
    is_own = any(child.get(key) for key in ("PAYMENT_GATEWAYS", "BANK_TRANSFER_ACCOUNT"))
    return {} if is_own or child.get("SHOP_COUNTRY") not in {None, "", "AR"} else ACCOUNT


def _invoices(child: Mapping[str, str], demo: Demo) -> dict[str, str]:
    """Return settings with which the demo invoices at the sandbox's ARCA, unless it names its own tax office.

    Its key and certificate are made here, once, and stay in the demo's folder.
    """
    if (
        not demo.has_sandbox
        or child.get("FISCAL_PROVIDER")
        or child.get("SHOP_COUNTRY") not in {None, "", "AR"}
    ):
        return {}
    seller = {key: value for key, value in SELLER.items() if not child.get(key)}
    if "SHOP_TAX_ID" not in seller:
        # A number of one's own has no certificate here.
        return {}
    make_certificate(demo.data)
    return seller | {"FISCAL_PROVIDER": "arca"}


def make_certificate(data: Path) -> None:
    """Write the key and the certificate of `SELLER` where the shop of this data folder reads them, once."""
    folder = data / "arca"
    files = {"key.pem": "", "certificate.pem": ""}
    if not all((folder / name).is_file() for name in files):
        folder.mkdir(parents=True, exist_ok=True)
        files["key.pem"], files["certificate.pem"] = self_signed(SELLER["SHOP_TAX_ID"].replace("-", ""))
        for name, text in files.items():
            (folder / name).touch(mode=0o600)
            (folder / name).write_text(text, encoding="ascii")


def load_dotenv() -> None:
    """Read the same `.env` as the settings do; the real environment wins."""
    dotenv = Path(os.environ.get("PERCHA_DOTENV", ROOT / ".env"))
    if dotenv.is_file():
        environ.Env.read_env(dotenv)


def describe_demo() -> Demo:
    """Return the demo which the environment describes.

    Raises: ServiceError for DEBUG off (the demo's servers and sandbox never run in production) and for a bad port.
    """
    debug = os.environ.get("DEBUG", "").strip().lower()
    if debug and debug not in ON:
        raise ServiceError(
            f"`make run` starts the demo, whose embedded servers and payment sandbox refuse to run with DEBUG off "
            f"(DEBUG is {debug!r}). For production start gunicorn, the Celery worker and beat yourself: see README."
        )
    data = os.environ.get("PERCHA_DATA_DIR", "").strip()
    web_port = _port("PERCHA_WEB_PORT", 8000)
    demo = Demo(
        data=Path(data).expanduser().resolve() if data else ROOT / ".data",
        web_port=web_port,
        sandbox_port=_port("PERCHA_SANDBOX_PORT", 8002),
        postgres_port=_port("PERCHA_POSTGRES_PORT", 54325),
        redis_port=_port("PERCHA_REDIS_PORT", 63795),
        site_url=os.environ.get("SITE_URL", "").strip() or f"http://{LOOPBACK}:{web_port}",
        database_url=os.environ.get("DATABASE_URL", "").strip(),
        redis_url=os.environ.get("REDIS_URL", "").strip(),
        has_sandbox=os.environ.get("SANDBOX_ENABLED", "on").strip().lower() in ON | {""},
    )
    _require_distinct(demo)
    return demo


def _port(variable: str, default: int) -> int:
    raw = os.environ.get(variable, "").strip() or str(default)
    if not raw.isascii() or not raw.isdigit() or not 1 <= int(raw) <= 65535:
        raise ServiceError(f"{variable} must be a port number between 1 and 65535, not {raw!r}.")
    return int(raw)


def _require_distinct(demo: Demo) -> None:
    ports = [demo.web_port, demo.sandbox_port, demo.postgres_port, demo.redis_port]
    if len(set(ports)) != len(ports):
        raise ServiceError(
            "PERCHA_WEB_PORT, PERCHA_SANDBOX_PORT, PERCHA_POSTGRES_PORT and PERCHA_REDIS_PORT must differ: "
            + ", ".join(map(str, ports))
        )
