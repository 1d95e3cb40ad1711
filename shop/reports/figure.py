"""One number of the back office's first page."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """One number with its name and the list behind it. `tone`: "", ok, warn or error."""

    title: str
    value: str
    note: str = ""
    url: str = ""
    tone: str = ""
