"""The carrier `table`: as `manual`, but its prices are rows of the shop, read by `orders.shipping.rates`."""

from django.utils.translation import gettext_lazy as _

from orders.shipping.carriers.base import Patience
from orders.shipping.carriers.manual import Manual


class Table(Manual):
    """The merchant's own table of prices; labels and numbers are typed by the staff."""

    code = "table"
    name = _("Own table of rates")


def from_settings(patience: Patience) -> Table:
    """Return the carrier; it has no settings."""
    return Table()
