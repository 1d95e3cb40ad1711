"""What an operator can do that no API call does: pay a cash voucher, refund from the panel, dispute, deliver late.

The control page and the JSON API share them; each counterpart has its own (`Counterpart.actions`).
"""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from shop.sandbox.engine import Sandbox
from shop.sandbox.store import JsonDict, Record


class ActionRefused(Exception):
    """The action is not possible now; the message says why (Spanish)."""


def perform(sandbox: Sandbox, name: str, subject: str, params: JsonDict) -> Record:
    """Do an operator's action and return the object it acted on.

    Raises:
        ActionRefused: unknown action or object, or the object's state forbids it.
    """
    for counterpart in sandbox.counterparts.values():
        if action := counterpart.actions.get(name):
            try:
                return action.perform(sandbox, subject, params)
            except counterpart.refusals as error:
                raise ActionRefused(str(getattr(error, "message", error))) from error
    raise ActionRefused(f"No existe la acción {name!r}.")


def need(record: Record | None) -> Record:
    """Return the object.

    Raises:
        ActionRefused: there is none.
    """
    if record is None:
        raise ActionRefused("Ese objeto no existe.")
    return record


def amount(params: JsonDict) -> Decimal | None:
    """Return the requested ``amount``, in major units (comma or point), or None for all.

    Raises:
        ActionRefused: it is no number.
    """
    if params.get("amount") in (None, ""):
        return None
    try:
        return Decimal(str(params["amount"]).replace(",", "."))
    except InvalidOperation as error:
        raise ActionRefused("El importe no es un número.") from error


def installments(params: JsonDict) -> int:
    """Return the number of cuotas (1 by default).

    Raises:
        ActionRefused: it is no number.
    """
    text = str(params.get("installments", 1))
    if not text.isdecimal():
        raise ActionRefused("Las cuotas no son un número.")
    return int(text)


def days(params: JsonDict, default: float = 10) -> float:
    """Return how many days a shop has to answer a dispute; none may be left.

    Raises:
        ActionRefused: it is no number.
    """
    try:
        return float(params.get("days") or default)
    except ValueError as error:
        raise ActionRefused("Los días no son un número.") from error
