"""Carts: what somebody means to buy. A guest's cart is found by a cookie, a person's by the account."""

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from shop.core.ids import token
from shop.core.models import BaseModel
from shop.core.user_input.fields import ModelMoneyField


class Cart(BaseModel):
    """A guest's or a person's cart; one per person, and one for each purchase that a client of the API makes.

    The reservations of its lines carry its key (`Reservation.cart_id`). `buyer` is the account whose single purchase
    it is: no page finds such a cart, and what the account may buy counts for it as for the account's own.
    """

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="cart",
    )
    buyer = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        verbose_name=_("user"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_constraint=False,
        db_index=False,
        editable=False,
    )
    token = models.CharField(max_length=43, unique=True, default=token, editable=False)

    class Meta:
        verbose_name = _("cart")
        verbose_name_plural = _("carts")
        ordering = ["-updated_at"]
        indexes = [
            models.Index(fields=["updated_at"], name="cart_age"),
            models.Index(fields=["buyer"], name="cart_buyer", condition=Q(buyer__isnull=False)),
        ]

    def __str__(self) -> str:
        return str(self.user or self.token[:8])

    @property
    def customer_id(self) -> UUID | None:
        """The account that buys what is in it; None for a guest's."""
        found: UUID | None = self.user_id or self.buyer_id
        return found


class CartLine(BaseModel):
    """Units of a variant in a cart. `seen_price` is the price last shown, so that a change can be shown."""

    # `cartline_unique` is the index of it.
    cart = models.ForeignKey(Cart, on_delete=models.CASCADE, related_name="lines", db_index=False)
    variant = models.ForeignKey(
        Variant, verbose_name=_("variant"), on_delete=models.CASCADE, related_name="+"
    )
    quantity = models.PositiveIntegerField(_("quantity"))
    seen_price = ModelMoneyField(_("price shown"), is_recorded=True)

    class Meta:
        verbose_name = _("cart line")
        verbose_name_plural = _("cart lines")
        ordering = ["created_at", "id"]
        constraints = [
            models.UniqueConstraint(fields=["cart", "variant"], name="cartline_unique"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="cartline_quantity_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.variant_id}"
