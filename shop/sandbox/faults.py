"""Faults that an operator or a test asks for: which exist, which are armed, and when one applies."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from shop.sandbox.store import Json, JsonDict, Store


@dataclass(frozen=True, slots=True)
class FaultKind:
    """One thing that can go wrong; ``defaults`` are its parameters (numbers in seconds or units).

    A kind with an ``option`` changes how a notification is written: its writer finds the fault's parameter under that
    name in the delivery's options (True where the kind has none).
    """

    name: str
    label: str
    group: str
    defaults: tuple[tuple[str, object], ...] = ()
    option: str = ""


# Faults of the calls and notifications of any counterpart.
COMMON = (
    FaultKind("webhook_delay", "Demorar el aviso", "Avisos", (("seconds", 5.0),)),
    FaultKind("webhook_drop", "Perder el aviso (no se envía nunca)", "Avisos"),
    FaultKind("webhook_duplicate", "Duplicar el aviso, todos a la vez", "Avisos", (("times", 2),)),
    FaultKind("webhook_reorder", "Desordenar los avisos", "Avisos", (("seconds", 1.0),)),
    FaultKind("webhook_wrong_signature", "Firmar con otra clave", "Avisos", option="wrong_signature"),
    FaultKind("webhook_old_ts", "Firmar con fecha vieja", "Avisos", (("seconds", 3600.0),), option="age"),
    FaultKind("not_found", "404 en las primeras consultas del pago", "API"),
    FaultKind("http_500", "Error 500", "API", (("effect", False),)),
    FaultKind("http_429", "Demasiados pedidos (429)", "API", (("retry_after", 1),)),
    FaultKind("timeout_before", "Colgarse antes de hacer nada", "API", (("seconds", 20.0),)),
    FaultKind("timeout_after", "Hacerlo y colgarse sin contestar", "API", (("seconds", 20.0),)),
)
# Faults of payments: each payment provider's counterpart offers them.
PAYMENT = (
    FaultKind("webhook_before_redirect", "Avisar antes de volver a la tienda", "Avisos"),
    FaultKind("amount_delta", "Cobrar otro importe", "Dinero", (("delta", "1.00"),)),
    FaultKind("other_currency", "Cobrar en otra moneda", "Dinero", (("currency", "USD"),)),
    FaultKind("other_account", "Cobrar en otra cuenta o en otro modo", "Dinero"),
    FaultKind("late_approval", "Dejar pagar un enlace vencido", "Dinero"),
    FaultKind("refund_in_process", "Devolución en proceso", "Devoluciones", (("seconds", 0.0),)),
    FaultKind("refund_failed", "Devolución fallida", "Devoluciones", (("seconds", 1.0),)),
)
# Faults of parcels: each carrier's counterpart offers them.
CARRIER = (
    FaultKind("other_price", "Cobrar otro precio por la etiqueta", "Envíos", (("delta", "150.00"),)),
    FaultKind("no_coverage", "Sin cobertura para esa ruta", "Envíos"),
    FaultKind("empty_list", "Contestar una lista vacía", "Envíos"),
    FaultKind("rejected_later", "Aceptar el envío y rechazarlo después", "Envíos"),
    FaultKind("cancel_refused", "Negarse a anular la etiqueta", "Envíos"),
    FaultKind("slow", "Contestar tarde", "API", (("seconds", 2.0),)),
)
ANYBODY = "any"
MOST = {"seconds": 7 * 86_400.0, "times": 50, "retry_after": 3600}
MOST_ELSE = 10**9
LONGEST = 200


class UnknownFault(ValueError):
    """The fault does not exist, or a parameter is invalid."""


def by_name(kinds: Iterable[FaultKind]) -> dict[str, FaultKind]:
    """Return the kinds by name; several counterparts may offer one and the same.

    Raises:
        ValueError: two different ones have one name.
    """
    found: dict[str, FaultKind] = {}
    for kind in kinds:
        if found.setdefault(kind.name, kind) != kind:
            raise ValueError(f"two kinds of fault are called {kind.name}")
    return found


class FaultBook:
    """The armed faults, kept in the store; ``kinds`` by name, ``providers`` to which one may apply."""

    def __init__(self, store: Store, kinds: Mapping[str, FaultKind], *, providers: tuple[str, ...]) -> None:
        self._store = store
        self.kinds = kinds
        self.providers = (ANYBODY, *providers)

    def add(
        self,
        name: str,
        *,
        provider: str = ANYBODY,
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
        kind = self.kinds.get(name)
        if kind is None:
            raise UnknownFault(f"Unknown fault {name!r}.")
        if provider not in self.providers:
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
                if row["provider"] not in (ANYBODY, provider):
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
            {**dict(row), "params": json.loads(row["params"]), "label": self.kinds[row["name"]].label}
            for row in self._store.rows("SELECT * FROM faults ORDER BY id")
            if row["name"] in self.kinds
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


def _fitting(key: str, value: Json, default: Any) -> Any:
    if isinstance(default, bool):
        return bool(value)
    try:
        fitting = type(default)(value)
        if key == "delta":
            sensible = abs(Decimal(fitting)) < MOST_ELSE
        elif key == "currency":
            sensible = len(fitting) == 3 and fitting.isalpha()
        elif isinstance(fitting, str):
            sensible = len(fitting) <= LONGEST
        else:
            sensible = 0 <= fitting <= MOST.get(key, MOST_ELSE)
    except (TypeError, ValueError, OverflowError, InvalidOperation) as error:
        raise UnknownFault(f"{key} must be a {type(default).__name__}.") from error
    if not sensible:
        raise UnknownFault(f"{key} is out of range.")
    return fitting
