"""Refusals of the stock as problems: their kinds, and what each domain exception becomes."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.utils.translation import gettext as _

from inventory import codes
from inventory.counts import CountRefused
from inventory.counts.messages import explain
from inventory.movement_types import NoPlace
from inventory.reservations.allocation import InsufficientStock
from inventory.reservations.manual import NotInTheFuture, ReservationEnded
from shop.core.api.problems import ProblemKind

NOT_ENOUGH: Final = ProblemKind(
    409, "not_enough_units", "Fewer units are there and unreserved than are asked for."
)
NO_PLACE: Final = ProblemKind(409, "no_place", "The shop has no location that it sells from.")
RESERVATION_ENDED: Final = ProblemKind(
    409, "reservation_ended", "The manual reservation has ended: make a new one."
)
NOT_IN_FUTURE: Final = ProblemKind(409, "not_in_future", "A reservation must end in the future.")
COUNT_REFUSED: Final = ProblemKind(
    409, "count_refused", "The count does not allow this as it stands; detail says why."
)


@contextmanager
def of_stock() -> Iterator[None]:
    """Turn a refusal of the verbs of the stock into a problem."""
    try:
        yield
    except InsufficientStock as error:
        left = sum(line.available for line in error.lines)
        raise NOT_ENOUGH(_("Only %(number)d are there and free.") % {"number": left}) from error
    except NoPlace as error:
        raise NO_PLACE(_("There is no location to which the units could come.")) from error
    except ReservationEnded as error:
        raise RESERVATION_ENDED(_("This reservation has ended.")) from error
    except NotInTheFuture as error:
        raise NOT_IN_FUTURE(_("The end must be in the future.")) from error
    except (CountRefused, codes.CodeRefused) as error:
        raise COUNT_REFUSED(explain(error)) from error
