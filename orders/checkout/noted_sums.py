"""The sums of a session as they stand in its row: noted where it is locked and read, so that only others are written.

A note is good for one writing: who writes again writes all of them.
"""

from typing import Final

from orders.models import CheckoutSession

SUMS: Final = (
    *("payment_way", "quote", "subtotal", "shipping_rate", "shipping_quote", "shipping_name"),
    *("shipping_total", "adjustment_total", "total"),
)
_COLUMNS: Final = [field.attname for field in CheckoutSession._meta.concrete_fields if field.name in SUMS]
_NOTED: Final = "_percha_sums"


def note(session: CheckoutSession) -> None:
    """Note the sums of a session that was just read under its lock."""
    session.__dict__[_NOTED] = _sums(session)


def forget(session: CheckoutSession) -> None:
    """Let the sums be written by whoever writes the session next: somebody else wrote them."""
    session.__dict__.pop(_NOTED, None)


def to_write(session: CheckoutSession) -> tuple[str, ...]:
    """Return the columns of the sums that are to be written: all, or none where they say what the row says."""
    return () if session.__dict__.pop(_NOTED, None) == _sums(session) else SUMS


def _sums(session: CheckoutSession) -> list[object]:
    return [getattr(session, name) for name in _COLUMNS]
