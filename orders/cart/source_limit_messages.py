"""Sentences for a refusal by the source limit, given although units are there: what is limited, why, and what helps."""

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from inventory.reservations.source_limits import ReservationRefused


def explain(error: ReservationRefused) -> str:
    """Return the refusal in the active language. It names no address and nobody else's cart."""
    if error.scope == "age":
        return _reserved_too_long(error)
    if error.scope == "ip":
        return f"{_connection(error.most)} {_what_helps()}"
    if error.scope == "network":
        most = _("Very much of what is limited is held from your internet provider's network at the moment.")
        return f"{most} {_what_helps()}"
    return ngettext(
        "At most %(most)d unit of limited goods is held for one person at a time, all products together. Pay for what"
        " you have, and you can go on.",
        "At most %(most)d units of limited goods are held for one person at a time, all products together. Pay for"
        " what you have, and you can go on.",
        error.most,
    ) % {"most": error.most}


def _connection(most: int) -> str:
    return ngettext(
        "At most %(most)d unit of limited goods is held for one internet connection at a time; on mobile data many"
        " people share one.",
        "At most %(most)d units of limited goods are held for one internet connection at a time; on mobile data many"
        " people share one.",
        most,
    ) % {"most": most}


def _what_helps() -> str:
    return _(
        "A place becomes free whenever somebody pays or gives up: try again in a moment, sign in with your account,"
        " which has places of its own, or use another connection."
    )


def _reserved_too_long(error: ReservationRefused) -> str:
    if error.again_at is None:
        return _("It was held for you for as long as one person may hold it. Others may take it now.")
    return _(
        "It was held for you for as long as one person may hold it. You can pay for it now if nobody takes it first, or"
        " have it held again from %(time)s."
    ) % {"time": date_format(localtime(error.again_at), "H:i")}
