"""How long to wait after a failed try, and after how many to give up."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Self


@dataclass(frozen=True, slots=True)
class BackOff:
    """The pauses after the first, second, … failed try; the last one is repeated.

    `most_tries`: after so many failed tries in a row it is given up; None: never.
    """

    pauses: tuple[timedelta, ...]
    most_tries: int | None = None

    @classmethod
    def seconds(cls, *pauses: int, most_tries: int | None = None) -> Self:
        """Return the schedule with these pauses in seconds."""
        return cls(tuple(timedelta(seconds=pause) for pause in pauses), most_tries)

    @classmethod
    def minutes(cls, *pauses: int, most_tries: int | None = None) -> Self:
        """Return the schedule with these pauses in minutes."""
        return cls(tuple(timedelta(minutes=pause) for pause in pauses), most_tries)

    def pause(self, tries: int) -> timedelta:
        """Return the pause after so many failed tries (1 or more)."""
        return self.pauses[min(max(tries, 1), len(self.pauses)) - 1]

    def next(self, tries: int) -> timedelta | None:
        """Return the pause after so many failed tries; None: that was the last try."""
        return None if self.is_over(tries) else self.pause(tries)

    def is_over(self, tries: int) -> bool:
        """Return whether it is given up after so many failed tries."""
        return self.most_tries is not None and tries >= self.most_tries

    def has_become_slow(self, tries: int) -> bool:
        """Return whether the longest pause begins with this failed try: once in a row, to notify people."""
        return tries == len(self.pauses)
