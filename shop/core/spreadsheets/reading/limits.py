"""Limits of a file's size and of the cost of reading it. Uploaded files are untrusted."""

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
    lines: int = 1_048_576  # The limits of a spreadsheet.
    empty: int = 5_000  # Empty rows between two that have content.
    columns: int = 60
    cell: int = 32_767  # The limit of a spreadsheet's cell.
    text: int = 40_000_000  # Of all cells together; a shared text counts in every cell that has it.
    merged: int = 200_000
    processor: int = 20
    wall: int = 40
    memory: int = 768 * MB
