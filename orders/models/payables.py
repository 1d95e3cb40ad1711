"""Payables: what a payment may be for. Each has a row that payments refer to, whatever it is."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import ClassVar
from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.checkout import CheckoutSession
from shop.core.models import BaseModel

# The frozen purchase to which everything that can be paid belongs: its buyer, its lines, the terms accepted. A payable
# of another kind than the purchase itself (a part of its price, something paid later) names the purchase as well.
Purchase = CheckoutSession


class Payable(BaseModel):
    """One thing that can be paid, once. `kind` names its class in `orders.payables`, which has its behaviour.

    The row of a checkout has the checkout's own key.
    """

    CHECKOUT: ClassVar[str] = "checkout"
    INSTALLMENTS: ClassVar[str] = "installments"
    EXCHANGE: ClassVar[str] = "exchange"

    kind = models.CharField(_("kind"), max_length=20, default=CHECKOUT)
    purchase = models.ForeignKey(
        Purchase, verbose_name=_("purchase"), on_delete=models.CASCADE, related_name="payables"
    )

    class Meta:
        verbose_name = _("payable")
        verbose_name_plural = _("payables")
        ordering = ["-created_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["purchase"], condition=Q(kind="checkout"), name="payable_one_checkout"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.pk}"

    @property
    def trail(self) -> UUID:
        return self.purchase_id


@dataclass(frozen=True, slots=True)
class Received:
    """Money that arrived for a payable: which payment, how much (the bill's currency), when.

    `transaction_id` is the provider's name of it (`mercadopago:1234`).
    """

    payment_id: UUID
    transaction_id: str
    amount: Decimal
    paid_at: datetime
