"""Ways to get a purchase to its buyer, and what each costs."""

from decimal import Decimal

from django.contrib.postgres.fields import ArrayField
from django.core.exceptions import ValidationError
from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from shop.core.countries import shop_country
from shop.core.models import BaseModel
from shop.core.user_input import postal_ranges
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
    # Whom the shop asks for prices, labels and tracking: a code of `orders.shipping.carriers`; "": nobody.
    module = models.CharField(
        _("connected carrier"),
        max_length=20,
        blank=True,
        default="",
        db_default="",
        help_text=_(
            "Prices, labels and tracking come from it. Without one, this method has the prices below."
        ),
    )
    services = ArrayField(
        models.CharField(max_length=100),
        verbose_name=_("only these services"),
        default=list,
        db_default=[],
        blank=True,
        help_text=_("By the carrier's own names, separated by commas. Empty: all of them."),
    )
    tracking_url_template = models.CharField(
        _("tracking page"),
        max_length=300,
        blank=True,
        default="",
        db_default="",
        help_text=_("For numbers typed by hand: an address with {number} in it."),
    )
    description = models.CharField(_("description"), max_length=200, blank=True)
    is_active = models.BooleanField(_("offered"), default=True)
    sort_order = models.PositiveSmallIntegerField(pgettext_lazy("sequence", "order"), default=0)

    class Meta:
        verbose_name = _("shipping method")
        verbose_name_plural = _("shipping methods")
        ordering = ["sort_order", "name"]

    def __str__(self) -> str:
        return self.name


class ShippingZone(BaseModel):
    """A part of a country for which rates hold: states, postal codes, or both (either is enough)."""

    name = models.CharField(_("name"), max_length=100)
    country = models.CharField(_("country"), max_length=2, default=shop_country)
    states = ArrayField(models.CharField(max_length=100), verbose_name=_("states"), default=list, blank=True)
    postal_codes = models.TextField(
        _("postal codes"),
        blank=True,
        max_length=5000,
        help_text=_("Codes, beginnings of codes and ranges, separated by commas: 5000, C14, 1000-1499."),
    )

    class Meta:
        verbose_name = _("shipping zone")
        verbose_name_plural = _("shipping zones")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def clean(self) -> None:
        """Refuse postal codes that cannot be read."""
        try:
            postal_ranges.parse_ranges(self.postal_codes)
        except postal_ranges.BadRanges as error:
            words = _("“%(part)s” is neither a postal code nor a range of two.")
            raise ValidationError({"postal_codes": words % {"part": error.part}}) from error

    def covers(self, *, state: str | None, postal_code: str) -> bool:
        """Say whether a place is in this zone; one whose codes cannot be read has no place by them."""
        try:
            ranges = postal_ranges.parse_ranges(self.postal_codes)
        except postal_ranges.BadRanges:
            ranges = ()
            if not self.states:
                return False
        return postal_ranges.covers(states=self.states, ranges=ranges, state=state, postal_code=postal_code)


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
    zone = models.ForeignKey(
        ShippingZone,
        verbose_name=_("only this zone"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="rates",
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
