"""The accounts of the demo shop: what `manage.py demo` creates and `make run` prints."""

from typing import NamedTuple

# Public on purpose: the demo refuses to run with DEBUG off.
DEMO_PASSWORD = "percha-de-madera"  # noqa: S105


class Login(NamedTuple):
    """An account to sign in with, and what it is for. Staff without a `role` (a group) may do everything."""

    email: str
    name: str
    purpose: str
    is_staff: bool = False
    role: str = ""


STAFF = Login("admin@percha.test", "Ada Ledesma", "staff: everything in the admin", is_staff=True)
WAREHOUSE = Login("deposito@percha.test", "Darío Paz", "staff: warehouse", is_staff=True, role="warehouse")
SUPPORT = Login("soporte@percha.test", "Sofía Renzi", "staff: support", is_staff=True, role="support")
CATALOGUE = Login("catalogo@percha.test", "Camila Ortiz", "staff: catalogue", is_staff=True, role="catalogue")
SHOPPER = Login("ana@percha.test", "Ana Suárez", "shopper: orders and addresses")
SECOND_SHOPPER = Login("bruno@percha.test", "Bruno Acosta", "shopper in Rosario")
LOGINS = (STAFF, WAREHOUSE, SUPPORT, CATALOGUE, SHOPPER, SECOND_SHOPPER)
