"""What the gateway asks in the place of a provider: the shop's own books of its bank account.

A gateway uses no ORM and knows no rows. The books are rows of this shop, so they are given to the gateway from above:
`payments.transfers.books` implements `Ledger` and registers itself at the start (`keep_in`).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Credited:
    """One credit that was assigned to an instruction: the payment `number` of its attempt. Major units.

    `paid_at` is when it was paid, as far as the bank's day tells; `noted_at` when the shop assigned it, perhaps days
    later.
    """

    number: str
    amount: Decimal
    currency: str
    noted_at: datetime
    paid_at: datetime


@dataclass(frozen=True, slots=True)
class Instructed:
    """An instruction as it stands now. `address` is the page that shows it to its buyer."""

    reference: str
    code: str
    amount: Decimal
    currency: str
    address: str
    made_at: datetime
    valid_until: datetime
    closed_at: datetime | None
    credits: Sequence[Credited]


@dataclass(frozen=True, slots=True)
class ListedCredit:
    """A credit in the list, with the reference of the attempt that it belongs to."""

    reference: str
    credit: Credited


class NoAccount(Exception):
    """The shop has no account to transfer to (any more). Trying again does not help until it is set."""


class Ledger(Protocol):
    """The books of the shop's bank account."""

    def instruct(
        self, *, reference: str, amount: Decimal, currency: str, valid_until: datetime
    ) -> Instructed:
        """Write what an attempt's buyer shall transfer; the same again for the same reference.

        Raises:
            NoAccount: see there.
        """
        ...

    def close(self, code: str) -> Instructed | None:
        """Offer an instruction no longer; return it as it is then, None where there is none."""
        ...

    def read(self, *, reference: str = "", code: str = "") -> Instructed | None:
        """Return an instruction by its attempt's reference, else by its code; None: there is none."""
        ...

    def page(self, *, since: datetime, until: datetime, cursor: str) -> tuple[Sequence[ListedCredit], str]:
        """Return some of the credits assigned within the window, in their order, and where the next ones begin."""
        ...


_kept: list[Ledger] = []


def keep_in(ledger: Ledger) -> None:
    """Register the books; the last ones count."""
    _kept[:] = [ledger]


def books() -> Ledger:
    """Return the books.

    Raises:
        LookupError: none were registered at the start.
    """
    if not _kept:
        raise LookupError("no books of bank transfers were registered")
    return _kept[0]
