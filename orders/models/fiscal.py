"""What passes between the shop and a tax office: messages, and the tickets that sign it in."""

from typing import ClassVar

import pgtrigger
from django.db import models
from django.utils.translation import gettext_lazy as _

from orders.models.invoices import Invoice
from shop.core.models import BaseModel


class InvoiceMessage(BaseModel):
    """One request to a tax office and its answer, without what signs us in: written after the answer, never changed."""

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="messages")
    act = models.CharField(_("act"), max_length=30)
    request = models.TextField(_("request"))
    answer = models.TextField(_("answer"), blank=True)
    error = models.CharField(_("error"), max_length=300, blank=True)

    class Meta:
        verbose_name = _("message to a tax office")
        verbose_name_plural = _("messages to tax offices")
        ordering = ["created_at", "id"]
        triggers: ClassVar = [pgtrigger.Protect(name="append_only", operation=pgtrigger.Update)]

    def __str__(self) -> str:
        return self.act


class FiscalTicket(BaseModel):
    """What signs the shop in at a tax office for some hours, encrypted; one for each seller, service and environment.

    The office gives no second one while one is valid, so it is kept here for all processes. `busy_until` is the lease
    of the one login at a time; none is tried before `not_before`.
    """

    provider = models.CharField(max_length=20)
    environment = models.CharField(max_length=20)
    tax_id = models.CharField(max_length=30)
    service = models.CharField(max_length=40)
    sealed = models.TextField(blank=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)
    not_before = models.DateTimeField(null=True, blank=True)
    busy_until = models.DateTimeField(null=True, blank=True, editable=False)
    turns = models.PositiveIntegerField(default=0, editable=False)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("ticket of a tax office")
        verbose_name_plural = _("tickets of tax offices")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["provider", "environment", "tax_id", "service"], name="fiscal_ticket_once"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.service}"
