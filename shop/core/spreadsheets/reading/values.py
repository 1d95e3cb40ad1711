"""What a cell may be beside text, number, yes/no, date and nothing: each a value of its own, never an empty cell."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Formula:
    """A formula that no program has calculated: its result is unknown."""


@dataclass(frozen=True)
class Merged:
    """A cell covered by a merged one, whose text is in the cell `of` (`A2`)."""

    of: str


@dataclass(frozen=True)
class Fault:
    """An error of the spreadsheet, such as `#N/A`."""

    name: str


class Refused(Exception):
    """The file is not read. `why` is a key of the words in `shop.core.spreadsheets.sheets`, `about` fills them."""

    def __init__(self, why: str, **about: object) -> None:
        super().__init__(why)
        self.why, self.about = why, about
