"""Bank transfers: what a buyer was told to transfer, and the receipts that they send."""

from uuid import UUID

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from payments.models.attempts import PaymentAttempt
from shop.core.models import BaseModel
from shop.core.user_input.fields import ModelMoneyField


class TransferInstruction(BaseModel):
    """What one attempt asks its buyer to transfer: the amount, the account as it was shown, the reference code.

    It is the "hosted checkout" of the gateway `transfer`. Once closed it is no longer offered; money that comes
    nevertheless is assigned to it like any other, and the rules of late money decide.
    """

    attempt = models.OneToOneField(
        PaymentAttempt,
        verbose_name=_("attempt"),
        on_delete=models.PROTECT,
        related_name="transfer_instruction",
    )
    # What the buyer writes into the transfer's reference (`payments.transfers.codes`).
    code = models.CharField(_("reference code"), max_length=12, unique=True)
    amount = ModelMoneyField(_("amount"), is_recorded=True)
    currency = models.CharField(_("currency"), max_length=3)
    # As shown (`payments.bank_account`): the shop may change banks while a buyer is at theirs.
    account = models.JSONField(_("account"), default=dict)
    valid_until = models.DateTimeField(_("valid until"))
    closed_at = models.DateTimeField(_("closed"), null=True, blank=True)
    # The buyer says that the money is on its way.
    claimed_at = models.DateTimeField(_("said to be paid"), null=True, blank=True)
    remind_at = models.DateTimeField(_("reminder due"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded"), null=True, blank=True)

    class Meta:
        verbose_name = _("bank transfer")
        verbose_name_plural = _("bank transfers")
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="transferinstruction_amount_positive"),
        ]
        indexes = [
            models.Index(
                fields=["remind_at"], name="transferinstruction_remind", condition=Q(remind_at__isnull=False)
            ),
            models.Index(fields=["amount", "currency"], name="transferinstruction_amount"),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def trail(self) -> UUID:
        return self.attempt.purchase_id

    @property
    def is_closed(self) -> bool:
        return self.closed_at is not None

    @property
    def reference(self) -> str:
        """Return what the buyer writes into the transfer. It opens nothing: mails and banks may show it."""
        return self.code


class TransferReceipt(BaseModel):
    """A buyer's receipt of their transfer: a picture written again by the shop, or a PDF as it came.

    The bytes live in the row: the media folder is public, and a receipt shows accounts and names.
    """

    class Kind(models.TextChoices):
        PICTURE = "picture", _("picture")
        PDF = "pdf", _("PDF")

    instruction = models.ForeignKey(
        TransferInstruction,
        verbose_name=_("bank transfer"),
        on_delete=models.PROTECT,
        related_name="receipts",
    )
    kind = models.CharField(_("kind"), max_length=8, choices=Kind)
    suffix = models.CharField(max_length=5, editable=False)
    content = models.BinaryField()
    digest = models.CharField(max_length=64, editable=False)
    size = models.PositiveIntegerField(_("bytes"), default=0)
    purged_at = models.DateTimeField(_("forgotten"), null=True, blank=True)

    class Meta:
        verbose_name = _("receipt of a transfer")
        verbose_name_plural = _("receipts of transfers")
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["instruction", "digest"], name="transferreceipt_once"),
            models.CheckConstraint(
                condition=Q(purged_at__isnull=True) | Q(size=0), name="transferreceipt_purged_is_empty"
            ),
        ]
        indexes = [
            models.Index(
                fields=["created_at"], name="transferreceipt_kept", condition=Q(purged_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.created_at:%Y-%m-%d %H:%M}"
