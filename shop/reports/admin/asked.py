"""What the address of a report asks for."""

from dataclasses import dataclass
from typing import Final
from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from shop.reports import periods, products
from shop.reports.periods import BadPeriod, Grain, Period

MOST_PAGES: Final = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address of a report asks for; what cannot be read is taken for the usual, with a `refusal` in words."""

    period: Period
    preset: str
    refusal: str
    currency: str
    grain: Grain
    by: str
    order: str
    page: int

    @classmethod
    def of(cls, request: HttpRequest) -> "Asked":
        """Read a request."""
        query, refusal = request.GET, ""
        today = timezone.localdate()
        try:
            period, preset = periods.asked(
                query.get("from", ""), query.get("to", ""), query.get("period", ""), today=today
            )
        except BadPeriod as error:
            refusal = str(error)
            period, preset = periods.asked("", "", "", today=today)
        grain = query.get("grain", "")
        currency = query.get("currency", "").upper()
        page = query.get("p", "")
        return cls(
            period=period,
            preset=preset,
            refusal=refusal,
            currency=currency if len(currency) == 3 and currency.isalpha() else settings.SHOP_CURRENCY,
            grain=Grain(grain) if grain in periods.GRAINS else periods.fitting(period),
            by=query.get("by", "") if query.get("by") in products.BY else "product",
            order=query.get("order", "") if query.get("order") in products.ORDER else "units",
            page=min(int(page), MOST_PAGES) if page.isdecimal() and page.isascii() and len(page) < 5 else 1,
        )

    def query(self, **changes: str) -> str:
        """Return the query of the same report with other values; "" leaves a value out."""
        named = (
            {"period": self.preset}
            if self.preset
            else {"from": self.period.since.isoformat(), "to": self.period.until.isoformat()}
        )
        if {"period", "from"} & changes.keys():
            named = {}
        values = {
            **named,
            "currency": "" if self.currency == settings.SHOP_CURRENCY else self.currency,
            "by": "" if self.by == "product" else self.by,
            "order": "" if self.order == "units" else self.order,
            **changes,
        }
        return "?" + urlencode({name: value for name, value in values.items() if value})
