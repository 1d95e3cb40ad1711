"""Report rows: one for each day, week and month with sales, as a merchant keeps them."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from shop.core.money import ZERO, display
from shop.core.user_input.fields import ModelMoneyField
from shop.reports.models.days import DIGITS


class Report(models.Model):
    """The sales of a period in one currency: `total_sales` is net of refunds, `total_orders` are those placed in it.

    `report_date` is the period's first day (a week begins on Monday). `summary` is in the shop's language. Written
    again with its days, in the same transaction.
    """

    class Type(models.TextChoices):
        DAILY = "daily", _("daily")
        WEEKLY = "weekly", _("weekly")
        MONTHLY = "monthly", _("monthly")

    id = models.BigAutoField(primary_key=True)
    report_date = models.DateField(_("date"))
    report_type = models.CharField(_("type"), max_length=8, choices=Type)
    currency = models.CharField(_("currency"), max_length=3)
    total_sales = ModelMoneyField(_("total sales"), default=ZERO, max_digits=DIGITS, is_recorded=True)
    total_orders = models.PositiveIntegerField(_("total orders"), default=0)
    summary = models.TextField(_("summary"), blank=True)
    updated_at = models.DateTimeField(_("updated"), auto_now=True)

    class Meta:
        verbose_name = _("report")
        verbose_name_plural = _("reports")
        ordering = ["-report_date", "report_type", "currency"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["report_type", "report_date", "currency"], name="report_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["-report_date"], name="report_newest")]

    def __str__(self) -> str:
        return f"{self.report_date} {self.report_type} {display(self.total_sales, self.currency)}"
