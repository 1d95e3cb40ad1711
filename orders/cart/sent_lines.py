"""What the cart's buttons send: a variant, and how many of it."""

from typing import Final, cast
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError
from django.http import QueryDict

from orders.cart.errors import InvalidQuantity, UnknownVariant
from orders.cart.view import MAX_QUANTITY
from shop.core.user_input.fields import WholeField

# Fields without a form: nothing of it is ever shown again, and every buyer of a drop sends one.
_VARIANT: Final = forms.UUIDField()
_QUANTITY: Final = WholeField(min_value=0, max_value=MAX_QUANTITY, required=False)


def read(sent: QueryDict) -> tuple[UUID, int | None]:
    """Return the variant and the quantity; None where no quantity was sent.

    Raises: UnknownVariant, InvalidQuantity: what was sent is no key, or no whole number up to `MAX_QUANTITY`.
    """
    variant = sent.get("variant")
    try:
        key = cast(UUID, _VARIANT.clean(variant))
    except ValidationError:
        raise UnknownVariant(str(variant)) from None
    try:
        return key, cast(int | None, _QUANTITY.clean(sent.get("quantity")))
    except ValidationError:
        raise InvalidQuantity from None
