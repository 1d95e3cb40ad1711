"""Series of documents: which numbers were given, and which of a tax office's are not ours."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from shop.core.models import BaseModel


class InvoiceSeries(BaseModel):
    """One sequence of numbers: of the shop's own receipts (`provider` empty), or one that a tax office checks.

    `next_number` is the number that the next document gets; only `orders.invoices.numbering` changes it, below this
    row's lock. A series that the tax office checks has one writer at a time (`busy_until`, `turns`: a lease), and
    stops while it is frozen. `environment` and `tax_id` say whose numbers they are at the tax office.
    """

    provider = models.CharField(_("tax office"), max_length=20, blank=True)
    environment = models.CharField(_("environment"), max_length=20, blank=True)
    tax_id = models.CharField(_("seller's tax number"), max_length=30, blank=True)
    point_of_sale = models.PositiveIntegerField(_("point of sale"), default=0)
    # The tax office's number for the kind of document; of our own receipts 0, of the notes that credit them 1.
    document_code = models.PositiveSmallIntegerField(_("document code"), default=0)
    letter = models.CharField(_("letter"), max_length=2, blank=True)
    next_number = models.BigIntegerField(_("next number"), default=1)
    frozen_at = models.DateTimeField(_("frozen"), null=True, blank=True)
    frozen_reason = models.CharField(_("why it is frozen"), max_length=500, blank=True)
    # The first number at the tax office that is not ours, and the last, of a frozen series.
    foreign_from = models.BigIntegerField(_("first number of others"), null=True, blank=True)
    foreign_to = models.BigIntegerField(_("last number of others"), null=True, blank=True)
    busy_until = models.DateTimeField(null=True, blank=True, editable=False)
    turns = models.PositiveIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = _("invoice series")
        verbose_name_plural = _("invoice series")
        ordering = ["provider", "point_of_sale", "document_code"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["provider", "environment", "tax_id", "point_of_sale", "document_code"],
                name="invoice_series_once",
            ),
            models.CheckConstraint(condition=Q(next_number__gt=0), name="invoice_series_number_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.letter or '—'} {self.point_of_sale:05d}"

    @property
    def is_frozen(self) -> bool:
        return self.frozen_at is not None


class ForeignInvoiceNumber(BaseModel):
    """A number of a series that somebody else has used at the tax office, as staff confirmed: no gap of ours."""

    series = models.ForeignKey(InvoiceSeries, on_delete=models.PROTECT, related_name="foreign_numbers")
    number = models.BigIntegerField(_("number"))
    actor = models.CharField(_("who"), max_length=150)

    class Meta:
        verbose_name = _("number used by others")
        verbose_name_plural = _("numbers used by others")
        ordering = ["series", "number"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["series", "number"], name="foreign_number_once"),
        ]

    def __str__(self) -> str:
        return f"{self.series}-{self.number:08d}"
