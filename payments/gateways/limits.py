"""The least and the most of one payment at a provider, in major units of its currency."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Bounds:
    """The least and the most of one payment (None: not known), and how many decimals its amount may have."""

    least: Decimal | None = None
    most: Decimal | None = None
    places: int = 2

    def has_place(self, amount: Decimal) -> bool:
        """Say whether the provider can write this amount: none of its decimals is lost."""
        return amount == amount.quantize(Decimal(1).scaleb(-self.places))

    def takes(self, amount: Decimal) -> bool:
        """Say whether a payment of this amount is taken."""
        is_enough = self.least is None or amount >= self.least
        is_little_enough = self.most is None or amount <= self.most
        return is_enough and is_little_enough and self.has_place(amount)


# The least and the most, as a shop sets them (`PAYMENT_LIMITS`).
Range = tuple[Decimal | None, Decimal | None]


def bounds_of(limits: Mapping[str, Bounds], currency: str, own: Range = (None, None)) -> Bounds:
    """Return a provider's bounds in a currency; `own` are the shop's, which win where they are set."""
    data = limits.get(currency.upper()) or limits.get("") or Bounds()
    least, most = own
    return Bounds(data.least if least is None else least, data.most if most is None else most, data.places)
