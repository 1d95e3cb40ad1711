"""How a reimbursement is paid: by which way, how much, and by which row."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from orders.models import Reimbursement
from payments.models.payments import Refund
from shop.core.models import BaseModel
from shop.core.user_input.fields import ModelMoneyField


class ReimbursementPart(BaseModel):
    """The part of a reimbursement that one row pays, by one way: written once, with that row.

    A refund has a part of its own; one without a refund is paid when it is written (instalments that fall).
    """

    reimbursement = models.ForeignKey(
        Reimbursement, verbose_name=_("reimbursement"), on_delete=models.PROTECT, related_name="parts"
    )
    # A key of `payments.refunds.ways.WAYS`.
    way = models.CharField(_("way"), max_length=20)
    amount = ModelMoneyField(_("amount"), is_recorded=True)
    refund = models.OneToOneField(
        Refund,
        verbose_name=_("refund"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reimbursement_part",
    )

    class Meta:
        verbose_name = _("part of a reimbursement")
        verbose_name_plural = _("parts of reimbursements")
        ordering = ["created_at", "id"]
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["reimbursement", "way"],
                condition=Q(refund=None),
                name="reimbursement_part_once_unrefunded",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="reimbursement_part_amount_positive"),
            models.CheckConstraint(
                condition=~Q(way="refund") | Q(refund__isnull=False), name="reimbursement_part_has_refund"
            ),
        ]
