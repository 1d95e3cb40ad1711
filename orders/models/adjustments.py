"""Adjustments of a purchase as rows: of the checkout while it is filled in, of the order once it is paid.

`orders.pricing` computes them and `orders.checkout.adjustments` writes them, with the sums of the purchase beside them.
The database refuses a transaction after which rows and sums disagree (`orders/models/sums.py`).
"""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models.checkout import CheckoutLine, CheckoutSession
from orders.models.order import Order, OrderLine
from orders.models.sums import adds_up
from shop.core.models import BaseModel
from shop.core.user_input.fields import ModelMoneyField


class AdjustmentFields(models.Model):
    """One change of a purchase's price, as `orders.pricing.totals.Adjustment` says what each value means.

    `position` is the order in which adjustments were applied: the shares of units depend on it.
    """

    class Target(models.TextChoices):
        LINE = "line", _("line")
        SHIPPING = "shipping", _("shipping")
        ORDER = "order", _("order")

    position = models.PositiveSmallIntegerField(_("position"))
    kind = models.CharField(_("kind"), max_length=40)
    source = models.CharField(_("source"), max_length=120, blank=True)
    label = models.CharField(_("label"), max_length=210, blank=True)
    target = models.CharField(_("belongs to"), max_length=10, choices=Target)
    unit = models.PositiveIntegerField(_("unit"), default=0)
    amount = ModelMoneyField(_("amount"), is_recorded=True)
    tax = ModelMoneyField(_("tax"), default=Decimal("0.00"), is_recorded=True)
    currency = models.CharField(_("currency"), max_length=3)

    class Meta:
        abstract = True
        constraints: ClassVar[list[models.BaseConstraint]] = [
            models.CheckConstraint(
                condition=Q(target="line", line__isnull=False)
                | Q(target__in=["shipping", "order"], line__isnull=True, unit=0),
                name="%(class)s_belongs_somewhere",
            ),
            # A deduction of the whole order is spread over its lines: nothing else could be given back with a unit.
            models.CheckConstraint(
                condition=~Q(target="order") | Q(amount__gte=0), name="%(class)s_of_order_not_negative"
            ),
        ]

    def __str__(self) -> str:
        return self.label or self.kind


class CheckoutAdjustment(BaseModel, AdjustmentFields):
    """An adjustment of a checkout, written again whenever the checkout is recomputed."""

    # The keys are the migration's own, with ON DELETE CASCADE: lines and checkouts are deleted in one statement, also
    # by processes of the previous version, which have no model of adjustments.
    checkout = models.ForeignKey(
        CheckoutSession, on_delete=models.DO_NOTHING, db_constraint=False, related_name="adjustments"
    )
    line = models.ForeignKey(
        CheckoutLine,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        related_name="adjustments",
    )

    class Meta(AdjustmentFields.Meta):
        abstract = False
        verbose_name = _("adjustment of a checkout")
        verbose_name_plural = _("adjustments of checkouts")
        ordering = ["position", "id"]
        triggers: ClassVar = [adds_up("checkout", of_rows=True)]


class OrderAdjustment(BaseModel, AdjustmentFields):
    """An adjustment of an order, as it was paid."""

    order = models.ForeignKey(
        Order, verbose_name=_("order"), on_delete=models.PROTECT, related_name="adjustments"
    )
    line = models.ForeignKey(
        OrderLine,
        verbose_name=_("order line"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="adjustments",
    )

    class Meta(AdjustmentFields.Meta):
        abstract = False
        verbose_name = _("adjustment of an order")
        verbose_name_plural = _("adjustments of orders")
        ordering = ["position", "id"]
        triggers: ClassVar = [adds_up("order", of_rows=True)]
