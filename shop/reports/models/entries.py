"""What counts as a sale and what takes from it, one row each; the figures of every report are sums of these rows.

They are written by `shop.reports.rebuilding` alone, from the rows of orders and payments, and hold nothing of people.
"""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from orders.models import Order, OrderLine
from shop.core.money import ZERO, display
from shop.core.user_input.fields import ModelMoneyField


class SalesEntry(models.Model):
    """One fact of an order's money. `amount` is what it adds to the net sales of its `day`, below zero what it takes.

    A sale counts on the day on which it was placed, whatever goes back counts on the day on which that was decided
    (docs/reports.md). Of a sale `amount` = `goods` + `discounts` + `shipping` + `taxes` + `interest` + `other`.
    `source` is the key of the row that it comes from.
    """

    class Kind(models.TextChoices):
        SALE = "sale", _("sale")
        REFUND = "refund", _("refund")
        OWED = "owed", _("to be refunded")
        CHARGE_BACK = "charge_back", _("charge-back")
        UNLISTED = "unlisted", _("refund without its row")
        FALLEN = "fallen", _("instalments that fell")
        WAIVED = "waived", _("interest waived")
        LATE = "late", _("late interest")

    RETURNED: ClassVar[tuple[str, ...]] = (
        Kind.REFUND,
        Kind.OWED,
        Kind.CHARGE_BACK,
        Kind.UNLISTED,
        Kind.FALLEN,
    )
    INTEREST: ClassVar[tuple[str, ...]] = (Kind.WAIVED, Kind.LATE)

    id = models.BigAutoField(primary_key=True)
    # No constraint, here and below: its check would lock the order, which others lock for what they sell or send.
    order = models.ForeignKey(
        Order,
        verbose_name=_("order"),
        on_delete=models.CASCADE,
        db_constraint=False,
        related_name="sales_entries",
    )
    kind = models.CharField(_("kind"), max_length=12, choices=Kind)
    source = models.UUIDField(_("key of the source"), editable=False)
    at = models.DateTimeField(_("when"))
    day = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3)
    amount = ModelMoneyField(_("amount"), is_recorded=True)
    goods = ModelMoneyField(_("goods"), default=ZERO, is_recorded=True)
    discounts = ModelMoneyField(_("discounts"), default=ZERO, is_recorded=True)
    shipping = ModelMoneyField(_("shipping"), default=ZERO, is_recorded=True)
    taxes = ModelMoneyField(_("taxes"), default=ZERO, is_recorded=True)
    interest = ModelMoneyField(_("interest of instalments"), default=ZERO, is_recorded=True)
    other = ModelMoneyField(_("other charges"), default=ZERO, is_recorded=True)
    units = models.PositiveIntegerField(_("units"), default=0)
    # Of a sale: what is left of all of the order, and whether that is nothing.
    kept = ModelMoneyField(_("kept of it"), default=ZERO, is_recorded=True)
    is_undone = models.BooleanField(_("gone back as a whole"), default=False)

    class Meta:
        verbose_name = _("entry of the sales")
        verbose_name_plural = _("entries of the sales")
        ordering = ["-day", "-at", "-id"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["order", "kind", "source"], name="salesentry_once"),
        ]
        # With what a list of any days adds up, so that it reads the index alone.
        indexes: ClassVar = [
            models.Index(fields=["day", "currency", "kind"], include=["amount"], name="salesentry_day"),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {display(self.amount, self.currency)}"


class SoldLine(models.Model):
    """A line of an order that counts as sold, on the day of its sale, with what of it has gone back until now.

    `amount` is what was paid for it, its share of discounts, added taxes and interest included. What went back as a
    mere sum is shared out among the lines (docs/reports.md).
    """

    id = models.BigAutoField(primary_key=True)
    line = models.OneToOneField(
        OrderLine,
        verbose_name=_("order line"),
        on_delete=models.CASCADE,
        db_constraint=False,
        related_name="sold",
    )
    order = models.ForeignKey(
        Order,
        verbose_name=_("order"),
        on_delete=models.CASCADE,
        db_constraint=False,
        related_name="sold_lines",
    )
    day = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3)
    variant = models.ForeignKey(
        Variant,
        verbose_name=_("variant"),
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    sku = models.CharField("SKU", max_length=60)
    name = models.CharField(_("name"), max_length=260)
    units = models.PositiveIntegerField(_("units"))
    amount = ModelMoneyField(_("amount"), is_recorded=True)
    units_returned = models.PositiveIntegerField(_("units back"), default=0)
    returned = ModelMoneyField(_("gone back"), default=ZERO, is_recorded=True)

    class Meta:
        verbose_name = _("sold line")
        verbose_name_plural = _("sold lines")
        ordering = ["-day", "-id"]
        indexes: ClassVar = [
            models.Index(
                fields=["day", "currency"],
                include=["units", "units_returned", "amount", "returned"],
                name="soldline_day",
            ),
            models.Index(fields=["variant", "day"], name="soldline_variant"),
        ]

    def __str__(self) -> str:
        return f"{self.units} × {self.name}"
