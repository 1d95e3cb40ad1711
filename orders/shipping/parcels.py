"""How a purchase is packed, as far as it can be known before: weights and sizes of its lines, and the shop's
usual parcel.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from django.conf import settings

from orders.shipping.carriers.base import Parcel
from shop.core.money import ZERO


@dataclass(frozen=True, slots=True)
class Goods:
    """So many units of something that is sent. Weights and sizes are of one unit; 0: nobody measured."""

    quantity: int
    weight_grams: int
    value: Decimal
    length_mm: int = 0
    width_mm: int = 0
    height_mm: int = 0

    @property
    def is_measured(self) -> bool:
        return bool(self.length_mm and self.width_mm and self.height_mm)


def weight_of(goods: Iterable[Goods]) -> int:
    """Return what all of it weighs, in grams; a unit without a weight weighs SHIPPING_DEFAULT_WEIGHT_GRAMS."""
    return sum((one.weight_grams or settings.SHIPPING_DEFAULT_WEIGHT_GRAMS) * one.quantity for one in goods)


def pack(goods: Sequence[Goods]) -> tuple[Parcel, ...]:
    """Return the parcels in which goods are sent: as few as the most weight of one allows, all alike.

    With every size known the units lie on one another; else the shop's usual parcel is taken. The declared value
    is shared out over the parcels. Empty goods are no parcel.
    """
    weight = weight_of(goods)
    if not weight:
        return ()
    value = sum((one.value * one.quantity for one in goods), ZERO)
    count = -(-weight // settings.SHIPPING_PARCEL_MAX_GRAMS)
    length, width, height = _size(goods)
    each = Parcel(-(-weight // count), length, width, max(1, -(-height // count)))
    share = (value / count).quantize(Decimal("0.01"))
    rest = value - share * (count - 1)
    return (
        *(replace(each, declared_value=share) for _ in range(count - 1)),
        replace(each, declared_value=rest),
    )


def _size(goods: Sequence[Goods]) -> tuple[int, int, int]:
    if all(one.is_measured for one in goods):
        return (
            max(one.length_mm for one in goods),
            max(one.width_mm for one in goods),
            sum(one.height_mm * one.quantity for one in goods),
        )
    return (
        settings.SHIPPING_PARCEL_LENGTH_MM,
        settings.SHIPPING_PARCEL_WIDTH_MM,
        settings.SHIPPING_PARCEL_HEIGHT_MM,
    )
