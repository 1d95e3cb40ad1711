"""The bank of the shop: what shoppers transfer to its account, and the statement that the staff uploads."""

import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

# With which a run offers bank transfers (Argentina).
ACCOUNT = {
    "BANK_TRANSFER_ACCOUNT": "2850590940090418135201",
    "BANK_TRANSFER_HOLDER": "Percha SRL",
    "BANK_TRANSFER_BANK": "Banco de Prueba",
}


@dataclass(frozen=True)
class Credit:
    """Money on the account: for which reference, and the how many-th for it."""

    code: str
    amount: Decimal
    place: int
    day: date = field(default_factory=date.today)

    @property
    def number(self) -> str:
        """The number of the payment that the shop makes of it."""
        return self.code if self.place == 1 else f"{self.code}-{self.place}"


class Bank:
    """The account's credits, in their order; safe from any thread."""

    def __init__(self) -> None:
        self._credits: list[Credit] = []
        self._of_code: Counter[str] = Counter()
        self._lock = threading.Lock()

    def transfer(self, code: str, amount: Decimal) -> None:
        """Take money in."""
        with self._lock:
            self._of_code[code] += 1
            self._credits.append(Credit(code, amount, self._of_code[code]))

    def __iter__(self) -> Iterator[Credit]:
        with self._lock:
            return iter(list(self._credits))

    def statement(self) -> str:
        """Return the whole statement up to now, as a file with semicolons: every upload overlaps those before it."""
        rows = [f"{one.day:%d/%m/%Y};{one.amount:.2f};VAR {one.code}" for one in self]
        return "\n".join(["Fecha;Importe;Concepto", *rows]) if rows else ""
