"""What a run has done: counted by kind, safe from any thread, printed at the end."""

import threading
from collections import Counter
from dataclasses import dataclass, field


@dataclass
class Log:
    """`done`: how purchases ended for the shopper; `struck`: faults by kind; `staff`: acts of people."""

    done: Counter[str] = field(default_factory=Counter)
    scripts: Counter[str] = field(default_factory=Counter)
    struck: Counter[str] = field(default_factory=Counter)
    staff: Counter[str] = field(default_factory=Counter)
    # 5xx pages and refused connections that shoppers saw: while servers are killed they must see some.
    seen: Counter[str] = field(default_factory=Counter)
    # Shoppers who met a page that made no sense to them, with what it was.
    lost: list[str] = field(default_factory=list)
    # Acts of people that ended in an error which no server that was away explains.
    broken: list[str] = field(default_factory=list)
    forged_refused: int = 0
    forged_taken: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, book: Counter[str], kind: str, times: int = 1) -> None:
        """Count `kind` in one of the counters."""
        with self._lock:
            book[kind] += times

    def note_lost(self, words: str) -> None:
        with self._lock:
            self.lost.append(words)

    def note_broken(self, words: str) -> None:
        with self._lock:
            self.broken.append(words)

    def note_forged(self, *, refused: bool) -> None:
        with self._lock:
            self.forged_refused += refused
            self.forged_taken += not refused
