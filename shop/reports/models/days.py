"""Sums by day, in the shop's time zone and by currency: what the pages of the reports read.

Every row is the sum of entries of its day and is written with them, in one transaction (`shop.reports.rebuilding`).
Sums have more digits than single amounts: no day of sales is too large for its row.
"""

from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from catalog.models import Variant
from shop.core.money import ZERO
from shop.core.user_input.fields import ModelMoneyField

DIGITS = 20


class SalesDay(models.Model):
    """The sales of one day in one currency. `gross` = goods + discounts + shipping + taxes + interest + other.

    `returned` (not below zero unless refunds failed) and `interest_after` (late interest less interest waived) are of
    the day itself, whenever the orders were placed; `kept`, `undone` and `units_returned` are what became until now of
    the orders placed on the day.
    """

    id = models.BigAutoField(primary_key=True)
    day = models.DateField(_("day"))
    currency = models.CharField(_("currency"), max_length=3)
    orders = models.PositiveIntegerField(_("orders"), default=0)
    undone = models.PositiveIntegerField(_("orders gone back as a whole"), default=0)
    units = models.PositiveIntegerField(_("units"), default=0)
    units_returned = models.PositiveIntegerField(_("units back"), default=0)
    goods = ModelMoneyField(_("goods"), default=ZERO, max_digits=DIGITS, is_recorded=True)
    discounts = ModelMoneyField(_("discounts"), default=ZERO, max_digits=DIGITS, is_recorded=True)
    shipping = ModelMoneyField(_("shipping"), default=ZERO, max_digits=DIGITS, is_recorded=True)
    taxes = ModelMoneyField(_("taxes"), default=ZERO, max_digits=DIGITS, is_recorded=True)
    interest = ModelMoneyField(
        _("interest of instalments"), default=ZERO, max_digits=DIGITS, is_recorded=True
    )
    other = ModelMoneyField(_("other charges"), default=ZERO, max_digits=DIGITS, is_recorded=True)
    gross = ModelMoneyField(_("gross sales"), default=ZERO, max_digits=DIGITS, is_recorded=True)
    returned = ModelMoneyField(_("gone back"), default=ZERO, max_digits=DIGITS, is_recorded=True)
    interest_after = ModelMoneyField(
        _("interest charged or waived later"), default=ZERO, max_digits=DIGITS, is_recorded=True
    )
    kept = ModelMoneyField(_("kept of these sales"), default=ZERO, max_digits=DIGITS, is_recorded=True)

    class Meta:
        verbose_name = _("day of sales")
        verbose_name_plural = _("days of sales")
        ordering = ["-day", "currency"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "currency"], name="salesday_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.currency}"

    @property
    def net(self) -> Decimal:
        """What the day added to the sales: gross less what went back, with the interest of the day."""
        return self.gross - self.returned + self.interest_after


class ProductSums(models.Model):
    """What was sold of one variant among the orders of some days, and what of that has gone back until now.

    Without a variant: it was deleted, and only SKU and name are left.
    """

    id = models.BigAutoField(primary_key=True)
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
    orders = models.PositiveIntegerField(_("orders"))
    units = models.PositiveIntegerField(_("units"))
    amount = ModelMoneyField(_("amount"), max_digits=DIGITS, is_recorded=True)
    units_returned = models.PositiveIntegerField(_("units back"), default=0)
    returned = ModelMoneyField(_("gone back"), default=ZERO, max_digits=DIGITS, is_recorded=True)

    class Meta:
        abstract = True


class ProductDay(ProductSums):
    """The sums of one variant among the orders of one day."""

    day = models.DateField(_("day"))

    class Meta:
        verbose_name = _("day of a product")
        verbose_name_plural = _("days of products")
        ordering = ["-day", "sku"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["day", "currency", "variant", "sku"], name="productday_once", nulls_distinct=False
            ),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.sku}"


class ProductPeriod(ProductSums):
    """The sums of one variant among the orders of one week (from Monday) or month: those of its days.

    Best sellers of many days read these, and single days only where a period begins and ends within a week.
    """

    class Grain(models.TextChoices):
        WEEK = "week", _("week")
        MONTH = "month", _("month")

    grain = models.CharField(_("length"), max_length=5, choices=Grain)
    first_day = models.DateField(_("first day"))

    class Meta:
        verbose_name = _("week or month of a product")
        verbose_name_plural = _("weeks and months of products")
        ordering = ["-first_day", "sku"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["grain", "first_day", "currency", "variant", "sku"],
                name="productperiod_once",
                nulls_distinct=False,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_day} {self.grain} {self.sku}"


class CheckoutDay(models.Model):
    """How many checkouts that began on a day are in a state, and which step they reached.

    Ended checkouts are deleted after a while (`orders.retention`): a day is counted until then and stays as it was.
    """

    class State(models.TextChoices):
        ACTIVE = "active", _("active")
        EXPIRED = "expired", _("expired")
        PROCESSED = "processed", _("processed")

    id = models.BigAutoField(primary_key=True)
    day = models.DateField(_("day"))
    state = models.CharField(_("state"), max_length=10, choices=State)
    step = models.CharField(_("step"), max_length=12)
    number = models.PositiveIntegerField(_("checkouts"))

    class Meta:
        verbose_name = _("day of checkouts")
        verbose_name_plural = _("days of checkouts")
        ordering = ["-day"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day", "state", "step"], name="checkoutday_once"),
        ]

    def __str__(self) -> str:
        return f"{self.day} {self.state} {self.step}"
