"""What a cart's button sent is read as the form's fields read it."""

from uuid import UUID

import pytest
from django.http import QueryDict

from orders.cart import sent_lines
from orders.cart.errors import InvalidQuantity, UnknownVariant

KEY = UUID("01a2309f-57dc-75bd-8db6-0e6764764990")


@pytest.mark.parametrize(
    ("text", "quantity"), [("1", 1), ("", None), (" 12 ", 12), ("0", 0), ("٢", 2), ("3,0", 3)]
)
def test_a_line(text: str, quantity: int | None) -> None:
    sent = QueryDict(mutable=True)
    sent.update({"variant": f" {KEY} ", "quantity": text})
    assert sent_lines.read(sent) == (KEY, quantity)
    assert sent_lines.read(QueryDict(f"variant={KEY.hex}")) == (KEY, None)


@pytest.mark.parametrize("text", ["1,5", "-1", "many", "10000000", "1e3"])
def test_a_quantity_that_is_none(text: str) -> None:
    with pytest.raises(InvalidQuantity):
        sent_lines.read(QueryDict(f"variant={KEY}&quantity={text}"))


@pytest.mark.parametrize("text", ["", "1", f"{KEY}0", "nothing", "%00"])
def test_a_variant_that_is_none_is_told_first(text: str) -> None:
    for quantity in ("1", "many"):
        with pytest.raises(UnknownVariant):
            sent_lines.read(QueryDict(f"variant={text}&quantity={quantity}"))
    with pytest.raises(UnknownVariant):
        sent_lines.read(QueryDict(""))
