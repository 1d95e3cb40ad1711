"""The accounts of the demo shop: what `manage.py demo` creates and `make run` prints."""

from typing import NamedTuple

# Public on purpose: the demo refuses to run with DEBUG off.
DEMO_PASSWORD = "percha-de-madera"  # noqa: S105


class Login(NamedTuple):
    """One account one can sign in with, and what it is for."""

    email: str
    name: str
    purpose: str


STAFF = Login("admin@percha.test", "Ada Ledesma", "staff: everything in the admin")
SHOPPER = Login("ana@percha.test", "Ana Suárez", "shopper: orders and addresses")
LOGINS = (STAFF, SHOPPER)
