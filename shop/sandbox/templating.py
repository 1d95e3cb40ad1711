"""Pages of the sandbox: Django's template engine on its own, always escaping."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from decimal import Decimal
from functools import cache
from pathlib import Path

from django.template import Context, Engine

from shop.sandbox.router import Response
from shop.sandbox.store import JsonDict

TEMPLATES = Path(__file__).parent / "templates"
ZERO_DECIMAL = frozenset({"CLP", "PYG", "JPY"})
SYMBOLS = {"BRL": "R$", "UYU": "$U", "PEN": "S/", "USD": "US$", "EUR": "€"}

# The time of day on the hosted pages: that of Argentina and Brazil's east.
ZONE = timezone(timedelta(hours=-3))
MONTHS = [
    "enero",
    "febrero",
    "marzo",
    "abril",
    "mayo",
    "junio",
    "julio",
    "agosto",
    "septiembre",
    "octubre",
    "noviembre",
    "diciembre",
]


@cache
def engine(folder: Path) -> Engine:
    """Return the engine that reads the templates of a folder."""
    return Engine(dirs=[str(folder)], autoescape=True)


def page(template: str, context: JsonDict, status: int = 200, *, folder: Path = TEMPLATES) -> Response:
    """Render a template of ``folder`` (each counterpart has its own) to an HTML answer."""
    text = engine(folder).get_template(template).render(Context(context, use_l10n=False, use_tz=False))
    return Response.html(text, status)


def money(amount: Decimal | float | int | str, currency: str) -> str:
    """Write an amount in major units for people: ``$ 26.501,00`` (``MXN 10,00`` for a foreign sign)."""
    places = 0 if currency.upper() in ZERO_DECIMAL else 2
    text = f"{Decimal(str(amount)):,.{places}f}".replace(",", "\0").replace(".", ",").replace("\0", ".")
    return f"{SYMBOLS.get(currency.upper(), '$')} {text}"


def spanish_day(stamp: float) -> str:
    """Write a moment (unix seconds) for people: ``4 de enero de 2026, 23:59``."""
    moment = datetime.fromtimestamp(stamp, ZONE)
    return f"{moment.day} de {MONTHS[moment.month - 1]} de {moment.year}, {moment:%H:%M}"


def bars(code: str) -> list[tuple[int, int]]:
    """Return (x, width) of the black bars that stand for a voucher's code (a picture, not a real symbology)."""
    found, x = [], 0
    for digit in code:
        value = int(digit, 36) if digit.isalnum() else 3
        for width, gap in ((1 + value % 3, 1 + value % 2), (1 + value % 2, 2)):
            found.append((x, width))
            x += width + gap
    return found
