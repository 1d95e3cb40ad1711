"""The sums of the reports equal the rows of orders and payments: rules of the shop's check (`inventory.checks`).

What was changed and is not counted yet is left out on both sides. Orders are added up in another way than the entries
are written: from the sums that orders, payments and instalments keep themselves (`sql/check_entries.sql`).
"""

from typing import Final

from django.conf import settings
from django.utils.translation import gettext_noop as _

from inventory.checks.runner import SHOP, Rule, register
from shop.reports.sql import load

_WORDS: Final = {
    "count": _(
        "The reports are counted again by themselves after every change of an order. A difference means that rows were "
        "changed by hand, or that the shop's time zone was: have everything counted again, on the page of the reports."
    )
}


def _entries() -> str:
    """Return the query of the rule, for the time zone of the settings (a name that the start has checked)."""
    return load("check_entries").replace("{zone}", settings.TIME_ZONE)


register(
    Rule(
        "reports-entries",
        _("the reports count every order once"),
        "orders.order",
        _entries,
        _WORDS,
        scope=SHOP,
    ),
    Rule(
        "reports-days",
        _("the days of the reports are the sums of their entries"),
        "reports.salesday",
        load("check_days"),
        _WORDS,
        scope=SHOP,
        answers={"day": _("%(day)s: %(orders)s orders, %(units)s units, net %(net)s")},
    ),
    Rule(
        "reports-products",
        _("the sums of products are those of their rows"),
        "reports.productday",
        load("check_products"),
        _WORDS,
        scope=SHOP,
        answers={
            "day": _("%(day)s, SKU %(sku)s: %(units)s units, %(kept)s kept"),
            "week": _("week from %(day)s, SKU %(sku)s: %(units)s units, %(kept)s kept"),
            "month": _("month from %(day)s, SKU %(sku)s: %(units)s units, %(kept)s kept"),
        },
    ),
)
