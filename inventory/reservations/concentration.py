"""One source that reserves much of a drop: shown to the staff, who can see its carts and release reservations."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection

from inventory.sql import load

CONCENTRATION = load("concentration")


@dataclass(frozen=True, slots=True)
class Concentration:
    """A source (`scope`: ip, network or person) with `units` reserved of the `of_units` left of a drop, in `carts`."""

    drop_id: UUID
    drop: str
    scope: str
    units: int
    of_units: int
    carts: int

    @property
    def percent(self) -> int:
        return 100 * self.units // max(self.of_units, 1)


def found() -> list[Concentration]:
    """Return the sources that have reserved RESERVED_ALERT_SHARE per cent or more of the rest of a drop, largest first.

    One query, no locks; at most ten.
    """
    with connection.cursor() as cursor:
        cursor.execute(CONCENTRATION, {"percent": settings.RESERVED_ALERT_SHARE})
        return [
            Concentration(drop_id, name, scope, int(units), int(of_units), int(carts))
            for drop_id, name, scope, units, of_units, carts in cursor.fetchall()
        ]
