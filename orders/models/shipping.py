"""Ways to get a purchase to its buyer, and what each costs."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shop.core.countries import shop_country
from shop.core.models import BaseModel
from shop.core.user_input.fields import ModelMoneyField


class ShippingMethod(BaseModel):
    """A shipping method: to an address, to a carrier's branch, or pick-up at a store."""

    class Kind(models.TextChoices):
        DELIVERY = "delivery", _("home delivery")
        BRANCH = "branch", _("carrier branch")
        PICKUP = "pickup", _("store pick-up")

    name = models.CharField(_("name"), max_length=100)
    code = models.SlugField(_("code"), max_length=40, unique=True)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind, default=Kind.DELIVERY)
    carrier = models.CharField(_("carrier"), max_length=60, blank=True)
    description = models.CharField(_("description"), max_length=200, blank=True)
    is_active = models.BooleanField(_("offered"), default=True)
    sort_order = models.PositiveSmallIntegerField(pgettext_lazy("sequence", "order"), default=0)

    class Meta:
        verbose_name = _("shipping method")
        verbose_name_plural = _("shipping methods")
        ordering = ["sort_order", "name"]

    def __str__(self) -> str:
        return self.name


class ShippingRate(BaseModel):
    """A price of a method for a country, perhaps only some states, up to a weight.

    Prices include taxes, in the shop's currency. `free_from`: subtotal from which it costs nothing.
    """

    method = models.ForeignKey(
        ShippingMethod, verbose_name=_("method"), on_delete=models.CASCADE, related_name="rates"
    )
    name = models.CharField(_("name"), max_length=100, blank=True)
    country = models.CharField(_("country"), max_length=2, default=shop_country)
    states = ArrayField(
        models.CharField(max_length=100),
        verbose_name=_("only these states"),
        default=list,
        blank=True,
        help_text=_("Empty: the whole country."),
    )
    max_weight_grams = models.PositiveIntegerField(_("up to (g)"), null=True, blank=True)
    price = ModelMoneyField(_("price"), validators=[MinValueValidator(Decimal(0))])
    free_from = ModelMoneyField(_("free from"), null=True, blank=True)
    days_min = models.PositiveSmallIntegerField(_("days, at least"), default=1)
    days_max = models.PositiveSmallIntegerField(_("days, at most"), default=5)
    is_active = models.BooleanField(_("offered"), default=True)

    class Meta:
        verbose_name = _("shipping rate")
        verbose_name_plural = _("shipping rates")
        ordering = ["method__sort_order", "price"]
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="shippingrate_price_not_negative"),
            models.CheckConstraint(
                condition=Q(days_max__gte=F("days_min")), name="shippingrate_days_ordered"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} {self.name}".strip()
