"""The shop's own instalments as staff offer them: versioned data; a version that was shown is never changed."""

from decimal import Decimal
from typing import ClassVar

import pgtrigger
from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Category, Collection, CustomerGroup, Product
from shop.core.models import BaseModel
from shop.core.user_input.fields import ModelMoneyField
from shop.core.user_input.rates import ModelRateField, RateRange

MOST_INSTALLMENTS = 36


class InstallmentOffer(BaseModel):
    """One version of an offer: so many instalments at a flat annual factor, for whom and for what.

    `factor` is a fraction of the amount financed for a year: total = base × (1 + factor × count / 12). It is no rate:
    what people are shown is computed from the cash flows (`shop.core.installments`). An edit makes a new version
    (`orders.installments.offers.revise`); quotes and plans keep theirs. Empty scopes mean everybody and everything; of
    a purchase every line must be within the scope.
    """

    class DuePolicy(models.TextChoices):
        MONTHLY = "monthly", _("each month from the sale, the first a month later")
        AT_THE_SALE = "at_sale", _("the first at the sale, then each month")
        FIXED_DAY = "fixed_day", _("a fixed day of the month")

    code = models.SlugField(_("code"), max_length=40)
    version = models.PositiveIntegerField(_("version"), default=1, editable=False)
    is_current = models.BooleanField(_("current version"), default=True, editable=False)
    is_active = models.BooleanField(_("offered"), default=True)
    name = models.CharField(_("name"), max_length=100)
    count = models.PositiveSmallIntegerField(
        _("instalments"), validators=[MinValueValidator(1), MaxValueValidator(MOST_INSTALLMENTS)]
    )
    factor = ModelRateField(
        _("flat annual factor"),
        max_digits=6,
        decimal_places=4,
        default=Decimal(0),
        validators=[RateRange("10")],
        help_text=_(
            "In percent: 19 adds 19 % of the price for each year. It is not the rate that shoppers see: that one is "
            "computed from the instalments."
        ),
    )
    min_amount = ModelMoneyField(_("from"), default=Decimal("0.00"))
    max_amount = ModelMoneyField(_("up to"), null=True, blank=True)
    starts_at = models.DateTimeField(_("offered from"), null=True, blank=True)
    ends_at = models.DateTimeField(_("offered until"), null=True, blank=True)
    due_policy = models.CharField(_("due days"), max_length=10, choices=DuePolicy, default=DuePolicy.MONTHLY)
    due_day = models.PositiveSmallIntegerField(
        _("day of the month"),
        default=10,
        validators=[MinValueValidator(1), MaxValueValidator(28)],
        help_text=_("Only where the due days are a fixed day of the month."),
    )
    late_monthly_rate = ModelRateField(
        _("late interest a month"),
        max_digits=6,
        decimal_places=4,
        default=Decimal(0),
        validators=[RateRange("1")],
        help_text=_("Simple, on the overdue principal alone, capped by the law of the country. 0: none."),
    )
    grace_days = models.PositiveSmallIntegerField(
        _("days of grace"), default=3, validators=[MaxValueValidator(60)]
    )
    customers = models.ManyToManyField(
        settings.AUTH_USER_MODEL, verbose_name=_("only these customers"), blank=True, related_name="+"
    )
    groups = models.ManyToManyField(
        CustomerGroup, verbose_name=_("only these groups"), blank=True, related_name="+"
    )
    products = models.ManyToManyField(
        Product, verbose_name=_("only these products"), blank=True, related_name="+"
    )
    categories = models.ManyToManyField(
        Category, verbose_name=_("only these categories"), blank=True, related_name="+"
    )
    collections = models.ManyToManyField(
        Collection, verbose_name=_("only these collections"), blank=True, related_name="+"
    )

    class Meta:
        verbose_name = _("instalment offer")
        verbose_name_plural = _("instalment offers")
        ordering = ["count", "code", "-version"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["code", "version"], name="installmentoffer_version_once"),
            models.UniqueConstraint(
                fields=["code"], condition=Q(is_current=True), name="installmentoffer_one_current"
            ),
            models.CheckConstraint(condition=Q(count__gte=1), name="installmentoffer_count_positive"),
            models.CheckConstraint(
                condition=Q(factor__gte=0, late_monthly_rate__gte=0, min_amount__gte=0),
                name="installmentoffer_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(max_amount=None) | Q(max_amount__gte=F("min_amount")),
                name="installmentoffer_amounts_ordered",
            ),
            models.CheckConstraint(
                condition=Q(starts_at=None) | Q(ends_at=None) | Q(ends_at__gt=F("starts_at")),
                name="installmentoffer_window_ordered",
            ),
        ]
        triggers: ClassVar = [
            pgtrigger.Protect(
                name="terms_never_change",
                operation=pgtrigger.UpdateOf(
                    "code",
                    "version",
                    "count",
                    "factor",
                    "due_policy",
                    "due_day",
                    "late_monthly_rate",
                    "grace_days",
                ),
            ),
        ]

    def __str__(self) -> str:
        return self.name
