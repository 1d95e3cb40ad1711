"""Physical counts: freeze what the books expect, count blind while sales go on, approve, and post the differences.

A line's difference is `counted - book`, where `book` is what the books said at the moment of counting: a sale before
that moment is in it, one after it applies to the corrected figure. The difference is posted as a movement of kind
`count` with the count as its cause; nothing is ever set to a figure, so that sales between count and approval stand.

Locks: the count, then the stock levels by primary key. Whoever writes below a count has locked it first.
"""

from inventory.counts.approval import ApprovalResult, approve, has_part, outcome, took_part
from inventory.counts.counting import (
    MOST_UNITS,
    Figure,
    cancel,
    open_count,
    put,
    scan,
    send_back,
    submit,
)
from inventory.counts.errors import (
    AlreadyBeingCounted,
    BadFigure,
    CountRefused,
    CountShort,
    NothingCounted,
    NothingToCount,
    NotPartOfIt,
    SecondPersonNeeded,
    Short,
    WrongState,
)

__all__ = [
    "MOST_UNITS",
    "AlreadyBeingCounted",
    "ApprovalResult",
    "BadFigure",
    "CountRefused",
    "CountShort",
    "Figure",
    "NotPartOfIt",
    "NothingCounted",
    "NothingToCount",
    "SecondPersonNeeded",
    "Short",
    "WrongState",
    "approve",
    "cancel",
    "has_part",
    "open_count",
    "outcome",
    "put",
    "scan",
    "send_back",
    "submit",
    "took_part",
]
