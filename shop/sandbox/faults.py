"""Faults that an operator or a test asks for: which exist, which are armed, and when one strikes."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from shop.sandbox import counterparts
from shop.sandbox.store import JsonDict, Store


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One thing that can go wrong; ``defaults`` are its parameters (numbers in seconds or units)."""

    name: str
    label: str
    group: str
    defaults: tuple[tuple[str, Any], ...] = ()
    provider: str = "any"


KINDS = {
    kind.name: kind
    for kind in (
        FaultKind("webhook_delay", "Demorar el aviso", "Avisos", (("seconds", 5.0),)),
        FaultKind("webhook_drop", "Perder el aviso (no se envía nunca)", "Avisos"),
        FaultKind("webhook_duplicate", "Duplicar el aviso, todos a la vez", "Avisos", (("times", 2),)),
        FaultKind("webhook_reorder", "Desordenar los avisos", "Avisos", (("seconds", 1.0),)),
        FaultKind("webhook_wrong_signature", "Firmar con otra clave", "Avisos"),
        FaultKind("webhook_old_ts", "Firmar con fecha vieja", "Avisos", (("seconds", 3600.0),)),
        FaultKind("webhook_ts_ms", "Firmar con ts en milisegundos", "Avisos", (), "mercadopago"),
        FaultKind("webhook_before_redirect", "Avisar antes de volver a la tienda", "Avisos"),
        FaultKind("not_found", "404 en las primeras consultas del pago", "API", (), "any"),
        FaultKind("http_500", "Error 500", "API", (("effect", False),)),
        FaultKind("http_429", "Demasiados pedidos (429)", "API", (("retry_after", 1),)),
        FaultKind("timeout_before", "Colgarse antes de hacer nada", "API", (("seconds", 20.0),)),
        FaultKind("timeout_after", "Hacerlo y colgarse sin contestar", "API", (("seconds", 20.0),)),
        FaultKind("amount_delta", "Cobrar otro importe", "Dinero", (("delta", "1.00"),)),
        FaultKind("other_currency", "Cobrar en otra moneda", "Dinero", (("currency", "USD"),)),
        FaultKind("other_account", "Cobrar en otra cuenta o en otro modo", "Dinero"),
        FaultKind("late_approval", "Dejar pagar un enlace vencido", "Dinero"),
        FaultKind("refund_in_process", "Devolución en proceso", "Devoluciones", (("seconds", 0.0),)),
        FaultKind("refund_failed", "Devolución fallida", "Devoluciones", (("seconds", 1.0),)),
    )
}
MOST = {"seconds": 7 * 86_400.0, "times": 50, "retry_after": 3600}
MOST_MONEY = Decimal(10**9)


def providers() -> tuple[str, ...]:
    """Return whom a fault may strike."""
    return ("any", "mercadopago", "stripe", *counterparts.found())


class UnknownFault(ValueError):
    """Somebody asked for a fault that does not exist, or with a senseless parameter."""


class FaultBook:
    """The armed faults, kept in the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def add(
        self,
        name: str,
        *,
        provider: str = "any",
        target: str = "",
        request: str = "",
        count: int | None = 1,
        params: JsonDict | None = None,
    ) -> int:
        """Arm a fault and return its number.

        ``target`` limits it to one object (its id or the shop's reference), ``request`` to API calls that contain
        the text (``POST /v1/refunds``), ``count`` to the next so many calls (None: until removed).

        Raises:
            UnknownFault: the name, provider, count or a parameter is not known.
        """
        kind = KINDS.get(name)
        if kind is None:
            raise UnknownFault(f"Unknown fault {name!r}.")
        if provider not in providers():
            raise UnknownFault(f"Unknown provider {provider!r}.")
        if count is not None and count < 1:
            raise UnknownFault("count must be at least 1, or null for always.")
        merged = _merged(kind, params or {})
        return self._store.run(
            "INSERT INTO faults (name, provider, target, request, remaining, params, created_at)"
            " VALUES (?, ?, ?, ?, ?, ?, ?)",
            *(name, provider, target, request, count, json.dumps(merged), time.time()),
        )

    def take(
        self, name: str, provider: str, *, targets: tuple[str, ...] = (), request: str = ""
    ) -> JsonDict | None:
        """Return the parameters (never empty) of an armed fault that applies here and count it, or None."""
        with self._store.transaction():
            for row in self._store.rows("SELECT * FROM faults WHERE name = ? ORDER BY id", name):
                if row["provider"] not in ("any", provider):
                    continue
                if row["target"] and row["target"] not in targets:
                    continue
                if row["request"] and row["request"] not in request:
                    continue
                self._spend(row["id"], row["remaining"])
                return {"name": name, **json.loads(row["params"])}
        return None

    def _spend(self, fault_id: int, remaining: int | None) -> None:
        if remaining is not None and remaining <= 1:
            self._store.run("DELETE FROM faults WHERE id = ?", fault_id)
            return
        self._store.run("UPDATE faults SET used = used + 1, remaining = remaining - 1 WHERE id = ?", fault_id)

    def armed(self) -> list[JsonDict]:
        """Return the armed faults, oldest first."""
        return [
            {**dict(row), "params": json.loads(row["params"]), "label": KINDS[row["name"]].label}
            for row in self._store.rows("SELECT * FROM faults ORDER BY id")
        ]

    def clear(self, fault_id: int | None = None) -> int:
        """Disarm one fault, or all; return how many there were."""
        if fault_id is None:
            return self._store.run("DELETE FROM faults")
        return self._store.run("DELETE FROM faults WHERE id = ?", fault_id)


def _merged(kind: FaultKind, params: JsonDict) -> JsonDict:
    merged = dict(kind.defaults)
    for key, value in params.items():
        if key not in merged:
            raise UnknownFault(f"{kind.name} has no parameter {key!r}.")
        default = merged[key]
        merged[key] = _fitting(key, value, default)
    return merged


def _fitting(key: str, value: Any, default: Any) -> Any:
    if isinstance(default, bool):
        return bool(value)
    try:
        fitting = type(default)(value)
        if key == "delta":
            sensible = abs(Decimal(fitting)) < MOST_MONEY
        elif key == "currency":
            sensible = len(fitting) == 3 and fitting.isalpha()
        else:
            sensible = 0 <= fitting <= MOST[key]
    except (TypeError, ValueError, OverflowError, InvalidOperation) as error:
        raise UnknownFault(f"{key} must be a {type(default).__name__}.") from error
    if not sensible:
        raise UnknownFault(f"{key} is out of range.")
    return fitting
