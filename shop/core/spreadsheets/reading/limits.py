"""How much a file may be, and how much reading it may cost. A file of people is anybody's file until it is read."""

from dataclasses import dataclass
from typing import Final

MB: Final = 1024 * 1024


@dataclass(frozen=True)
class Limits:
    """Sizes in bytes, lengths in characters, times in seconds. `lines` counts empty rows too."""

    file: int = 10 * MB
    unpacked: int = 200 * MB
    # Deflate reaches 1:1000 with zeros; a sheet of equal rows about 1:60.
    ratio: int = 200
    entries: int = 1000
    rows: int = 20_000
    lines: int = 1_048_576  # What a spreadsheet has.
    empty: int = 5_000  # Rows without anything between two that hold something.
    columns: int = 60
    cell: int = 32_767  # What a spreadsheet's cell holds.
    text: int = 40_000_000  # Of all cells together; a shared text counts wherever it stands.
    merged: int = 200_000
    processor: int = 20
    wall: int = 40
    memory: int = 768 * MB
