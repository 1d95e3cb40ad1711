"""One source that holds much of a drop: shown to the staff, who can look at the carts behind it and let holds go."""

from dataclasses import dataclass
from uuid import UUID

from django.conf import settings
from django.db import connection

from inventory.sql import load

CONCENTRATION = load("concentration")


@dataclass(frozen=True, slots=True)
class Concentration:
    """A source (`scope`: ip, network or person) that holds `units` of the `of_units` left of a drop, in `carts`."""

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
    """Return the sources that hold RESERVED_ALERT_SHARE per cent or more of what is left of a drop, the greatest first.

    One query, no locks; at most ten.
    """
    with connection.cursor() as cursor:
        cursor.execute(CONCENTRATION, {"percent": settings.RESERVED_ALERT_SHARE})
        return [
            Concentration(drop_id, name, scope, int(units), int(of_units), int(carts))
            for drop_id, name, scope, units, of_units, carts in cursor.fetchall()
        ]
