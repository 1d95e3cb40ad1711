"""Tax offices behind one protocol (`base.FiscalProvider`): a module each, found in `PROVIDERS`."""

from collections.abc import Mapping
from importlib import import_module
from typing import Final, cast

from django.conf import settings

from orders.invoices.fiscal.base import FiscalProvider, Note
from orders.invoices.fiscal.tickets import TicketStore

# The class of each tax office by its code, imported when it is wanted.
PROVIDERS: Final[Mapping[str, str]] = {"arca": "orders.invoices.fiscal.arca.provider.Arca"}


def _ignore(act: str, request: str, answer: str, error: str) -> None:
    """Note nothing."""


def offered() -> str:
    """Return the code of the tax office that this shop asks ("": none)."""
    return str(settings.FISCAL_PROVIDER)


def get(code: str, *, tickets: TicketStore, note: Note = _ignore) -> FiscalProvider:
    """Return a tax office by its code. Raises: KeyError: there is no such module."""
    module, _dot, name = PROVIDERS[code].rpartition(".")
    return cast(FiscalProvider, getattr(import_module(module), name)(tickets=tickets, note=note))
