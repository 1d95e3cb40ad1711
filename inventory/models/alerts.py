"""Alerts: rules for mailing staff about the stock, and their firings."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from catalog.models import Category, Variant
from shop.core.models import BaseModel


class StockAlert(BaseModel):
    """A rule: for one variant, or the default of a category and those below it.

    A variant's own rule overrides its category's, and a category's its parent's. Without a `threshold` the minimum
    (low) or the optimum (overstock) of the stock levels counts.
    """

    class Kind(models.TextChoices):
        LOW = "low", _("low")
        OUT = "out", _("out of stock")
        OVERSTOCK = "overstock", _("overstock")

    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    variant = models.ForeignKey(
        Variant,
        verbose_name=_("variant"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="alerts",
    )
    category = models.ForeignKey(
        Category,
        verbose_name=_("category"),
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="stock_alerts",
    )
    threshold = models.PositiveIntegerField(
        _("threshold"),
        null=True,
        blank=True,
        help_text=_(
            "Low: as many as this, or fewer. Overstock: more than this. Empty: the levels' minimum or optimum."
        ),
    )
    email = models.EmailField(_("e-mail"), blank=True, help_text=_("Empty: the shop's own address."))
    is_active = models.BooleanField(_("active"), default=True)
    last_triggered_at = models.DateTimeField(_("last triggered"), null=True, blank=True, editable=False)

    class Meta:
        verbose_name = _("stock alert")
        verbose_name_plural = _("stock alerts")
        ordering = ["kind", "category__path", "variant__sku"]
        constraints = [
            models.CheckConstraint(
                condition=Q(variant__isnull=True) ^ Q(category__isnull=True),
                name="stockalert_variant_or_category",
                violation_error_message=_("Choose a variant or a category, one of the two."),
            ),
            models.UniqueConstraint(
                fields=["variant", "kind"],
                name="stockalert_one_per_variant",
                violation_error_message=_("This variant has an alert of this kind already."),
            ),
            models.UniqueConstraint(
                fields=["category", "kind"],
                name="stockalert_one_per_category",
                violation_error_message=_("This category has an alert of this kind already."),
            ),
            models.CheckConstraint(
                condition=~Q(kind="out") | Q(threshold__isnull=True),
                name="stockalert_out_is_zero",
                violation_error_message=_("Out of stock means none left: it has no threshold."),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.variant or self.category}"


class AlertFiring(BaseModel):
    """A variant that an alert found, from when to when. While open (`recovered_at` empty) it is not mailed again."""

    alert = models.ForeignKey(
        StockAlert, verbose_name=_("alert"), null=True, on_delete=models.SET_NULL, related_name="firings"
    )
    kind = models.CharField(_("kind"), max_length=10, choices=StockAlert.Kind)
    variant = models.ForeignKey(
        Variant, verbose_name=_("variant"), on_delete=models.CASCADE, related_name="alert_firings"
    )
    figure = models.IntegerField(_("units"))
    threshold = models.IntegerField(_("threshold"))
    triggered_at = models.DateTimeField(_("triggered"))
    recovered_at = models.DateTimeField(_("recovered"), null=True, blank=True)

    class Meta:
        verbose_name = _("triggered alert")
        verbose_name_plural = _("triggered alerts")
        ordering = ["-triggered_at", "-id"]
        constraints = [
            # Two concurrent jobs mail once.
            models.UniqueConstraint(
                fields=["variant", "kind"],
                condition=Q(recovered_at__isnull=True),
                name="alertfiring_one_open",
            ),
        ]
        indexes = [models.Index(fields=["variant", "-triggered_at"], name="alertfiring_variant")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.variant}"
