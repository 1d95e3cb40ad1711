"""Why a physical count refuses: each reason a class of its own, so that the pages can say it in words."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from inventory.models import StockCount


class CountRefused(Exception):
    """The verb cannot be done to this count as it stands. Trying again does not help by itself."""


class NothingToCount(CountRefused):
    """There is no stock level in the chosen location and category."""


class AlreadyBeingCounted(CountRefused):
    """Another open count includes some of these levels: `numbers` names the counts."""

    def __init__(self, numbers: Collection[str]) -> None:
        super().__init__(f"already being counted in {', '.join(sorted(numbers))}")
        self.numbers = sorted(numbers)


class WrongState(CountRefused):
    """The count is not in the state the verb needs (somebody else may just have moved it)."""

    def __init__(self, count: StockCount) -> None:
        super().__init__(f"{count.number} is {count.status}")
        self.count = count


class NothingCounted(CountRefused):
    """No line has a figure yet."""


class NotPartOfIt(CountRefused):
    """This variant lies at the place, but outside of the count's category: one scanned unit does not count the rest."""

    def __init__(self, skus: Collection[str]) -> None:
        super().__init__(f"not part of the count: {', '.join(sorted(skus))}")
        self.skus = sorted(skus)


class BadFigure(CountRefused):
    """A figure below zero, above the limit, or from before the freeze."""


class SecondPersonNeeded(CountRefused):
    """The difference reaches COUNT_SECOND_PERSON_UNITS, and who approves took part in the counting."""

    def __init__(self, units: int) -> None:
        super().__init__(f"{units} units of difference need a second person")
        self.units = units


@dataclass(frozen=True)
class Short:
    """A level that has fewer unreserved units than the count takes away."""

    sku: str
    wanted: int
    on_hand: int
    reserved: int


class CountShort(CountRefused):
    """Units which the count did not find are reserved, or were sold since. `lines` has each."""

    def __init__(self, lines: Sequence[Short]) -> None:
        super().__init__("; ".join(f"{s.sku}: -{s.wanted} of {s.on_hand} ({s.reserved} held)" for s in lines))
        self.lines = list(lines)
